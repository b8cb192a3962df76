//! What identity providers call back: the assertion consumer service, and the metadata by which they know us.

mod admission;
mod answer;
mod attempt;
mod bounce;
mod caller;
mod error;
mod events;
mod handlers;
mod message;
mod open_request;
mod refused;
mod sign_in;
mod test;
mod unsolicited;
mod words;

use axum::Router;
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{ACS_BODY_LIMIT, Edge, finish};

use handlers::{acs, metadata};

/// The function.
pub fn router(app: &App) -> Router {
    let router = Router::new()
        .route("/sso/saml/acs/{connection}", post(acs::consume))
        .route("/sso/saml/metadata/{connection}", get(metadata::show))
        .with_state(app.clone());
    finish(router, app, Edge { function: "acs", body_limit: ACS_BODY_LIMIT, face: |_path| Face::Page })
}
