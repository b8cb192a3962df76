//! A function's way in: events from the Lambda runtime, of which HTTP requests are one kind.
//!
//! `main.rs` of a plain function ends in [`serve`]; one that takes other events too ends in [`serve_events`] and a match
//! over [`Event`]. The local program and the tests make the same events and call [`answer`].

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::Response;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::lambda_runtime::{Runtime, layers::TracingLayer};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, Error, LambdaEvent, Service, service_fn};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use tower::util::{MapResponse, ThenLayer};

use super::after_answer::AfterAnswer;

/// What a function is invoked with.
#[derive(Debug)]
pub enum Event {
    /// A request through API Gateway (HTTP API, payload format 2.0).
    Http(Box<ApiGatewayV2httpRequest>),
    /// A command of the cloud team, invoked directly under IAM: the value of `portico_admin`.
    Admin(Value),
    /// The function's schedule: `{"portico_schedule": true}`.
    Schedule,
}

impl Event {
    /// Reads an event. `portico_admin` and `portico_schedule` count only at the top, which API Gateway writes itself: the
    /// same JSON posted over HTTP arrives inside `body`.
    ///
    /// # Errors
    /// The event is of no kind.
    pub fn parse(payload: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Envelope {
            portico_admin: Option<Value>,
            #[serde(default)]
            portico_schedule: bool,
            #[serde(rename = "requestContext")]
            request_context: Option<IgnoredAny>,
        }
        match serde_json::from_str(payload)? {
            Envelope { request_context: Some(_), .. } => Ok(Self::Http(serde_json::from_str(payload)?)),
            Envelope { portico_admin: Some(command), .. } => Ok(Self::Admin(command)),
            Envelope { portico_schedule: true, .. } => Ok(Self::Schedule),
            Envelope { .. } => {
                Err("expected an API Gateway request or an object with portico_admin or portico_schedule"
                    .into())
            }
        }
    }
}

/// A function's answer to an event.
#[derive(Debug)]
pub struct Answer {
    /// What the invoker gets.
    pub payload: Value,
    /// What is to be done once the invoker has got it.
    pub after: Option<AfterAnswer>,
}

impl From<Value> for Answer {
    fn from(payload: Value) -> Self {
        Self { payload, after: None }
    }
}

/// Runs a function that takes HTTP requests and nothing else.
///
/// # Errors
/// Those of the Lambda runtime; it runs until the environment is shut down.
pub async fn serve(router: Router) -> Result<(), Error> {
    serve_events(|event| async {
        match event {
            Event::Http(request) => answer(router.clone(), *request).await,
            Event::Admin(_) | Event::Schedule => Err("this function takes nothing but requests".into()),
        }
    })
    .await
}

/// Runs a function that takes every [`Event`]. What `handler` answers is the invocation's result; what is to be done after
/// it is done once the runtime API has taken the result. Lambda gives an instance one event at a time.
///
/// # Errors
/// Those of the Lambda runtime; it runs until the environment is shut down.
pub async fn serve_events<H, F>(handler: H) -> Result<(), Error>
where
    H: Fn(Event) -> F,
    F: Future<Output = Result<Answer, Error>>,
{
    let (handler, waiting) = (&handler, &Mutex::new(None::<AfterAnswer>));
    let keep = |after| {
        if let Ok(mut waiting) = waiting.lock() {
            *waiting = after;
        }
    };
    let function = service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        let answer = handler(Event::parse(event.payload.get())?).await?;
        keep(answer.after);
        Ok::<_, Error>(answer.payload)
    });
    let posted = |posted: Result<(), Error>| async move {
        let after = waiting.lock().ok().and_then(|mut waiting| waiting.take());
        if let Some(after) = after.filter(|_| posted.is_ok()) {
            after.run().await;
        }
        posted
    };
    Runtime::new(function).layer(TracingLayer::new()).layer(ThenLayer::new(posted)).run().await
}

/// Answers an API Gateway request by `router`, in the form that API Gateway takes.
///
/// # Errors
/// The event isn't one that API Gateway sends: its body is said to be base 64 and isn't, or its address is too long.
pub async fn answer(router: Router, request: ApiGatewayV2httpRequest) -> Result<Answer, Error> {
    let request = LambdaRequest::ApiGatewayV2(tame(request)?);
    let after = Arc::new(Mutex::new(None));
    let kept = after.clone();
    // An event's answer has no extensions.
    let router = MapResponse::new(router, move |mut response: Response| {
        if let Ok(mut kept) = kept.lock() {
            *kept = AfterAnswer::detach(&mut response);
        }
        response
    });
    // Apart from its await, so that the adapter, which is not Send, does not live across it.
    let response = Adapter::from(router).call(LambdaEvent::new(request, Context::default()));
    let payload = serde_json::to_value(response.await?)?;
    let after = after.lock().ok().and_then(|mut after| after.take());
    Ok(Answer { payload, after })
}

/// The characters that a query may not have as they are (RFC 3986 §3.4), apart from those that are harmless in practice.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'\\')
    .add(b'^')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The longest path and query together, in bytes; API Gateway's own limit is 10,240 for the request line and the headers.
const LONGEST_ADDRESS: usize = 32 * 1024;

/// Takes from an event what lambda_http would choke on: it builds a URL from the Host header, path and query, and unwraps.
/// Nothing of ours reads the host.
fn tame(mut request: ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpRequest, Error> {
    request.headers.remove(http::header::HOST);
    request.request_context.domain_name = None;
    let path = request.raw_path.take().unwrap_or_default();
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    let query = request.raw_query_string.take().unwrap_or_default();
    let query = utf8_percent_encode(&query, QUERY).to_string();
    if path.len() * 3 + query.len() > LONGEST_ADDRESS {
        return Err("the address is too long".into());
    }
    request.raw_path = Some(path);
    request.raw_query_string = Some(query);
    if request.is_base64_encoded {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(request.body.as_deref().unwrap_or_default())?;
    }
    Ok(request)
}

#[cfg(test)]
mod tests;
