//! A table that throttles: a clear answer, nothing half done, and another try that works.

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::organization::Policy;
use portico_testing::Bench;

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
        throttle.set(None);
        assert!(world.log().await.is_empty(), "{operation}");
    }
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
