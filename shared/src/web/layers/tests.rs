use axum::extract::Path;
use axum::routing::{get, post};
use http::{Method, StatusCode};
use tower::ServiceExt;

use super::*;
use crate::config::LogLevel;
use crate::store::StoreError;
use crate::telemetry;
use crate::web::error::RestError;
use crate::web::testing::{Written, app_without_table, body_text};

const LIMIT: usize = 1000;

/// A function with a page, an endpoint of OAuth and one of the REST API.
fn function() -> Router {
    async fn size(body: bytes::Bytes) -> String {
        body.len().to_string()
    }
    async fn echo(Path(_): Path<String>) -> Result<String, RestError> {
        // What a library may say at its chattier levels.
        tracing::info!(target: "hyper::proto", "in-the-library");
        Err(StoreError::Throttled.into())
    }
    let face = |path: &str| match path {
        path if path.starts_with("/oauth2") => Face::OAuth,
        path if path.starts_with("/page") => Face::Page,
        _ => Face::Rest,
    };
    let router = Router::new()
        .route("/things", post(size))
        .route("/things/{id}", get(echo))
        .route("/page", get(|| async { "" }))
        .route("/oauth2/token", post(size))
        .route("/cached", get(|| async { ([(header::CACHE_CONTROL, "public, max-age=60")], "") }));
    finish(router, &app_without_table(), Edge { function: "test", body_limit: LIMIT, face })
}

async fn call(method: Method, uri: &str, body: String) -> Response {
    let request = Request::builder().method(method).uri(uri).body(Body::from(body)).unwrap();
    function().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_a_request_id() {
    for (uri, status) in [("/page", 200), ("/nothing", 404), ("/things/1", 503)] {
        let response = call(Method::GET, uri, String::new()).await;
        assert_eq!(response.status(), status, "{uri}");
        let header = |name: &str| response.headers()[name].to_str().unwrap();
        assert_eq!(header("cache-control"), "no-store");
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("strict-transport-security"), "max-age=63072000");
        assert_eq!(header("x-request-id").len(), 32);
    }
}

#[tokio::test]
async fn what_a_handler_says_about_caching_stays() {
    let response = call(Method::GET, "/cached", String::new()).await;
    assert_eq!(response.headers()["cache-control"], "public, max-age=60");
}

#[tokio::test]
async fn an_unknown_path_is_a_404_in_the_callers_face() {
    let rest = body_text(call(Method::GET, "/nothing", String::new()).await).await;
    assert!(rest.starts_with(r#"{"code":"not_found","message":""#) && rest.contains("request_id"), "{rest}");
    let oauth = body_text(call(Method::GET, "/oauth2/nothing", String::new()).await).await;
    assert!(oauth.starts_with(r#"{"error":"invalid_request","error_description":""#), "{oauth}");
    let page = body_text(call(Method::GET, "/page/nothing", String::new()).await).await;
    assert!(page.contains("<h1>Page not found</h1>"), "{page}");
}

#[tokio::test]
async fn another_method_is_a_405_that_names_the_methods_that_are_taken() {
    let response = call(Method::DELETE, "/things", String::new()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()["allow"], "POST");
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_byte_more_is_a_413_in_the_callers_face() {
    let response = call(Method::POST, "/things", "x".repeat(LIMIT)).await;
    assert_eq!(body_text(response).await, "1000");
    let response = call(Method::POST, "/oauth2/token", "x".repeat(LIMIT + 1)).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(body_text(response).await.starts_with(r#"{"error":"invalid_request""#));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let ends = Limited::new(Body::from("half and more"), 4);
    let broken = Body::new(ends.map_err(|_| std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
    let request = Request::builder().method("POST").uri("/things").body(broken).unwrap();
    assert_eq!(function().oneshot(request).await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_is_one_log_line_with_its_route_and_code_and_without_its_secrets() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = telemetry::subscriber(LogLevel::Trace, move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let request = Request::builder()
        .method("GET")
        .uri("/things/in-the-path?SAMLResponse=in-the-query&code=in-the-code")
        .header("authorization", "Bearer sk_in-the-header")
        .header("cookie", "__Host-portico_browser=in-the-cookie")
        .body(Body::from("password=in-the-body"))
        .unwrap();
    let response = function().oneshot(request).await.unwrap();
    drop(guard);
    let id = response.headers()["x-request-id"].to_str().unwrap();

    let log = written.text();
    for place in ["path", "query", "code", "header", "cookie", "body", "library"] {
        assert!(!log.contains(&format!("in-the-{place}")), "the secret in the {place} is in {log}");
    }
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [cause, line] = lines.as_slice() else { panic!("expected two lines, got {log}") };
    assert_eq!(cause["cause"], "DynamoDB throttled the request");
    assert_eq!(cause["span"]["request_id"], id);
    assert_eq!(line["span"]["request_id"], id);
    for (field, value) in [
        ("message", "request".into()),
        ("function", "test".into()),
        ("route", "/things/{id}".into()),
        ("method", "GET".into()),
        ("status", serde_json::Value::from(503)),
        ("error_code", "temporarily_unavailable".into()),
        ("duration_ms", 0.into()),
    ] {
        assert_eq!(line[field], value, "{field} in {log}");
    }
}

#[tokio::test]
async fn an_error_names_its_request_even_where_only_errors_are_logged() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = telemetry::subscriber(LogLevel::Error, move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let response = call(Method::GET, "/things/1", String::new()).await;
    drop(guard);
    let line: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
    assert_eq!(line["span"]["request_id"], response.headers()["x-request-id"].to_str().unwrap());
}

#[tokio::test]
async fn a_path_that_has_no_route_is_logged_without_the_path() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = telemetry::subscriber(LogLevel::Info, move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    call(Method::GET, "/secret-path", String::new()).await;
    drop(guard);
    assert!(written.text().contains(r#""route":"none""#) && !written.text().contains("secret-path"));
}
