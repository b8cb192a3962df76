//! What every request of every function passes through: its id, its limit, its headers, its log line.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tracing::Instrument;

use super::error::{ErrorCode, Face, Trouble};
use super::request_id;
use crate::app::App;

/// The body limit of the assertion consumer service, in bytes.
pub const ACS_BODY_LIMIT: usize = 256 * 1024;

/// The body limit of everything else so far, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a function says about its edge.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// The function's name in log lines, such as `acs`.
    pub function: &'static str,
    /// The largest body, in bytes; a larger one is answered by 413 before anything is parsed.
    pub body_limit: usize,
    /// In which form the caller of a path reads errors that are met before a handler: 404, 405, 413.
    pub face: fn(path: &str) -> Face,
}

struct Inner {
    app: App,
    edge: Edge,
}

/// Finishes a function's router: fallbacks for unknown paths and methods, then the layer that every request passes. Call it
/// last, once, on the router with its state.
pub fn finish(router: Router, app: &App, edge: Edge) -> Router {
    let inner = Arc::new(Inner { app: app.clone(), edge });
    router
        .fallback(move |request: Request| async move {
            (edge.face)(request.uri().path()).response(Trouble::NoRoute)
        })
        .method_not_allowed_fallback(move |request: Request| async move {
            (edge.face)(request.uri().path()).response(Trouble::WrongMethod)
        })
        .layer(from_fn_with_state(inner, pass))
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let Inner { app, edge } = &*inner;
    let started = app.clock().now();
    let id = request_id::of(request.extensions(), app.rng());
    // The route's template, never the path: paths have ids in them, queries have secrets.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let face = (edge.face)(request.uri().path());
    // At the level of errors, so that the id stands in every line that is written at all.
    let span = tracing::error_span!("request", request_id = %id);

    let answer = async {
        let mut response = match bounded(request, edge.body_limit).await {
            Ok(request) => next.run(request).await,
            Err(trouble) => face.response(trouble),
        };
        secure(response.headers_mut(), !app.config().public_url.is_loopback_http());
        let error_code = response.extensions().get::<ErrorCode>().map(|code| code.0.clone());
        tracing::info!(
            function = edge.function,
            route,
            method = %method,
            status = response.status().as_u16(),
            duration_ms = (app.clock().now() - started).num_milliseconds(),
            error_code,
            "request"
        );
        response
    };
    let mut response = request_id::scope(id.clone(), answer.instrument(span)).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The same request with its body read whole, if that is within `limit`.
async fn bounded(request: Request, limit: usize) -> Result<Request, Trouble> {
    let (parts, body) = request.into_parts();
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(Request::from_parts(parts, Body::from(collected.to_bytes()))),
        Err(error) if error.is::<LengthLimitError>() => Err(Trouble::BodyTooLarge { limit }),
        Err(_) => Err(Trouble::BodyIncomplete),
    }
}

/// Headers for every answer; what a handler has set stays.
fn secure(headers: &mut HeaderMap, https: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CACHE_CONTROL, "no-store");
    default(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(header::REFERRER_POLICY, "no-referrer");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if https {
        default(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000");
    }
}

#[cfg(test)]
mod tests;
