//! The REST API as an application's back end calls it, without an SDK.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use url::form_urlencoded::Serializer;

/// A caller with an API key.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base_url: String,
    key: String,
}

/// An answer of the API, read.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its JSON; a string where it is none.
    pub body: Value,
}

impl Api {
    /// The API at this address, by this key.
    pub fn new(base_url: &str, key: &str) -> Self {
        Self { http: Client::new(), base_url: base_url.to_owned(), key: key.to_owned() }
    }

    /// The same API by another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self.clone() }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(with_json(self.request(Method::POST, path), body)).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::of(with_json(self.request(Method::PUT, path), body)).await
    }

    /// PATCH with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::of(with_json(self.request(Method::PATCH, path), body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// A request with the key, for what the methods above don't send.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url)).bearer_auth(&self.key)
    }

    /// A POST of a form without the key, as OAuth clients send it.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Answer::of(with_form(self.http.post(format!("{}{path}", self.base_url)), fields)).await
    }
}

fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/json").body(body.to_string())
}

/// A request with a form for its body.
pub(crate) fn with_form(
    request: RequestBuilder,
    fields: &[(impl AsRef<str>, impl AsRef<str>)],
) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(query(fields))
}

/// A query string, or the body of a form.
pub fn query(pairs: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl Answer {
    /// Sends a request and reads the answer.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// The JSON of an answer that must be a success.
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// A header as text; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
