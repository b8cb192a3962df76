//! The front door: an HTTP server that does what an API Gateway HTTP API does. Each request becomes an event for the
//! function of its route, each answer an HTTP response, within API Gateway's limits.

use crate::delivered::Delivered;
use crate::events::{self, Incoming};
use crate::lambda::{Functions, InvokeError};
use crate::routes::Routes;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;

/// API Gateway's limit for a request's body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// API Gateway's limit for the request line and all header values together, in bytes.
const HEAD_LIMIT: usize = 10_240;

/// The header in which API Gateway names the request in every answer, its own among them.
const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// What the front door needs to answer a request.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) routes: Routes,
    pub(crate) functions: Arc<Functions>,
    /// Of the public URL: `http` or `https`.
    pub(crate) scheme: String,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
}

/// What API Gateway answers by itself.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    NoRoute,
    BadRequest,
    BodyTooLarge,
    HeadTooLarge,
    FunctionFailed,
    FunctionTooSlow,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, "Not Found"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "Bad Request"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
            Self::HeadTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large")
            }
            Self::FunctionFailed => (StatusCode::BAD_GATEWAY, "Internal Server Error"),
            Self::FunctionTooSlow => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        };
        (status, [(CONTENT_TYPE, "application/json")], json!({ "message": message }).to_string())
            .into_response()
    }
}

impl Gateway {
    /// The server's router. It has no routes of its own: template.yaml has them.
    pub(crate) fn router(self) -> Router {
        Router::new().fallback(serve).with_state(Arc::new(self))
    }
}

async fn serve(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let request_id = hex::encode(gateway.rng.bytes::<16>());
    let answer = gateway.answer(source, request, &request_id).await;
    let mut response = answer.unwrap_or_else(Refusal::into_response);
    if let Ok(id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

impl Gateway {
    async fn answer(
        &self,
        source: SocketAddr,
        request: Request,
        request_id: &str,
    ) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        if head_length(&head.uri, &head.headers) > HEAD_LIMIT {
            return Err(Refusal::HeadTooLarge);
        }
        check_host(&head.headers)?;
        let path = events::decoded_path(head.uri.path()).ok_or(Refusal::BadRequest)?;
        let found = self.routes.find(head.method.as_str(), &path).ok_or(Refusal::NoRoute)?;
        let body = read(body).await?;
        let event = events::event(
            &Incoming {
                method: &head.method,
                version: head.version,
                path: &path,
                query: head.uri.query().unwrap_or_default(),
                headers: &head.headers,
                body: &body,
                source: source.ip(),
                scheme: &self.scheme,
                request_id,
                time: self.clock.now(),
            },
            &found,
        );
        let invocation = self.functions.invoke(&found.route.function, event);
        let answer = match tokio::time::timeout(found.route.timeout, invocation).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(problem)) => return Err(refusal(&found.route.key, &problem)),
            Err(_) => return Err(Refusal::FunctionTooSlow),
        };
        let response = events::response(answer.payload).map_err(|problem| {
            tracing::error!(route = found.route.key, %problem, "the function's answer is not in API Gateway's format");
            Refusal::FunctionFailed
        })?;
        Ok(response.map(|body| Body::new(Delivered::new(body, answer.after))))
    }
}

fn refusal(route: &str, problem: &InvokeError) -> Refusal {
    tracing::error!(route, %problem, "the function gave no answer");
    match problem {
        // The event is larger than the body: API Gateway's limit is above Lambda's.
        InvokeError::EventTooLarge(_) => Refusal::BodyTooLarge,
        InvokeError::TimedOut(_) => Refusal::FunctionTooSlow,
        _ => Refusal::FunctionFailed,
    }
}

fn head_length(uri: &http::Uri, headers: &HeaderMap) -> usize {
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() + target
}

/// API Gateway answers only for the names of its certificate, so a function never sees a Host that is no host.
fn check_host(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).ok_or(Refusal::BadRequest)?;
    let authority: http::uri::Authority = host.parse().map_err(|_| Refusal::BadRequest)?;
    let is_host = url::Url::parse(&format!("http://{host}/")).is_ok() && !authority.as_str().contains('@');
    is_host.then_some(()).ok_or(Refusal::BadRequest)
}

async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(problem) if problem.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BadRequest),
    }
}

#[cfg(test)]
mod tests;
