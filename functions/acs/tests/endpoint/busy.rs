//! A table that throttles: a clear answer, nothing half done, and another try that works.

use std::collections::BTreeSet;

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::organization::Policy;
use portico_testing::Bench;
use serde_json::Value;

use crate::support::{Throttle, World, cookie};

async fn throttled_world() -> (World, Throttle) {
    let throttle = Throttle::start().await;
    let bench = Bench::with_interceptor(Some(SharedInterceptor::new(throttle.clone()))).await;
    (World::on(bench, ConnectionState::Active, |_| {}, Policy::default()).await, throttle)
}

#[tokio::test]
async fn a_throttled_sign_in_asks_to_try_again_and_the_same_response_then_counts() {
    let (world, throttle) = throttled_world().await;
    let begun = world.begin().await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    for operation in ["BatchGetItem", "TransactWriteItems"] {
        throttle.set(Some(operation));
        let answer = world.post(&response, &[&cookie(&begun.browser)]).await;
        assert_eq!(answer.status, 503, "{operation}: {answer:?}");
        assert!(answer.headers["retry-after"].is_string(), "{answer:?}");
        // Of a transaction that was sent, nobody knows.
        assert_eq!(answer.body.contains("is not used up"), operation == "BatchGetItem", "{}", answer.body);
        throttle.set(None);
        assert!(world.log().await.is_empty(), "{operation}");
    }
    assert_eq!(world.post(&response, &[&cookie(&begun.browser)]).await.status, 303);
}

/// The `pk` of the copy of every event that a transaction would have written, with its id.
fn event_ids(transaction: &str) -> BTreeSet<String> {
    let written: Value = serde_json::from_str(transaction).unwrap();
    let keys =
        written["TransactItems"].as_array().unwrap().iter().map(|item| &item["Put"]["Item"]["sk"]["S"]);
    keys.filter_map(|key| key.as_str().filter(|key| key.starts_with("event_")).map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_sign_in_that_meets_others_seven_times_succeeds_with_new_event_ids_each_time() {
    let (world, throttle) = throttled_world().await;
    let begun = world.begin().await;
    throttle.conflict(7);
    let answer = world.sign_in(&begun).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let conflicts = throttle.take_conflicts();
    let ids: BTreeSet<_> = conflicts.iter().flat_map(|transaction| event_ids(transaction)).collect();
    assert_eq!((conflicts.len(), ids.len()), (7, 7), "one event each, and none sent twice");
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    assert!(!ids.contains(&events[0].id.to_string()));
}

#[tokio::test]
async fn a_sign_in_that_never_stops_meeting_others_asks_to_try_again_and_then_counts() {
    let (world, throttle) = throttled_world().await;
    let begun = world.begin().await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    throttle.conflict(usize::MAX);
    let answer = world.post(&response, &[&cookie(&begun.browser)]).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.headers["retry-after"].is_string(), "{answer:?}");
    assert!(answer.body.contains("your sign-in is not used up"), "{}", answer.body);
    assert_eq!(throttle.take_conflicts().len(), 8);
    throttle.conflict(0);
    assert_eq!(world.post(&response, &[&cookie(&begun.browser)]).await.status, 303);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_logged_is_a_refusal_all_the_same() {
    let (world, throttle) = throttled_world().await;
    let begun = world.begin().await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    throttle.set(Some("TransactWriteItems"));
    let answer = world.post(&response, &[]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("sign_in_"), "{}", answer.body);
}

#[tokio::test]
async fn throttled_metadata_asks_to_try_again() {
    let (world, throttle) = throttled_world().await;
    throttle.set(Some("BatchGetItem"));
    let path = format!("/sso/saml/metadata/{}", world.connection.id);
    assert_eq!(world.send("GET", &path, &[], b"", &[]).await.status, 503);
}
