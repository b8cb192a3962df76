//! The function `sso`.

use axum::Router;
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{BODY_LIMIT, Edge, finish};

/// The function's routes.
pub fn router(app: &App) -> Router {
    finish(Router::new(), app, Edge { function: "sso", body_limit: BODY_LIMIT, face: |_path| Face::Page })
}
