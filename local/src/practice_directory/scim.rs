//! One request after another to a directory, each kept with what came back.

use std::sync::{Arc, Mutex};

use crate::api::loopback_client;
use reqwest::Method;
use serde_json::{Value as Json, json};

/// A request and its answer, as people read them.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// Method and address below the endpoint.
    pub(crate) request: String,
    /// The body that was sent; empty where there was none.
    pub(crate) sent: String,
    /// The status, and the body that came back.
    pub(crate) status: u16,
    pub(crate) got: String,
}

/// The endpoint of a directory, with its token. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Scim {
    client: reqwest::Client,
    endpoint: String,
    token: String,
}

/// A provider at work.
pub(crate) struct Session<'s> {
    scim: &'s Scim,
    agent: &'static str,
    said: Arc<Mutex<Vec<Exchange>>>,
}

impl Scim {
    pub(crate) fn new(endpoint: String, token: String) -> Self {
        Self { client: loopback_client(), endpoint, token }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A provider that calls itself so.
    pub(crate) fn session(&self, agent: &'static str) -> Session<'_> {
        Session { scim: self, agent, said: Arc::default() }
    }
}

impl Session<'_> {
    /// Sends a request; its answer's JSON, `null` where there is none.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let Scim { client, endpoint, token } = self.scim;
        let mut request = client
            .request(method.clone(), format!("{endpoint}{path}"))
            .bearer_auth(token)
            .header("user-agent", self.agent)
            .header("accept", "application/scim+json");
        if let Some(body) = &body {
            request =
                request.header("content-type", "application/scim+json; charset=utf-8").body(body.to_string());
        }
        let (status, text) = match request.send().await {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
            Err(problem) => (0, problem.to_string()),
        };
        let got: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
        let exchange = Exchange {
            request: format!("{method} {path}"),
            sent: body.as_ref().map(pretty).unwrap_or_default(),
            status,
            got: if got.is_null() { text } else { pretty(&got) },
        };
        if let Ok(mut said) = self.said.lock() {
            said.push(exchange);
        }
        got
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Json {
        self.send(Method::GET, path, None).await
    }

    /// PATCH with these operations.
    pub(crate) async fn patch(&self, path: &str, operations: Json) -> Json {
        let body =
            json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// All that was said.
    pub(crate) fn into_exchanges(self) -> Vec<Exchange> {
        self.said.lock().map(|said| said.clone()).unwrap_or_default()
    }
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}
