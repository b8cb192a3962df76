//! The function as its callers meet it, over an embedded table that is looked into afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod rate;
mod rows;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::{Method, Request};
use http_body_util::BodyExt;
use portico_shared::domain::directory::{Directory, DirectoryState, DirectoryToken, DirectoryType};
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::{DirectoryId, DirectoryTokenId, OrganizationId};
use portico_shared::domain::organization::{Organization, Policy};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::BesideDirectory;
use portico_testing::Bench;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The function with one directory.
struct Api {
    bench: Bench,
    router: Router,
    directory: DirectoryId,
    token: String,
}

impl Api {
    async fn start() -> Self {
        let bench = Bench::start().await;
        let (now, rng) = (bench.clock.now(), bench.app.rng());
        let organization = Organization {
            id: OrganizationId::mint(now, rng),
            name: "Acme".to_owned(),
            external_id: None,
            metadata: Default::default(),
            stripe_customer_id: None,
            created_at: now,
            updated_at: now,
            last_event_id: None,
        };
        let told = |name| NewEvent::new(name, organization.id, json!({}));
        let store = bench.app.store();
        let created = told(EventName::OrganizationCreated);
        store.create_organization(&organization, &Policy::default(), &[], created).await.unwrap();
        let directory = Directory {
            id: DirectoryId::mint(now, rng),
            organization_id: organization.id,
            name: "Acme".to_owned(),
            directory_type: DirectoryType::Okta,
            state: DirectoryState::Validating,
            created_at: now,
            updated_at: now,
            last_event_id: None,
        };
        let plain = PlainToken::directory(organization.id, rng);
        let token = DirectoryToken {
            id: DirectoryTokenId::mint(now, rng),
            directory_id: directory.id,
            organization_id: organization.id,
            hash: plain.hashed(),
            suffix: plain.suffix(),
            created_at: now,
        };
        let read = store.organization(organization.id).await.unwrap().unwrap();
        let made = told(EventName::DsyncTokenCreated);
        store.create_directory(&read, &directory, (BesideDirectory::Token(&token), made)).await.unwrap();
        let router = portico_scim::router(&bench.app);
        Self { bench, router, directory: directory.id, token: plain.reveal().to_owned() }
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2/{}{path}", self.directory))
            .header("authorization", format!("Bearer {}", self.token));
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    /// A request that must succeed; its body.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let response = self.send(method, path, body).await;
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        assert!(status.is_success(), "{status} {body}");
        body
    }

    async fn user(&self, name: &str) -> String {
        let body = json!({
            "userName": name,
            "externalId": format!("ext-{name}"),
            "displayName": name,
            "emails": [{ "value": name, "type": "work" }],
        });
        id(&self.call(Method::POST, "/Users", Some(body)).await)
    }

    /// The keys of all items of which the key has one of these in it.
    fn keys(&self, parts: &[&str]) -> Vec<String> {
        let request = json!({ "TableName": "portico" });
        let all = self.bench.database.scan(serde_json::from_value(request).unwrap()).unwrap();
        let all = serde_json::to_value(all).unwrap();
        let rows = all["Items"].as_array().unwrap().iter();
        let key = |row: &Value| {
            format!("{} {}", row["pk"]["S"].as_str().unwrap(), row["sk"]["S"].as_str().unwrap())
        };
        rows.map(key).filter(|key| parts.iter().any(|part| key.contains(part))).collect()
    }
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_else(|| panic!("{resource}")).to_owned()
}
