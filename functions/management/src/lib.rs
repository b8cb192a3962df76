//! The function `management`.

use axum::Router;
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{BODY_LIMIT, Edge, finish};

/// The function's routes.
pub fn router(app: &App) -> Router {
    finish(
        Router::new(),
        app,
        Edge { function: "management", body_limit: BODY_LIMIT, face: |_path| Face::Rest },
    )
}

/// Carries out a command of the cloud team: the value of `portico_admin`.
pub async fn admin(_app: &App, command: serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "error": format!("there is no command {command}") })
}
