//! The function `acs`.

use axum::Router;
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{ACS_BODY_LIMIT, Edge, finish};

/// The function's routes.
pub fn router(app: &App) -> Router {
    finish(Router::new(), app, Edge { function: "acs", body_limit: ACS_BODY_LIMIT, face: |_path| Face::Page })
}
