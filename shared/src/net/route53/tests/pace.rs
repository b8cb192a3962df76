use super::*;

/// Lets the client work until it waits for its turn, which doesn't come within an hour, and says what it asked before.
async fn asked_until_it_waits<F>(
    fake: &FakeRoute53,
    work: impl FnOnce(Route53) -> F,
    turns: usize,
) -> Vec<&'static str>
where
    F: Future<Output = ()> + Send + 'static,
{
    let pace = Arc::new(Pace::new(Duration::from_secs(3600)));
    for _ in turns..5 {
        pace.turn().await;
    }
    let task = tokio::spawn(work(Route53 { pace, ..hurried(fake, &[ZONE]) }));
    let mut asked = Vec::new();
    while asked.len() < turns {
        asked.extend(fake.asked());
        tokio::task::yield_now().await;
    }
    // There is no network and no other thread: what it can do, it does now.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    asked.extend(fake.asked());
    assert!(!task.is_finished());
    task.abort();
    asked
}

#[tokio::test]
async fn no_request_leaves_before_its_turn() {
    let all = ["GetHostedZone", "ListResourceRecordSets", "ChangeResourceRecordSets"];
    for turns in 0..all.len() {
        let publish = |route53: Route53| async move {
            let _outcome = route53.publish_txt(&name(NAME), VALUE).await;
        };
        assert_eq!(asked_until_it_waits(&acme(&[]), publish, turns).await, all[..turns]);
    }
    let follow = |route53: Route53| async move {
        let _outcome = route53.change_status(&first_change()).await;
    };
    assert_eq!(asked_until_it_waits(&acme(&[]), follow, 0).await.len(), 0);
}
