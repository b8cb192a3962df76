//! `GET /sso/profile`: the profile behind an access token.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use portico_shared::app::App;
use portico_shared::web::auth::bearer;
use portico_shared::web::error::RestError;

use crate::access;
use crate::profile_view::ProfileView;

/// The profile of whoever the token was issued for. One round trip.
pub(crate) async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, RestError> {
    let missing = "Send an access token: Authorization: Bearer and the token.";
    let presented = bearer(&headers).ok_or_else(|| RestError::unauthorized(missing))?;
    let live = access::live_token(&app, &presented).await?;
    let refused = "The access token is unknown, expired or revoked.";
    let live = live.ok_or_else(|| RestError::unauthorized(refused))?;
    Ok(Json(ProfileView::from(&live.profile)).into_response())
}
