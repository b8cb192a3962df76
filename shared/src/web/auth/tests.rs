use axum::response::IntoResponse;
use http::{HeaderValue, Request, StatusCode};

use super::*;
use crate::domain::ids::ApiKeyId;
use crate::domain::random::Rng;
use crate::web::testing::{Hand, app_with_table, app_without_table, body_text};

fn record(plain: &PlainToken, app: &App) -> ApiKey {
    let now = app.clock().now();
    ApiKey {
        id: ApiKeyId::mint(now, app.rng()),
        name: "test".to_owned(),
        hash: plain.hashed(),
        last_four: "0000".to_owned(),
        created_at: now,
        revoked_at: None,
    }
}

/// A key that is in the table.
pub(crate) async fn issue(app: &App) -> (PlainToken, ApiKeyId) {
    let plain = PlainToken::api_key(app.rng());
    let key = record(&plain, app);
    app.store().create_api_key(&key).await.unwrap();
    (plain, key.id)
}

async fn extract(app: &App, authorization: &str) -> Result<ApiKeyAuth, RestError> {
    let request = Request::builder().header(AUTHORIZATION, authorization).body(()).unwrap();
    ApiKeyAuth::from_request_parts(&mut request.into_parts().0, app).await
}

fn bearing(token: &PlainToken) -> String {
    format!("Bearer {}", token.reveal())
}

#[tokio::test]
async fn a_live_key_lets_a_request_in() {
    let app = app_with_table(&Hand::new()).await;
    let (plain, id) = issue(&app).await;
    let ApiKeyAuth(acting) = extract(&app, &bearing(&plain)).await.ok().unwrap();
    assert_eq!(acting.store().actor().unwrap().who, Who::ApiKey(id));
}

#[tokio::test]
async fn an_unknown_key_is_a_401_with_a_sentence_and_a_challenge() {
    let app = app_with_table(&Hand::new()).await;
    let error = extract(&app, &bearing(&PlainToken::api_key(&Rng::system()))).await.err().unwrap();
    let response = error.into_response();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let expected = r#"{"code":"unauthorized","message":"The API key is unknown or revoked."}"#;
    assert_eq!(body_text(response).await, expected);
}

#[tokio::test]
async fn a_revoked_key_dies_in_every_instance_within_a_minute() {
    let hand = Hand::new();
    let app = app_with_table(&hand).await;
    let (plain, id) = issue(&app).await;
    extract(&app, &bearing(&plain)).await.unwrap();
    app.store().revoke_api_key(id).await.unwrap().unwrap();
    hand.turn(CACHED_FOR - TimeDelta::milliseconds(1));
    extract(&app, &bearing(&plain)).await.unwrap();
    hand.turn(TimeDelta::milliseconds(1));
    assert_eq!(extract(&app, &bearing(&plain)).await.err().unwrap().status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_key_works_at_once_though_it_was_tried_before_it_existed() {
    let app = app_with_table(&Hand::new()).await;
    let plain = PlainToken::api_key(app.rng());
    assert!(extract(&app, &bearing(&plain)).await.is_err());
    app.store().create_api_key(&record(&plain, &app)).await.unwrap();
    assert!(extract(&app, &bearing(&plain)).await.is_ok());
}

#[tokio::test]
async fn without_a_bearer_token_nothing_is_looked_up() {
    let app = app_without_table();
    for header in ["", "Bearer", "Bearer ", "Basic c2tfeDo=", "sk_x", &format!("Bearer {}", "x".repeat(300))]
    {
        let error = extract(&app, header).await.err().unwrap();
        assert_eq!(error.status, StatusCode::UNAUTHORIZED, "{header}");
    }
}

#[test]
fn two_authorization_headers_are_none() {
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, HeaderValue::from_static("bearer sk_a"));
    assert_eq!(bearer(&headers).unwrap().reveal(), "sk_a");
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer sk_b"));
    assert!(bearer(&headers).is_none());
}

#[test]
fn the_cache_forgets_before_it_grows_past_its_bound() {
    let (app, cache) = (app_without_table(), ApiKeyCache::default());
    let now = app.clock().now();
    let plains: Vec<PlainToken> = (0..=CACHED_KEYS).map(|_| PlainToken::api_key(app.rng())).collect();
    for plain in &plains {
        cache.keep(plain.hashed(), record(plain, &app), now);
    }
    assert_eq!(cache.0.lock().unwrap().len(), CACHED_KEYS);
    cache.keep(plains[0].hashed(), record(&plains[0], &app), now + CACHED_FOR);
    assert_eq!(cache.0.lock().unwrap().len(), 1);
}

#[test]
fn the_cache_believes_nothing_that_was_read_in_the_future() {
    let (app, cache) = (app_without_table(), ApiKeyCache::default());
    let (plain, now) = (PlainToken::api_key(app.rng()), app.clock().now());
    cache.keep(plain.hashed(), record(&plain, &app), now);
    assert!(cache.find(&plain.hashed(), now).is_some());
    assert!(cache.find(&plain.hashed(), now - TimeDelta::seconds(1)).is_none());
}
