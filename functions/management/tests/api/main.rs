//! The REST API as its callers meet it: requests in, answers and events out, over an embedded table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod api_keys;
mod certificates;
mod connections;
mod edge;
mod events;
mod idp;
mod organizations;
mod policy;
mod redirect_uris;
mod sign_ins;

use axum::Router;
use axum::body::Body;
use chrono::Duration;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use portico_testing::Bench;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The function with one API key.
struct Api {
    bench: Bench,
    router: Router,
    key: String,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The fields that a refusal names, with their codes.
    #[track_caller]
    fn wrong_fields(self) -> Vec<String> {
        let body = self.expect(422);
        let name = |error: &Value| {
            format!("{} {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap())
        };
        body["errors"].as_array().unwrap().iter().map(name).collect()
    }

    /// The stable code of a refusal.
    #[track_caller]
    fn refused(self, status: u16) -> String {
        self.expect(status)["code"].as_str().unwrap().to_owned()
    }
}

impl Api {
    async fn start() -> Self {
        let bench = Bench::start().await;
        let made =
            portico_management::admin(&bench.app, json!({"action": "create_api_key", "name": "test"})).await;
        let key = made["key"].as_str().unwrap().to_owned();
        Self { router: portico_management::router(&bench.app), bench, key }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, body }
    }

    /// A request with the API key. A millisecond later than the last one, so that lists and events are in its order.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.bench.clock.advance(Duration::milliseconds(1));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// A new organization's id.
    async fn organization(&self, body: Value) -> String {
        id(&self.post("/organizations", body).await.expect(201))
    }

    /// A new connection of a new organization, configured by single values.
    async fn connection(&self, state: &str) -> Value {
        let organization = self.organization(json!({"name": "Acme"})).await;
        let body = json!({"organization_id": organization, "state": state, "saml_options": idp::values()});
        self.post("/connections", body).await.expect(201)
    }

    /// The names of all events so far, oldest first.
    async fn events(&self) -> Vec<String> {
        let named = |event: &Value| event["event"].as_str().unwrap().to_owned();
        self.log("").await["data"].as_array().unwrap().iter().map(named).collect()
    }

    /// The event log as it stands once its readers' lag is over.
    async fn log(&self, query: &str) -> Value {
        self.bench.clock.advance(Duration::seconds(2));
        self.get(&format!("/events?limit=100&{query}")).await.expect(200)
    }
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

/// The values of one field of a list's entries.
fn column(list: &Value, field: &str) -> Vec<String> {
    list["data"].as_array().unwrap().iter().map(|entry| entry[field].as_str().unwrap().to_owned()).collect()
}
