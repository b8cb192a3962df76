//! DynamoDB that throttles when it is told to: the call goes to an address that answers as a throttled table does.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;

/// Which operation is throttled, such as `TransactWriteItems`; and what was sent so far.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    operation: Arc<Mutex<Option<&'static str>>>,
    sent: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Throttle {
    pub(crate) async fn start() -> Self {
        let busy =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Slow down"}"#;
        let router = Router::new().fallback(any(move || async move { (StatusCode::BAD_REQUEST, busy) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { operation: Arc::default(), sent: Arc::default(), address }
    }

    pub(crate) fn set(&self, operation: Option<&'static str>) {
        *self.operation.lock().unwrap() = operation;
    }

    /// The operations sent since the last call, in order.
    pub(crate) fn take_sent(&self) -> Vec<String> {
        std::mem::take(&mut *self.sent.lock().unwrap())
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
        if *self.operation.lock().unwrap() == Some(operation.as_str()) {
            request.set_uri(self.address.as_str())?;
        }
        self.sent.lock().unwrap().push(operation);
        Ok(())
    }
}
