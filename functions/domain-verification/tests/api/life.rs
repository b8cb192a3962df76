use super::*;

/// The whole life of a claim, by the schedule alone, with what the event log says of each step.
#[tokio::test]
async fn a_claim_fails_is_started_again_is_verified_is_lost_and_comes_back() {
    let api = Api::start().await;
    let begin = api.mark();
    let claim = api.claim().await;
    let (organization, id) = (claim["organization_id"].clone(), id(&claim));
    api.live(Duration::minutes(30), Duration::minutes(1)).await;
    let early = api.get(&id).await;
    let next: DateTime<Utc> = early["verification"]["next_check_at"].as_str().unwrap().parse().unwrap();
    assert!(next - api.bench.clock.now() <= Duration::hours(1));

    api.live(Duration::days(31), Duration::hours(1)).await;
    let failed = api.get(&id).await;
    assert_eq!((&failed["state"], status(&failed)), (&json!("failed"), "failed"));
    assert_eq!(failed["verification"]["next_check_at"], json!(null));
    assert_eq!(api.events(&organization, begin).await, ["created", "verification_failed"]);

    let mark = api.mark();
    assert_eq!(api.verify(&id).await.expect(201)["state"], "pending");
    api.publish_everywhere(&claim);
    api.live(Duration::minutes(2), Duration::minutes(1)).await;
    assert_eq!(api.get(&id).await["state"], "verified");
    assert_eq!(api.events(&organization, mark).await, ["updated", "verified"]);

    let mark = api.mark();
    api.withdraw();
    api.live(Duration::days(3), Duration::hours(6)).await;
    let at_risk = api.get(&id).await;
    assert_eq!((&at_risk["state"], status(&at_risk)), (&json!("verified"), "at_risk"));
    assert!(api.owner().await.is_some(), "it still owns the domain");
    assert_eq!(api.events(&organization, mark).await, ["at_risk"]);

    let mark = api.mark();
    api.live(Duration::days(13), Duration::hours(6)).await;
    assert_eq!(status(&api.get(&id).await), "at_risk");
    api.live(Duration::days(2), Duration::hours(6)).await;
    let lapsed = api.get(&id).await;
    assert_eq!((&lapsed["state"], status(&lapsed)), (&json!("failed"), "lapsed"));
    assert_eq!(api.owner().await, None);
    assert_eq!(api.events(&organization, mark).await, ["lapsed", "updated"]);

    let mark = api.mark();
    api.publish_everywhere(&claim);
    api.live(Duration::hours(2), Duration::hours(1)).await;
    assert_eq!(status(&api.get(&id).await), "verified");
    assert_eq!(api.owner().await.unwrap().to_string(), organization);
    assert_eq!(api.events(&organization, mark).await, ["verified"]);
}

#[tokio::test]
async fn whoever_looks_by_hand_is_looked_after_every_minute_again() {
    let api = Api::start().await;
    let claim = api.claim().await;
    api.live(Duration::hours(3), Duration::minutes(5)).await;
    let looked = api.verify(&id(&claim)).await.expect(201);
    let next: DateTime<Utc> = looked["verification"]["next_check_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(next - api.bench.clock.now(), Duration::minutes(1));
}

#[tokio::test]
async fn a_domain_at_risk_can_be_looked_at_by_hand_and_recovers() {
    let api = Api::start().await;
    let claim = api.claim().await;
    api.publish_everywhere(&claim);
    api.verify(&id(&claim)).await.expect(201);
    api.withdraw();
    api.live(Duration::days(4), Duration::hours(12)).await;
    assert_eq!(status(&api.get(&id(&claim)).await), "at_risk");
    api.publish_everywhere(&claim);
    assert_eq!(status(&api.verify(&id(&claim)).await.expect(201)), "verified");
}

#[tokio::test]
async fn an_outage_of_resolvers_or_of_the_domains_servers_loses_nothing() {
    use portico_testing::dns::{Manner, RESOLVER, SECOND_RESOLVER};
    for silent in [[RESOLVER, SECOND_RESOLVER], [TestDns::server(0), TestDns::server(0)]] {
        let api = Api::start().await;
        let claim = api.claim().await;
        api.publish_everywhere(&claim);
        api.verify(&id(&claim)).await.expect(201);
        let begin = api.mark();
        // Nothing is to be seen, and nobody says so who has to.
        api.withdraw();
        silent.iter().for_each(|server| api.dns.behave(*server, Manner::Silent));
        for _ in 0..5 {
            api.bench.clock.advance(Duration::days(1));
            assert_eq!(api.sweep().await.checked, 1);
        }
        assert_eq!(status(&api.get(&id(&claim)).await), "verified");
        assert_eq!(api.events(&claim["organization_id"], begin).await, Vec::<String>::new());
    }
}
