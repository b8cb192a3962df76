//! The Lambda runtime API, as the service offers it to one instance of a function (Lambda developer guide, "Using the
//! Lambda runtime API"): the instance asks for its next event, and posts an answer or an error.

use crate::template::{REGION, function_arn};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use portico_shared::domain::time::Clock;
use serde_json::Value as Json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// An event on its way to an instance.
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) event: Json,
    /// How long the function may take.
    pub(crate) timeout: Duration,
    /// Takes what the instance says: its answer, or its error.
    pub(crate) reply: oneshot::Sender<Result<Json, Json>>,
}

/// The API of one instance. Dropping it closes the port.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    pub(crate) invocations: mpsc::Sender<Invocation>,
    server: JoinHandle<()>,
}

struct Instance {
    logical_id: String,
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    /// The event that the instance works on. Lambda gives an instance one at a time.
    current: Mutex<Option<Current>>,
}

struct Current {
    request_id: String,
    reply: oneshot::Sender<Result<Json, Json>>,
}

impl RuntimeApi {
    /// Listens on a loopback port of its own.
    pub(crate) async fn start(logical_id: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (invocations, receiver) = mpsc::channel(1);
        let instance = Arc::new(Instance {
            logical_id: logical_id.to_owned(),
            invocations: tokio::sync::Mutex::new(receiver),
            current: Mutex::new(None),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{request_id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{request_id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(instance);
        let server = tokio::spawn(async move {
            if let Err(problem) = axum::serve(listener, router).await {
                tracing::error!(%problem, "a runtime API stopped");
            }
        });
        Ok(Self { address, invocations, server })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Instance {
    /// Hands the outcome to whoever waits for this request; false when nobody does.
    fn finish(&self, request_id: &str, outcome: Result<Json, Json>) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.take_if(|current| current.request_id == request_id) {
            Some(current) => current.reply.send(outcome).is_ok(),
            None => false,
        }
    }
}

async fn next(State(instance): State<Arc<Instance>>) -> Response {
    let Some(invocation) = instance.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let deadline = Clock::system().now() + invocation.timeout;
    let header = |name: &'static str, value: String| (HeaderName::from_static(name), value);
    let headers = [
        header("lambda-runtime-aws-request-id", invocation.request_id.clone()),
        header("lambda-runtime-deadline-ms", deadline.timestamp_millis().to_string()),
        header("lambda-runtime-invoked-function-arn", function_arn(&instance.logical_id)),
        header("lambda-runtime-trace-id", format!("Root={};Sampled=0", invocation.request_id)),
        header("content-type", "application/json".to_owned()),
    ];
    let current = Current { request_id: invocation.request_id, reply: invocation.reply };
    *instance.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
    (headers, invocation.event.to_string()).into_response()
}

async fn response(
    State(instance): State<Arc<Instance>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> StatusCode {
    match serde_json::from_slice(&body) {
        Ok(answer) => accepted(instance.finish(&request_id, Ok(answer))),
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

async fn error(
    State(instance): State<Arc<Instance>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let error = serde_json::from_slice(&body).unwrap_or_default();
    accepted(instance.finish(&request_id, Err(error)))
}

/// The instance could not start; its process ends next, which is what whoever waits learns.
async fn init_error(State(instance): State<Arc<Instance>>, body: Bytes) -> StatusCode {
    let error = String::from_utf8_lossy(&body);
    tracing::error!(function = instance.logical_id, %error, "the function does not start");
    StatusCode::ACCEPTED
}

fn accepted(known: bool) -> StatusCode {
    if known { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }
}

/// The variables that Lambda sets beside the function's own.
pub(crate) fn lambda_variables(
    logical_id: &str,
    memory_megabytes: u64,
    api: SocketAddr,
) -> [(&'static str, String); 9] {
    [
        ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", logical_id.to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_megabytes.to_string()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{logical_id}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/{}", api.port())),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("TZ", ":UTC".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const RUNTIME: &str = "2018-06-01/runtime/invocation";

    async fn invoke(api: &RuntimeApi, id: &str, event: Json) -> oneshot::Receiver<Result<Json, Json>> {
        let (reply, outcome) = oneshot::channel();
        let invocation =
            Invocation { request_id: id.to_owned(), event, timeout: Duration::from_secs(10), reply };
        api.invocations.send(invocation).await.unwrap();
        outcome
    }

    /// What a function's runtime does with one event: takes it, and posts to `…/response` or `…/error`.
    async fn function(api: SocketAddr, verdict: &str) -> (reqwest::header::HeaderMap, Json, u16) {
        let client = reqwest::Client::new();
        let event = client.get(format!("http://{api}/{RUNTIME}/next")).send().await.unwrap();
        let headers = event.headers().clone();
        let id = headers["lambda-runtime-aws-request-id"].to_str().unwrap().to_owned();
        let body = event.text().await.unwrap();
        let posted =
            client.post(format!("http://{api}/{RUNTIME}/{id}/{verdict}")).body(body.clone()).send().await;
        (headers, serde_json::from_str(&body).unwrap(), posted.unwrap().status().as_u16())
    }

    #[tokio::test]
    async fn an_instance_takes_an_event_and_its_answer_reaches_the_caller() {
        let api = RuntimeApi::start("SsoFunction").await.unwrap();
        let outcome = invoke(&api, "id-1", json!({ "hello": 1 })).await;
        let (headers, event, status) = function(api.address, "response").await;
        assert_eq!((event, status), (json!({ "hello": 1 }), 202));
        assert_eq!(outcome.await.unwrap(), Ok(json!({ "hello": 1 })));
        assert_eq!(
            headers["lambda-runtime-invoked-function-arn"],
            "arn:aws:lambda:eu-west-1:000000000000:function:SsoFunction"
        );
        let deadline: i64 = headers["lambda-runtime-deadline-ms"].to_str().unwrap().parse().unwrap();
        assert!(deadline > Clock::system().now().timestamp_millis());
    }

    #[tokio::test]
    async fn an_error_reaches_the_caller_and_the_next_event_is_served() {
        let api = RuntimeApi::start("SsoFunction").await.unwrap();
        let failed = invoke(&api, "id-1", json!({ "errorMessage": "no" })).await;
        function(api.address, "error").await;
        assert_eq!(failed.await.unwrap(), Err(json!({ "errorMessage": "no" })));
        let served = invoke(&api, "id-2", json!(2)).await;
        function(api.address, "response").await;
        assert_eq!(served.await.unwrap(), Ok(json!(2)));
    }

    #[tokio::test]
    async fn an_answer_to_a_request_that_nobody_made_is_refused() {
        let api = RuntimeApi::start("SsoFunction").await.unwrap();
        let url = format!("http://{}/{RUNTIME}/unknown/response", api.address);
        let refused = reqwest::Client::new().post(url).body("{}").send().await.unwrap();
        assert_eq!(refused.status(), 400);
    }
}
