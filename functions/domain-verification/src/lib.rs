//! Domains of organizations: claimed, proved by DNS, and looked at again for as long as they are owned.
//!
//! `look` asks DNS, `settle` decides what that means and writes it; an API call and the schedule's `sweep` do both alike.
//! The rules of a claim's life are `portico_shared::domain::domain_check`.

mod error;
mod handlers;
mod look;
mod ownership;
mod settle;
mod sweep;
mod view;

use axum::Router;
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{Edge, finish};

use handlers::organization_domains;
pub use sweep::{Swept, sweep};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// Every route of the function.
pub fn router(app: &App) -> Router {
    let router = Router::new()
        .route("/organization_domains", post(organization_domains::create))
        .route(
            "/organization_domains/{id}",
            get(organization_domains::find).delete(organization_domains::delete),
        )
        .route("/organization_domains/{id}/verify", post(organization_domains::verify))
        .with_state(app.clone());
    finish(
        router,
        app,
        Edge { function: "domain-verification", body_limit: BODY_LIMIT, face: |_path| Face::Rest },
    )
}
