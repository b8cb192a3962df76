//! What the function answers, and what not.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, Request, StatusCode};

use crate::support::Site;

/// What applications, browsers and libraries rely on.
pub(crate) const ROUTES: &[(&str, &str)] = &[
    ("GET", "/sso/authorize"),
    ("POST", "/sso/token"),
    ("OPTIONS", "/sso/token"),
    ("GET", "/sso/profile"),
    ("GET", "/sso/jwks/{client_id}"),
    ("OPTIONS", "/sso/jwks/{client_id}"),
    ("GET", "/sso/discover"),
    ("GET", "/.well-known/openid-configuration"),
    ("OPTIONS", "/.well-known/openid-configuration"),
    ("GET", "/oauth2/authorize"),
    ("POST", "/oauth2/authorize"),
    ("POST", "/oauth2/token"),
    ("OPTIONS", "/oauth2/token"),
    ("GET", "/oauth2/userinfo"),
    ("POST", "/oauth2/userinfo"),
    ("OPTIONS", "/oauth2/userinfo"),
    ("GET", "/oauth2/jwks"),
    ("OPTIONS", "/oauth2/jwks"),
    ("POST", "/oauth2/introspect"),
    ("POST", "/oauth2/revoke"),
    ("GET", "/login"),
];

#[tokio::test]
async fn every_route_of_the_list_is_answered_and_no_other_method_of_its_path() {
    let site = Site::start().await;
    let paths: BTreeSet<&str> = ROUTES.iter().map(|(_, path)| *path).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let address = path.replace("{client_id}", "client_test");
            let request =
                Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(address);
            let answer = site.send(request.body(Body::empty()).unwrap()).await;
            let listed = ROUTES.contains(&(method, path));
            assert_eq!(answer.status != StatusCode::METHOD_NOT_ALLOWED, listed, "{method} {path}");
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_answered_in_the_face_of_its_neighbours() {
    let site = Site::start().await;
    for (path, kind) in [("/oauth2/x", "application/json"), ("/sso/x", "application/json")] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.header("content-type").starts_with(kind), "{path}");
    }
    assert_eq!(site.get("/oauth2/x").await.json()["error"], "invalid_request");
    assert_eq!(site.get("/sso/x").await.json()["code"], "not_found");
}
