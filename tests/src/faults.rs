//! Faults of DynamoDB: while they last, a function's requests go to a server that answers as DynamoDB does when it
//! throttles.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, header};
use tokio::net::TcpListener;

const THROTTLED: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate of requests exceeds the allowed throughput."}"#;

/// What is wrong with DynamoDB at the moment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Faults {
    throttling: String,
    throttled: Arc<Mutex<HashSet<String>>>,
}

impl Faults {
    /// No fault yet; starts the server that throttles.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let throttling = format!("http://{}/", listener.local_addr().unwrap());
        let answer = || async {
            (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], THROTTLED)
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await.unwrap() });
        Self { throttling, throttled: Arc::default() }
    }

    /// From now on DynamoDB throttles this function (a binary's name), each attempt of the SDK included.
    pub fn throttle(&self, function: &str) {
        self.throttled.lock().unwrap().insert(function.to_owned());
    }

    /// DynamoDB is well again.
    pub fn end(&self) {
        self.throttled.lock().unwrap().clear();
    }

    /// Where the function's requests go instead, if they do.
    pub(crate) fn detour(&self, function: &str) -> Option<&str> {
        self.throttled.lock().unwrap().contains(function).then_some(self.throttling.as_str())
    }
}
