use chrono::Duration;
use portico_shared::store::{DUE_SHARDS, Due, Versioned};
use portico_testing::Bench;

async fn all_due(bench: &Bench) -> Vec<Versioned<Due<()>>> {
    let mut found = Vec::new();
    for shard in 0..DUE_SHARDS {
        found.extend(bench.app.store().due("check", shard, None).await.unwrap());
    }
    found.sort_by(|a, b| a.value.subject.cmp(&b.value.subject));
    found
}

async fn schedule(bench: &Bench, subject: &str, after: Duration) {
    let at = Some(bench.clock.now() + after);
    let due = Due { kind: "check".to_owned(), subject: subject.to_owned(), at, work: () };
    bench.app.store().schedule(&due).await.unwrap();
}

#[tokio::test]
async fn only_what_is_due_is_read() {
    let bench = Bench::start().await;
    schedule(&bench, "a", Duration::zero()).await;
    schedule(&bench, "b", Duration::minutes(5)).await;
    assert_eq!(all_due(&bench).await.len(), 1);
    bench.clock.advance(Duration::minutes(5));
    assert_eq!(all_due(&bench).await.len(), 2);
}

#[tokio::test]
async fn a_lease_is_taken_once_and_falls_to_the_next_when_its_holder_dies() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    schedule(&bench, "a", Duration::zero()).await;
    let seen = all_due(&bench).await.remove(0);
    let (one, two) =
        tokio::join!(store.lease(&seen, Duration::minutes(1)), store.lease(&seen, Duration::minutes(1)));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.is_some(), two.is_none(), "one of the two holds it");
    assert!(all_due(&bench).await.is_empty());

    let dead = one.or(two).unwrap();
    bench.clock.advance(Duration::minutes(1));
    let seen = all_due(&bench).await.remove(0);
    let next = store.lease(&seen, Duration::minutes(1)).await.unwrap().unwrap();
    assert!(!store.drop_work(&dead).await.unwrap(), "the dead holder's lease is over");
    assert!(store.drop_work(&next).await.unwrap());
    bench.clock.advance(Duration::days(1));
    assert!(all_due(&bench).await.is_empty());
}

#[tokio::test]
async fn finished_work_can_be_due_again() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    schedule(&bench, "a", Duration::zero()).await;
    let seen = all_due(&bench).await.remove(0);
    let held = store.lease(&seen, Duration::minutes(1)).await.unwrap().unwrap();
    let later = Due { at: Some(bench.clock.now() + Duration::hours(1)), ..held.value.clone() };
    assert!(store.finish(&held, &later).await.unwrap());
    assert!(all_due(&bench).await.is_empty());
    bench.clock.advance(Duration::hours(1));
    assert_eq!(all_due(&bench).await.len(), 1);
}
