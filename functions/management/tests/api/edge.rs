use axum::body::Body;
use http::Request;
use serde_json::json;

use crate::Api;

const PROTECTED: &[(&str, &str)] = &[
    ("GET", "/organizations"),
    ("POST", "/organizations"),
    ("GET", "/organizations/external_id/x"),
    ("GET", "/organizations/x"),
    ("PUT", "/organizations/x"),
    ("DELETE", "/organizations/x"),
    ("GET", "/organizations/x/policy"),
    ("PUT", "/organizations/x/policy"),
    ("GET", "/organizations/x/setup"),
    ("GET", "/connections"),
    ("POST", "/connections"),
    ("GET", "/connections/x"),
    ("PATCH", "/connections/x"),
    ("DELETE", "/connections/x"),
    ("GET", "/connections/x/saml_idp_signing_certs"),
    ("POST", "/connections/x/saml_idp_signing_certs"),
    ("DELETE", "/connections/x/saml_idp_signing_certs/y"),
    ("GET", "/user_management/redirect_uris"),
    ("POST", "/user_management/redirect_uris"),
    ("DELETE", "/user_management/redirect_uris/x"),
    ("GET", "/events"),
    ("GET", "/sign_ins"),
];

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn every_route_asks_for_an_api_key_before_anything_else() {
    let api = Api::start().await;
    for (method, path) in PROTECTED {
        for authorization in [None, Some("Bearer sk_wrong"), Some("Basic c2s6"), Some("Bearer ")] {
            let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
            let answer = api.send(request(method, path, &headers, "{")).await;
            assert_eq!(answer.refused(401), "unauthorized", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_a_bad_request() {
    let api = Api::start().await;
    let bearer = format!("Bearer {}", api.key);
    let binary = vec![0_u8, 159, 146, 150];
    let deep = format!("{{\"later\": {}", "[".repeat(100_000)).into_bytes();
    for body in [b"{\"name\": ".to_vec(), binary, deep, Vec::new()] {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        assert_eq!(
            api.send(request("POST", "/organizations", &headers, body)).await.refused(400),
            "bad_request"
        );
    }
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    assert_eq!(api.send(request("POST", "/organizations", &headers, "{}")).await.refused(400), "bad_request");
    let huge = json!({"name": "x".repeat(1024 * 1024)});
    assert_eq!(api.post("/organizations", huge).await.refused(413), "body_too_large");
}

#[tokio::test]
async fn an_address_that_is_not_there_answers_in_the_apis_form() {
    let api = Api::start().await;
    assert_eq!(api.get("/nothing").await.refused(404), "not_found");
    assert_eq!(api.patch("/organizations", json!({})).await.refused(405), "method_not_allowed");
    assert_eq!(api.get("/organizations/%FF").await.refused(400), "bad_request");
    assert_eq!(api.get("/organizations/org_%00%22%3Cscript%3E").await.refused(404), "entity_not_found");
}
