//! `portal-link`: links into the admin portal, for the SaaS back end to hand out. What they open is the function `portal`.

mod error;
mod handlers;
mod input;

use axum::Router;
use axum::routing::{delete, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{BODY_LIMIT, Edge, finish};

use handlers::{in_app, shareable};

/// The function's routes.
pub fn router(app: &App) -> Router {
    let router = Router::new()
        .route("/portal/generate_link", post(in_app::generate))
        .route("/portal/revoke_link", post(in_app::revoke))
        .route("/portal/links", post(shareable::create))
        .route("/portal/links/{id}", delete(shareable::revoke))
        .with_state(app.clone());
    finish(router, app, Edge { function: "portal-link", body_limit: BODY_LIMIT, face: |_path| Face::Rest })
}
