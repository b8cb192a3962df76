//! DynamoDB that throttles, or reports conflicts, when it is told to: the call goes to an address that answers as such a
//! table does.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;

const BUSY: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Slow down"}"#;
const CONFLICT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]",
    "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}"#;

/// What is answered in the table's place, and what was sent so far.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    throttled: Arc<Mutex<Option<&'static str>>>,
    conflicts: Arc<Mutex<usize>>,
    sent: Arc<Mutex<Vec<String>>>,
    refused: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Throttle {
    pub(crate) async fn start() -> Self {
        let refused: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = refused.clone();
        let conflict = move |body: String| async move {
            seen.lock().unwrap().push(body);
            (StatusCode::BAD_REQUEST, CONFLICT)
        };
        let busy = || async { (StatusCode::BAD_REQUEST, BUSY) };
        let router = Router::new().route("/busy", post(busy)).route("/conflict", post(conflict));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { throttled: Arc::default(), conflicts: Arc::default(), sent: Arc::default(), refused, address }
    }

    /// Throttles an operation, such as `TransactWriteItems`, until further notice.
    pub(crate) fn set(&self, operation: Option<&'static str>) {
        *self.throttled.lock().unwrap() = operation;
    }

    /// Has the next transactions meet another one.
    pub(crate) fn conflict(&self, times: usize) {
        *self.conflicts.lock().unwrap() = times;
    }

    /// The operations sent since the last call, in order.
    pub(crate) fn take_sent(&self) -> Vec<String> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }

    /// The transactions that met another one since the last call, in order.
    pub(crate) fn take_conflicts(&self) -> Vec<String> {
        std::mem::take(&mut *self.refused.lock().unwrap())
    }

    fn meets_another(&self, operation: &str) -> bool {
        let mut left = self.conflicts.lock().unwrap();
        let meets = operation == "TransactWriteItems" && *left > 0;
        *left -= usize::from(meets);
        meets
    }
}

impl Intercept for Throttle {
    fn name(&self) -> &'static str {
        "Throttle"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.split('.').next_back().unwrap_or_default().to_owned();
        if *self.throttled.lock().unwrap() == Some(operation.as_str()) {
            request.set_uri(format!("{}/busy", self.address))?;
        } else if self.meets_another(&operation) {
            request.set_uri(format!("{}/conflict", self.address))?;
        }
        self.sent.lock().unwrap().push(operation);
        Ok(())
    }
}
