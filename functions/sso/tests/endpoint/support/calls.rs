//! What goes to DynamoDB: counted, those calls that run side by side as one; and throttled, if a test wants that.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use axum::Router;
use http::StatusCode;

#[derive(Debug, Default)]
struct State {
    running: usize,
    trips: usize,
    operations: Vec<String>,
    throttled: Option<&'static str>,
}

/// The calls of one site.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    state: Arc<Mutex<State>>,
    busy: String,
}

impl Calls {
    /// Serves a table that is too busy, for the calls that are to be throttled.
    pub(crate) async fn start() -> Self {
        let answer =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Slow down"}"#;
        let router = Router::new().fallback(move || async move { (StatusCode::BAD_REQUEST, answer) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let busy = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { state: Arc::default(), busy }
    }

    /// The round trips since the last call.
    pub(crate) fn take(&self) -> usize {
        std::mem::take(&mut self.state.lock().unwrap().trips)
    }

    /// The operations since the last call, such as `PutItem`.
    pub(crate) fn take_operations(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().operations)
    }

    /// Throttles an operation, such as `PutItem`, from now on.
    pub(crate) fn throttle(&self, operation: Option<&'static str>) {
        self.state.lock().unwrap().throttled = operation;
    }
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut state = self.state.lock().unwrap();
        if state.running == 0 {
            state.trips += 1;
        }
        state.running += 1;
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.split('.').next_back().unwrap_or_default().to_owned();
        let mut state = self.state.lock().unwrap();
        if state.throttled == Some(operation.as_str()) {
            request.set_uri(self.busy.as_str())?;
        }
        state.operations.push(operation);
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.state.lock().unwrap().running -= 1;
        Ok(())
    }
}
