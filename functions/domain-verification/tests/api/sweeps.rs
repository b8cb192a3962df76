use super::*;

#[tokio::test]
async fn two_runs_at_once_check_nothing_twice() {
    let api = Api::start().await;
    for _ in 0..150 {
        api.claim().await;
    }
    let before = api.dns.asked().len();
    let (one, two) = tokio::join!(api.sweep(), api.sweep());
    assert_eq!(one.checked + two.checked, 150, "{one:?} {two:?}");
    assert_eq!(one.failed + two.failed, 0);
    let asked = api.dns.asked().split_off(before);
    let looks = asked
        .iter()
        .filter(|(server, question)| *server == TestDns::server(0) && question == "TXT _portico.acme.com");
    assert_eq!(looks.count(), 150);
    assert_eq!(api.sweep().await.checked, 0, "they are due again in a minute");
}

#[tokio::test]
async fn what_nobody_answers_is_checked_and_due_again_and_keeps_nobody_waiting() {
    use portico_testing::dns::Manner;
    let api = Api::start().await;
    api.dns.delegate("dead.com", &[TestDns::server(1)]);
    api.dns.behave(TestDns::server(1), Manner::Silent);
    let organization = api.organization().await;
    let dead = api.create(organization, "dead.com").await.expect(201);
    let alive = api.claim().await;
    api.publish(&alive);
    let swept = api.sweep().await;
    assert_eq!((swept.checked, swept.failed), (2, 0));
    assert_eq!(api.get(&id(&alive)).await["state"], "verified");
    let dead = api.get(&id(&dead)).await;
    assert_eq!(dead["verification"]["outcome"], "timeout");
    assert!(dead["verification"]["next_check_at"].is_string());
}

#[tokio::test]
async fn a_run_says_how_late_the_checks_are() {
    let api = Api::start().await;
    api.claim().await;
    api.bench.clock.advance(Duration::minutes(20));
    assert_eq!(api.sweep().await.behind_seconds, 1_200);
    let metrics = String::from_utf8(api.bench.metrics.lock().unwrap().clone()).unwrap();
    assert!(metrics.contains("\"DomainChecksBehind\":1200"), "{metrics}");
    assert_eq!(api.sweep().await.behind_seconds, 0);
}
