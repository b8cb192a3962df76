//! The REST API as the seeding calls it: over HTTP, with the API key, as anybody's back end would.

use crate::stack::Stack;
use reqwest::Method;
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};

/// A caller with an API key.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    base_url: String,
    key: String,
}

/// Why a call brought no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The API was not reached, or didn't answer in JSON.
    #[error("{call}: {problem}")]
    Transport {
        /// Method and path.
        call: String,
        /// What went wrong.
        problem: reqwest::Error,
    },
    /// The API refused.
    #[error("{call} was answered by {status}: {body}")]
    Refused {
        /// Method and path.
        call: String,
        /// The status code.
        status: u16,
        /// The body, which says why.
        body: String,
    },
    /// The answer lacks a member.
    #[error("the answer to {call} has no {member}")]
    Incomplete {
        /// Method and path.
        call: String,
        /// The member that was looked for.
        member: String,
    },
}

/// An answer, and the call it answers.
#[derive(Debug)]
pub(crate) struct Answer {
    call: String,
    pub(crate) body: Json,
}

impl Answer {
    /// The text at a JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> Result<String, ApiError> {
        let found = self.body.pointer(pointer).and_then(Json::as_str).map(str::to_owned);
        found.ok_or_else(|| ApiError::Incomplete { call: self.call.clone(), member: pointer.to_owned() })
    }
}

impl Api {
    pub(crate) fn new(stack: &Stack, key: String) -> Self {
        Self { client: loopback_client(), base_url: stack.local_url(), key }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, ApiError> {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Json) -> Result<Answer, ApiError> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Json) -> Result<Answer, ApiError> {
        self.call(Method::PATCH, path, Some(body)).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Json>) -> Result<Answer, ApiError> {
        let call = format!("{method} {path}");
        let transport = |problem| ApiError::Transport { call: call.clone(), problem };
        let mut request =
            self.client.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(transport)?;
        let status = response.status();
        let text = response.text().await.map_err(transport)?;
        if !status.is_success() {
            return Err(ApiError::Refused { call, status: status.as_u16(), body: text });
        }
        Ok(Answer { call, body: serde_json::from_str(&text).unwrap_or_else(|_| json!(null)) })
    }
}

/// A client for this machine only: whatever proxy the environment names is none of its business.
pub(crate) fn loopback_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap_or_default()
}
