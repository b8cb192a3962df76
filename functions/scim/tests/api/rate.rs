//! How many requests a directory may make.

use chrono::Duration;
use http::Method;
use portico_shared::web::after_answer::AfterAnswer;

use crate::Api;

/// Sends a request and does what follows its answer, as Lambda does.
async fn status(api: &Api) -> (u16, Option<u32>) {
    let mut response = api.send(Method::GET, "/Users?count=0", None).await;
    if let Some(after) = AfterAnswer::detach(&mut response) {
        after.run().await;
    }
    let wait =
        response.headers().get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), wait)
}

#[tokio::test]
async fn twenty_five_requests_a_second_are_never_refused() {
    let api = Api::start().await;
    for _ in 0..1000 {
        assert_eq!(status(&api).await.0, 200);
        api.bench.clock.advance(Duration::milliseconds(40));
    }
}

#[tokio::test]
async fn a_client_run_wild_is_told_when_to_come_again_and_gets_in_then() {
    let api = Api::start().await;
    let mut refused = None;
    for request in 0..700 {
        if let (429, Some(wait)) = status(&api).await {
            refused = Some((request, wait));
            break;
        }
    }
    let (request, wait) = refused.expect("nobody was refused");
    assert!((500..=520).contains(&request), "refused after {request}");
    assert!((1..=3).contains(&wait), "{wait} s");
    api.bench.clock.advance(Duration::seconds(i64::from(wait)));
    assert_eq!(status(&api).await.0, 200);
}
