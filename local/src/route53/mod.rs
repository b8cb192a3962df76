//! A stand-in for Amazon Route 53 over this machine's zones: the operations by which a TXT record is published, in its
//! REST API's XML, with its refusals. It is stricter than it need be where others are laxer than Route 53: a value that
//! is not quoted is refused, and a list starts at a name instead of finding it.
//!
//! A change is listed at once. The name server answers from it when GetChange says `INSYNC`, or after a minute.

mod answers;
mod error;
mod faults;
mod operations;
mod request;

pub use faults::Faults;

use crate::dns::{ZoneId, Zones};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use error::ServiceError;
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How many changes are remembered; then all are forgotten.
const KEPT: usize = 10_000;

/// The stand-in. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Route53(Arc<Inner>);

struct Inner {
    zones: Zones,
    clock: Clock,
    rng: Rng,
    faults: Faults,
    changes: Mutex<BTreeMap<String, Submitted>>,
}

/// A change that was accepted.
#[derive(Clone)]
struct Submitted {
    zone: ZoneId,
    at: DateTime<Utc>,
    comment: Option<String>,
    /// How often it was asked after.
    asked: u32,
    insync: bool,
}

impl Route53 {
    /// A stand-in that changes `zones`.
    pub fn new(zones: Zones, clock: Clock, rng: Rng) -> Self {
        Self(Arc::new(Inner { zones, clock, rng, faults: Faults::default(), changes: Mutex::default() }))
    }

    /// What it does wrong.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Serves at `address`; port 0 is any free one.
    ///
    /// # Errors
    /// The address is taken.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<Route53Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let router = self.router();
        let server = tokio::spawn(async move {
            if let Err(problem) = axum::serve(listener, router).await {
                tracing::error!(%problem, "the stand-in for Route 53 stopped");
            }
        });
        Ok(Route53Server { address, server })
    }

    /// The HTTP face.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/2013-04-01/hostedzone/{id}", get(operations::get_hosted_zone))
            .route(
                "/2013-04-01/hostedzone/{id}/rrset",
                get(operations::list_resource_record_sets).post(operations::change_resource_record_sets),
            )
            .route("/2013-04-01/hostedzonesbyname", get(operations::list_hosted_zones_by_name))
            .route("/2013-04-01/change/{id}", get(operations::get_change))
            .fallback(unknown)
            .method_not_allowed_fallback(unknown)
            .layer(middleware::from_fn_with_state(self.clone(), admit))
            .with_state(self.clone())
    }

    /// An answer as Route 53 sends it.
    fn respond(&self, answer: Result<String, ServiceError>) -> Response {
        let request_id = hex::encode(self.0.rng.bytes::<16>());
        let (status, body) = match answer {
            Ok(body) => (StatusCode::OK, body),
            Err(problem) => (problem.status(), problem.body(&request_id)),
        };
        let headers =
            [(header::CONTENT_TYPE.as_str(), "text/xml"), ("x-amzn-requestid", request_id.as_str())];
        (status, headers, body).into_response()
    }

    fn changes(&self) -> MutexGuard<'_, BTreeMap<String, Submitted>> {
        self.0.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Route53 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Route53")
    }
}

/// A stand-in that listens. It ends when it is dropped.
#[derive(Debug)]
pub struct Route53Server {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Route53Server {
    /// What an SDK takes as its endpoint.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Route53Server {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What is refused before it is looked at.
async fn admit(State(route53): State<Route53>, request: Request, next: Next) -> Response {
    if route53.0.faults.throttles() {
        return route53.respond(Err(ServiceError::Throttling));
    }
    if route53.0.faults.denies() {
        return route53.respond(Err(ServiceError::AccessDenied));
    }
    next.run(request).await
}

async fn unknown(State(route53): State<Route53>) -> Response {
    route53.respond(Err(ServiceError::InvalidAction))
}

#[cfg(test)]
mod tests;
