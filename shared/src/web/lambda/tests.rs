use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use http::header::SET_COOKIE;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::web::error::Face;
use crate::web::layers::{BODY_LIMIT, Edge, finish};
use crate::web::testing::app_without_table;

/// An event as API Gateway writes it.
fn event(method: &str, path: &str, query: &str, body: Option<&str>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": ["a=1", "b=2"],
        "headers": { "host": "abc.execute-api.eu-west-2.amazonaws.com", "content-type": "application/json", "x-forwarded-proto": "https" },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-west-2.amazonaws.com",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test" },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "ANY /{proxy+}",
            "stage": "$default",
            "time": "21/Nov/2026:22:12:38 +0000",
            "timeEpoch": 1_795_299_158_000_i64
        },
        "body": body,
        "isBase64Encoded": false
    })
}

fn router() -> Router {
    let router = Router::new()
        .route("/uri", get(|uri: Uri| async move { uri.to_string() }))
        .route(
            "/cookies",
            get(|headers: http::HeaderMap| async move { headers["cookie"].to_str().unwrap().to_owned() }),
        )
        .route("/set", get(|| async { ([(SET_COOKIE, "c=3; Path=/")], vec![0_u8, 255]) }))
        .route("/echo", post(|body: String| async move { body }));
    finish(
        router,
        &app_without_table(),
        Edge { function: "test", body_limit: BODY_LIMIT, face: |_| Face::Rest },
    )
}

async fn send(event: Value) -> Result<Value, Error> {
    match Event::parse(&event.to_string())? {
        Event::Http(request) => Ok(answer(router(), *request).await?.payload),
        Event::Admin(command) => Ok(json!({ "admin": command })),
        Event::Schedule => Ok(json!("schedule")),
    }
}

#[tokio::test]
async fn a_schedule_is_told_from_a_command_and_from_a_request_that_says_it_is_one() {
    assert_eq!(send(json!({ "portico_schedule": true })).await.unwrap(), json!("schedule"));
    assert!(send(json!({ "portico_schedule": false })).await.is_err());
}

#[tokio::test]
async fn a_direct_invocation_is_a_command() {
    let command = json!({ "action": "create_api_key", "name": "first key" });
    let answered = send(json!({ "portico_admin": command })).await.unwrap();
    assert_eq!(answered, json!({ "admin": command }));
}

#[tokio::test]
async fn the_same_json_over_http_is_a_404() {
    let command = json!({ "portico_admin": { "action": "create_api_key" } }).to_string();
    for path in ["/", "/portico_admin", "/organizations"] {
        let answered = send(event("POST", path, "", Some(&command))).await.unwrap();
        assert_eq!(answered["statusCode"], 404, "{path}");
    }
}

#[tokio::test]
async fn a_request_stays_a_request_even_with_a_command_beside_it() {
    let mut both = event("GET", "/uri", "", None);
    both["portico_admin"] = json!({ "action": "create_api_key" });
    assert_eq!(send(both).await.unwrap()["statusCode"], 200);
}

#[tokio::test]
async fn any_other_event_is_refused() {
    for payload in [
        "{}",
        "null",
        "[]",
        "{\"Records\": []}",
        "{\"portico_admin\": null}",
        "{\"requestContext\": {}}",
        "x",
    ] {
        assert!(Event::parse(payload).is_err(), "{payload}");
    }
}

#[tokio::test]
async fn the_answer_has_api_gateways_request_id_and_its_form_for_cookies_and_bytes() {
    let answered = send(event("GET", "/set", "", None)).await.unwrap();
    assert_eq!(answered["headers"]["x-request-id"], "JKJaXmPLvHcESHA=");
    assert_eq!(answered["cookies"], json!(["c=3; Path=/"]));
    assert_eq!((&answered["body"], &answered["isBase64Encoded"]), (&json!("AP8="), &json!(true)));
    let answered = send(event("GET", "/cookies", "", None)).await.unwrap();
    assert_eq!(answered["body"], "a=1; b=2");
}

#[tokio::test]
async fn a_body_in_base_64_is_decoded_and_a_broken_one_is_refused() {
    let mut encoded = event("POST", "/echo", "", Some(&STANDARD.encode("hello")));
    encoded["isBase64Encoded"] = json!(true);
    assert_eq!(send(encoded.clone()).await.unwrap()["body"], "hello");
    encoded["body"] = json!("not base 64!");
    assert!(send(encoded).await.is_err());
}

#[tokio::test]
async fn the_host_header_reaches_nobody() {
    for host in ["evil.example.com", "a b", "[", "%", ":0:0", ""] {
        let mut asked = event("GET", "/uri", "a=1", None);
        asked["headers"]["host"] = json!(host);
        asked["headers"]["x-forwarded-proto"] = json!("gopher, https");
        asked["requestContext"]["domainName"] = json!(host);
        assert_eq!(send(asked).await.unwrap()["body"], "/uri?a=1", "{host}");
    }
}

#[tokio::test]
async fn a_query_goes_through_as_it_was_encoded() {
    let query = "redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&state=a%20b+c&domains[]=x&e=%00";
    assert_eq!(send(event("GET", "/uri", query, None)).await.unwrap()["body"], format!("/uri?{query}"));
}

#[tokio::test]
async fn an_address_that_is_too_long_is_refused() {
    assert!(send(event("GET", "/uri", &"a".repeat(LONGEST_ADDRESS), None)).await.is_err());
}

proptest! {
    #[test]
    fn no_path_query_or_method_brings_the_function_down(path in any::<String>(), query in any::<String>(), method in "[A-Z]{1,8}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answered = runtime.block_on(send(event(&method, &path, &query, None))).unwrap();
        let status = answered["statusCode"].as_u64().unwrap();
        prop_assert!([200, 404, 405].contains(&status), "{}", status);
    }
}
