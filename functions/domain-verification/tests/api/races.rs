use super::*;

#[tokio::test]
async fn two_hundred_verifications_by_twenty_organizations_leave_one_owner() {
    let api = Api::start().await;
    let begin = api.mark();
    let mut claims = Vec::new();
    for _ in 0..20 {
        let claim = api.claim().await;
        api.publish_everywhere(&claim);
        claims.push(claim);
    }
    let calls = (0..10).flat_map(|_| claims.iter()).map(|claim| api.verify(claim["id"].as_str().unwrap()));
    let answers = futures_util::future::join_all(calls).await;
    let owner = api.owner().await.unwrap().to_string();
    for (claim, answer) in claims.iter().cycle().zip(&answers) {
        let won = claim["organization_id"] == json!(owner);
        let expected: &[u16] = if won { &[201, 400] } else { &[409] };
        assert!(expected.contains(&answer.status.as_u16()), "{won}: {answer:?}");
    }
    for claim in &claims {
        let won = claim["organization_id"] == json!(owner);
        let expected: &[&str] = if won { &["created", "verified"] } else { &["created"] };
        assert_eq!(api.events(&claim["organization_id"], begin).await, expected, "events are exact");
        assert_eq!(api.get(&id(claim)).await["state"], if won { "verified" } else { "pending" });
    }
}

#[tokio::test]
async fn a_claim_that_is_given_up_during_its_check_stays_gone() {
    let api = Api::start().await;
    let claim = api.claim().await;
    api.publish_everywhere(&claim);
    let path = format!("/organization_domains/{}", id(&claim));
    let claimed = id(&claim);
    let (verified, deleted) = tokio::join!(api.verify(&claimed), api.call(Method::DELETE, &path, None));
    assert!([201, 404].contains(&verified.status.as_u16()), "{verified:?}");
    deleted.expect(204);
    assert_eq!(api.owner().await, None);
    api.call(Method::GET, &path, None).await.expect(404);
}
