//! `POST /oauth2/revoke` (RFC 7009): the application has no more use for a token.

use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use portico_shared::app::App;
use portico_shared::domain::token::PlainToken;
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;

use crate::client;

/// 200 whether or not there was such a token (RFC 7009 §2.2). A public client only names itself: whoever has the token
/// may end it.
pub(crate) async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, OAuthError> {
    let parameters = Parameters::from_body(&headers, &body)?;
    client::identify(&app, &headers, &parameters).await?;
    let presented = PlainToken::presented(parameters.required("token")?);
    // Only what has the form of an access token can be one.
    if let Some(token) = presented.filter(|token| token.claimed_bearer().is_some()) {
        app.store().revoke_access_token(&token.hashed()).await?;
    }
    Ok(StatusCode::OK)
}
