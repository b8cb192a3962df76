use super::*;

#[tokio::test]
async fn a_proof_beats_an_owner_without_one_after_three_days_in_which_both_are_told() {
    let api = Api::start().await;
    let (owner, owners_claim) = api.manual_owner().await;
    let begin = api.mark();
    let claim = api.claim().await;
    api.publish_everywhere(&claim);
    let refusal = api.verify(&id(&claim)).await.expect(409);
    assert_eq!(refusal["code"], "domain_contested");
    assert!(!refusal.to_string().contains(&owner.to_string()), "the other organization isn't named");
    assert_eq!(api.events(&claim["organization_id"], begin).await, ["created", "contested"]);
    assert_eq!(api.events(&json!(owner), begin).await, ["contested"]);
    let theirs = api.get(&owners_claim).await;
    assert!(theirs["verification"]["contested_until"].is_string(), "{theirs}");

    api.live(Duration::hours(70), Duration::hours(1)).await;
    assert_eq!(api.owner().await, Some(owner), "three days aren't over");
    let mark = api.mark();
    api.live(Duration::hours(4), Duration::hours(1)).await;
    assert_eq!(api.owner().await.unwrap().to_string(), claim["organization_id"]);
    assert_eq!(api.get(&id(&claim)).await["state"], "verified");
    assert_eq!(status(&api.get(&owners_claim).await), "failed");
    assert_eq!(api.events(&json!(owner), mark).await, ["verification_failed"]);
    assert_eq!(api.events(&claim["organization_id"], mark).await, ["verified"]);
}

#[tokio::test]
async fn a_proof_that_is_withdrawn_contests_nothing_and_begins_anew() {
    let api = Api::start().await;
    let (owner, _) = api.manual_owner().await;
    let claim = api.claim().await;
    api.publish_everywhere(&claim);
    assert_eq!(api.verify(&id(&claim)).await.refused(409), "domain_contested");
    api.withdraw();
    api.live(Duration::hours(100), Duration::hours(1)).await;
    assert_eq!(api.owner().await, Some(owner));
    api.publish_everywhere(&claim);
    assert_eq!(api.verify(&id(&claim)).await.refused(409), "domain_contested");
}

#[tokio::test]
async fn an_owner_that_publishes_its_own_record_meanwhile_stays() {
    let api = Api::start().await;
    let (owner, owners_claim) = api.manual_owner().await;
    let claim = api.claim().await;
    api.publish_everywhere(&claim);
    assert_eq!(api.verify(&id(&claim)).await.refused(409), "domain_contested");
    let theirs = api.get(&owners_claim).await;
    api.publish_everywhere(&theirs);
    api.live(Duration::hours(100), Duration::hours(1)).await;
    assert_eq!(api.owner().await, Some(owner));
    let theirs = api.get(&owners_claim).await;
    assert_eq!((&theirs["verification_strategy"], status(&theirs)), (&json!("dns"), "verified"));
    let refusal = api.verify(&id(&claim)).await.expect(409);
    assert_eq!(refusal["code"], "domain_verified_by_other_organization");
    assert!(!refusal.to_string().contains(&owner.to_string()), "the other organization isn't named");
}

#[tokio::test]
async fn between_proofs_the_owner_stays_while_its_record_stands_and_loses_at_once_when_it_is_gone() {
    let api = Api::start().await;
    let first = api.claim().await;
    api.publish_everywhere(&first);
    api.verify(&id(&first)).await.expect(201);
    let second = api.claim().await;
    api.publish_everywhere(&second);
    assert_eq!(api.verify(&id(&second)).await.refused(409), "domain_verified_by_other_organization");
    assert_eq!(api.owner().await.unwrap().to_string(), first["organization_id"]);

    let mark = api.mark();
    api.withdraw();
    api.publish_everywhere(&second);
    assert_eq!(api.verify(&id(&second)).await.expect(201)["state"], "verified");
    assert_eq!(api.owner().await.unwrap().to_string(), second["organization_id"]);
    assert_eq!(status(&api.get(&id(&first)).await), "lapsed");
    assert_eq!(api.events(&first["organization_id"], mark).await, ["lapsed", "updated"]);
    assert_eq!(api.events(&second["organization_id"], mark).await, ["verified"]);
}

#[tokio::test]
async fn an_owner_whose_record_cannot_be_looked_for_stays() {
    use portico_testing::dns::{Manner, SECOND_RESOLVER};
    let api = Api::start().await;
    let first = api.claim().await;
    api.publish_everywhere(&first);
    api.verify(&id(&first)).await.expect(201);
    let second = api.claim().await;
    api.withdraw();
    api.publish_everywhere(&second);
    api.dns.behave(SECOND_RESOLVER, Manner::Silent);
    assert_eq!(api.verify(&id(&second)).await.refused(409), "domain_verified_by_other_organization");
    assert_eq!(api.owner().await.unwrap().to_string(), first["organization_id"]);
}

#[tokio::test]
async fn a_look_that_nobody_answers_neither_ends_a_contest_nor_begins_it_anew() {
    use portico_testing::dns::{Manner, RESOLVER, SECOND_RESOLVER};
    let api = Api::start().await;
    api.manual_owner().await;
    let claim = api.claim().await;
    api.publish(&claim);
    assert_eq!(api.verify(&id(&claim)).await.refused(409), "domain_contested");
    let mark = api.mark();
    let all = [TestDns::server(0), RESOLVER, SECOND_RESOLVER];
    all.iter().for_each(|server| api.dns.behave(*server, Manner::Silent));
    api.live(Duration::minutes(2), Duration::minutes(2)).await;
    all.iter().for_each(|server| api.dns.behave(*server, Manner::Good));
    api.live(Duration::hours(73), Duration::hours(1)).await;
    assert_eq!(api.owner().await.unwrap().to_string(), claim["organization_id"]);
    assert_eq!(api.events(&claim["organization_id"], mark).await, ["verified"]);
}

#[tokio::test]
async fn a_contest_with_one_owner_says_nothing_about_the_next() {
    let api = Api::start().await;
    let (_, first) = api.manual_owner().await;
    let claim = api.claim().await;
    api.publish_everywhere(&claim);
    assert_eq!(api.verify(&id(&claim)).await.refused(409), "domain_contested");
    api.live(Duration::hours(71), Duration::hours(1)).await;
    let path = format!("/organization_domains/{first}");
    api.call(Method::DELETE, &path, None).await.expect(204);
    let (second, _) = api.manual_owner().await;
    let mark = api.mark();
    api.live(Duration::hours(3), Duration::hours(1)).await;
    assert_eq!(api.owner().await, Some(second));
    assert_eq!(api.events(&json!(second), mark).await, ["contested"]);
}

#[tokio::test]
async fn a_contest_that_begins_on_a_claims_last_day_goes_on_to_its_end() {
    let api = Api::start().await;
    api.manual_owner().await;
    let claim = api.claim().await;
    api.live(Duration::days(29), Duration::hours(1)).await;
    api.publish_everywhere(&claim);
    api.live(Duration::hours(76), Duration::hours(1)).await;
    assert_eq!(api.owner().await.unwrap().to_string(), claim["organization_id"]);
}
