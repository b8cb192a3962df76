//! The list of routes is the router's.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use portico_sso::ROUTES;

use crate::support::Site;

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
