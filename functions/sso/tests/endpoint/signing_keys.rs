//! The keys that sign id_tokens, over time and over instances.

use std::collections::BTreeSet;

use axum::body::Body;
use chrono::Duration;
use http::{Request, StatusCode};
use serde_json::Value;

use crate::support::{Answer, Site, send_to};

async fn kids(site: &Site) -> BTreeSet<String> {
    let jwks = site.get("/oauth2/jwks").await.json();
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    jwks["keys"].as_array().unwrap().iter().map(kid).collect()
}

/// The key that signs an id_token now.
async fn signing(site: &Site) -> String {
    use base64::Engine;
    let code = site.code("/oauth2/authorize", &[]).await;
    let answer = site.trade_with_secret("/oauth2/token", &code, &[]).await;
    let id_token = answer.json()["id_token"].as_str().unwrap().to_owned();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id_token.split('.').next().unwrap());
    let header: Value = serde_json::from_slice(&header.unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn set(kids: &[&str]) -> BTreeSet<String> {
    kids.iter().map(|kid| (*kid).to_owned()).collect()
}

#[tokio::test]
async fn the_first_need_makes_one_key_that_all_instances_use() {
    let mut site = Site::start().await;
    assert_eq!(signing(&site).await, "key_000001");
    let first = site.get("/oauth2/jwks").await.json();
    site.another_instance();
    assert_eq!(site.get("/oauth2/jwks").await.json(), first);
    assert_eq!(signing(&site).await, "key_000001");
}

#[tokio::test]
async fn two_instances_that_need_the_first_key_at_the_same_time_agree() {
    let site = Site::start().await;
    let other = portico_sso::router(&site.bench.another_instance());
    let request = Request::get("/oauth2/jwks").body(Body::empty()).unwrap();
    let (one, two) = tokio::join!(site.get("/oauth2/jwks"), send_to(&other, request));
    assert_eq!(one.json(), two.json());
    assert_eq!(one.json()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_key_is_published_a_day_before_it_signs_and_the_old_one_a_day_after() {
    let site = Site::start().await;
    assert_eq!(signing(&site).await, "key_000001");
    site.advance(Duration::days(60) - Duration::seconds(1));
    assert_eq!(kids(&site).await, set(&["key_000001"]));

    site.advance(Duration::minutes(10));
    assert_eq!(kids(&site).await, set(&["key_000001", "key_000002"]));
    assert_eq!(signing(&site).await, "key_000001");

    site.advance(Duration::hours(24) - Duration::seconds(1));
    assert_eq!(signing(&site).await, "key_000001");
    site.advance(Duration::seconds(1));
    assert_eq!(signing(&site).await, "key_000002");
    assert_eq!(kids(&site).await, set(&["key_000001", "key_000002"]));

    site.advance(Duration::hours(24));
    assert_eq!(kids(&site).await, set(&["key_000002"]));
    assert_eq!(signing(&site).await, "key_000002");
}

#[tokio::test]
async fn an_instance_that_slept_learns_of_a_new_key_before_it_signs() {
    let site = Site::start().await;
    let sleeper = portico_sso::router(&site.bench.another_instance());
    signing(&site).await;
    let mut site = site;
    let awake = std::mem::replace(&mut site.router, sleeper);
    assert_eq!(kids(&site).await, set(&["key_000001"]));
    site.advance(Duration::days(60));
    let sleeper = std::mem::replace(&mut site.router, awake);
    assert_eq!(kids(&site).await, set(&["key_000001", "key_000002"]));
    site.router = sleeper;
    site.advance(Duration::minutes(10));
    assert_eq!(kids(&site).await, set(&["key_000001", "key_000002"]));
}

#[tokio::test]
async fn the_contracts_jwks_has_every_member_and_is_cacheable_and_another_clients_is_a_404() {
    let site = Site::start().await;
    let answer = site.get("/sso/jwks/client_test").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let key = &answer.json()["keys"][0];
    for (member, value) in [("alg", "RS256"), ("kty", "RSA"), ("use", "sig"), ("kid", "key_000001")] {
        assert_eq!(key[member], value);
    }
    assert!(key["x5c"][0].is_string() && key["n"].is_string() && key["e"] == "AQAB");
    assert_eq!(key["x5t#S256"].as_str().unwrap().len(), 43);
    assert!(["d", "p", "q"].iter().all(|private| key.get(private).is_none()));
    let other: Answer = site.get("/sso/jwks/client_other").await;
    assert_eq!((other.status, &other.json()["code"]), (StatusCode::NOT_FOUND, &"entity_not_found".into()));
}
