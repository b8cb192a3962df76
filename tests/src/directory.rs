//! A directory of an organization, and its identity provider at the other end of SCIM.

use std::time::Duration;

use chrono::DateTime;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::{Value, json};

use crate::{Answer, Api, Deployment};

/// How often it is looked whether something that follows an answer is done.
const LOOKS: usize = 5_000;

/// A directory with its token: what an admin pastes into a provider.
#[derive(Clone)]
pub struct Directory {
    /// The directory's id.
    pub id: String,
    /// Its organization.
    pub organization: String,
    /// Where the provider pushes to.
    pub endpoint: String,
    /// The bearer token.
    pub token: String,
    scim: Api,
}

impl Directory {
    /// A new directory of an organization.
    pub async fn of(deployment: &Deployment, organization: &str, kind: &str) -> Self {
        let asked = json!({ "organization_id": organization, "name": "Acme", "type": kind });
        let made = deployment.api.post("/directories", &asked).await.ok();
        let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned();
        Self::known(&text("id"), organization, &text("endpoint"), &text("bearer_token"))
    }

    /// A new directory of a new organization.
    pub async fn new(deployment: &Deployment) -> Self {
        let organization = deployment.api.post("/organizations", &json!({ "name": "Acme" })).await.ok();
        Self::of(deployment, organization["id"].as_str().unwrap(), "okta scim v2.0").await
    }

    /// A directory that was made by somebody else, as an admin knows it: its endpoint and a token.
    pub fn known(id: &str, organization: &str, endpoint: &str, token: &str) -> Self {
        Self {
            id: id.to_owned(),
            organization: organization.to_owned(),
            endpoint: endpoint.to_owned(),
            token: token.to_owned(),
            scim: Api::new(endpoint, token),
        }
    }

    /// The same directory for another who holds another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), scim: self.scim.with_key(token), ..self.clone() }
    }

    /// A request below the endpoint, in SCIM's media type.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send_as(method, path, &HeaderMap::new(), body.map(Value::to_string)).await
    }

    /// A request with headers and a body of a provider's own.
    pub async fn send_as(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Option<String>,
    ) -> Answer {
        let mut request = self.scim.request(method, path);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/scim+json").body(body);
        }
        Answer::of(request.headers(headers.clone())).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// POST.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// PATCH with these operations.
    pub async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body =
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send(Method::PATCH, path, Some(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Charges of a directory's requests, and notes of its token's use, follow answers, and not every one: after this, none
    /// does for a minute, as long as no ten requests come.
    pub async fn settle(&self, deployment: &Deployment) {
        deployment.move_clock(61);
        let now = deployment.now();
        self.get("/Users?count=0").await.ok();
        let path = format!("/directories/{}/tokens", self.id);
        let is_noted = |tokens: &Value| {
            let used = tokens["data"][0]["last_used_at"].as_str().unwrap_or_default();
            DateTime::parse_from_rfc3339(used).is_ok_and(|used| used >= now)
        };
        for _ in 0..LOOKS {
            if is_noted(&deployment.api.get(&path).await.ok()) {
                return deployment.round_trips.quiet().await;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the use of the token was never noted");
    }

    /// Makes a user by a name that is an address; its id.
    pub async fn user(&self, name: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "externalId": format!("ext-{name}"),
            "name": { "givenName": "Ada", "familyName": "Lovelace" },
            "emails": [{ "value": name, "type": "work", "primary": true }],
            "active": true,
        });
        id(&self.post("/Users", &body).await.ok())
    }

    /// Makes a group with members; its id.
    pub async fn group(&self, name: &str, members: &[String]) -> String {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
        });
        id(&self.post("/Groups", &body).await.ok())
    }

    /// The ids of a group's members, sorted.
    pub async fn members(&self, group: &str) -> Vec<String> {
        let group = self.get(&format!("/Groups/{group}")).await.ok();
        let members = group["members"].as_array().into_iter().flatten();
        let mut ids: Vec<_> = members.map(|member| member["value"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_else(|| panic!("{resource}")).to_owned()
}
