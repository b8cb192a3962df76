//! Domains of organizations: claimed, proved by DNS, and looked at again for as long as they are owned.
//!
//! What a claim is and how it is looked at: `portico_shared::operations::domains`.

mod error;
mod handlers;
mod sweep;
mod view;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::aws::route53_client;
use portico_shared::net::route53::{HostedZoneId, Route53};
use portico_shared::web::error::Face;
use portico_shared::web::layers::{Edge, finish};

use handlers::{dns_records, organization_domains};
pub use sweep::{Swept, sweep};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// What the handlers have.
#[derive(Clone)]
struct Domains {
    app: App,
    route53: Route53,
}

impl FromRef<Domains> for App {
    fn from_ref(domains: &Domains) -> Self {
        domains.app.clone()
    }
}

impl FromRef<Domains> for Route53 {
    fn from_ref(domains: &Domains) -> Self {
        domains.route53.clone()
    }
}

/// Every route of the function.
pub fn router(app: &App) -> Router {
    let zones =
        app.config().dns.hosted_zones.iter().filter_map(|zone| HostedZoneId::parse(zone).ok()).collect();
    let domains = Domains { app: app.clone(), route53: Route53::new(route53_client(app.aws(), None), zones) };
    let router = Router::new()
        .route("/organization_domains", post(organization_domains::create))
        .route(
            "/organization_domains/{id}",
            get(organization_domains::find).delete(organization_domains::delete),
        )
        .route("/organization_domains/{id}/verify", post(organization_domains::verify))
        .route(
            "/organization_domains/{id}/dns_record",
            post(dns_records::publish).delete(dns_records::withdraw),
        )
        .with_state(domains);
    finish(
        router,
        app,
        Edge { function: "domain-verification", body_limit: BODY_LIMIT, face: |_path| Face::Rest },
    )
}
