//! The public keys of id_tokens, at the contract's address and at OpenID Connect's.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use portico_shared::web::client::is_client;
use portico_shared::web::error::{OAuthError, RestError};
use serde_json::Value;

use crate::Sso;

/// `GET /sso/jwks/{client_id}`: 404 for another client.
pub(crate) async fn of_client(
    State(sso): State<Sso>,
    Path(client_id): Path<String>,
) -> Result<Response, RestError> {
    if !is_client(&sso.app, &client_id) {
        return Err(RestError::not_found("Client", client_id));
    }
    Ok(cacheable(sso.signing_keys.jwks(&sso.app).await?))
}

/// `GET /oauth2/jwks` (RFC 7517 §5).
pub(crate) async fn show(State(sso): State<Sso>) -> Result<Response, OAuthError> {
    Ok(cacheable(sso.signing_keys.jwks(&sso.app).await?))
}

/// Five minutes: a new key is published a day before it signs.
fn cacheable(jwks: Value) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(jwks)).into_response()
}
