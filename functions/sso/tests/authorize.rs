//! `GET /sso/authorize`.

mod support;

use support::Site;

const AUTHORIZE: &str = "/sso/authorize";

#[tokio::test]
async fn a_browser_is_sent_to_the_provider_and_bound_to_its_request_in_two_round_trips() {
    let site = Site::start().await;
    site.round_trips.take();
    let answer = site.authorize(AUTHORIZE, &[]).await;
    assert_eq!(site.round_trips.take(), 2);
    let location = answer.location();
    assert!(location.as_str().starts_with("https://idp.example.com/sso?SAMLRequest="), "{location}");
    assert!(answer.header("set-cookie").starts_with("portico_browser="), "{answer:?}");
}
