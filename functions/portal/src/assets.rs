//! The stylesheet and the script, under addresses that change with their content: a browser keeps them for a year.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use portico_shared::app::App;

use crate::error::RouteError;

const STYLE: &str = include_str!("../assets/portal.css");
const SCRIPT: &str = include_str!("../assets/portal.js");

/// The first half of the hash of all that the pages load, but for the accent, which is in the address itself.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(STYLE.as_bytes());
    context.update(SCRIPT.as_bytes());
    context.update(include_str!("accent.rs").as_bytes());
    let whole = hex::encode(context.finish());
    whole.chars().take(32).collect()
});

/// The address of an asset.
pub(crate) fn path(name: &str) -> String {
    format!("/portal/assets/{}/{name}", *VERSION)
}

/// The address of the stylesheet with the deployment's accent; none where it has none.
pub(crate) fn accent_path(app: &App) -> Option<String> {
    let accent = app.config().portal.accent.as_deref()?;
    Some(path(&format!("accent-{}.css", accent.trim_start_matches('#').to_ascii_lowercase())))
}

/// `GET /portal/assets/{version}/{name}`
pub(crate) async fn serve(
    State(app): State<App>,
    Path((version, name)): Path<(String, String)>,
) -> Result<Response, RouteError> {
    if version != *VERSION {
        return Err(RouteError::NotFound);
    }
    let (kind, body) = match name.as_str() {
        "portal.css" => ("text/css; charset=utf-8", STYLE.to_owned()),
        "portal.js" => ("text/javascript; charset=utf-8", SCRIPT.to_owned()),
        name if Some(path(name)) == accent_path(&app) => {
            let accent = app.config().portal.accent.as_deref().unwrap_or_default();
            ("text/css; charset=utf-8", crate::accent::stylesheet(accent).ok_or(RouteError::NotFound)?)
        }
        _ => return Err(RouteError::NotFound),
    };
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, body).into_response())
}
