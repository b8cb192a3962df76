//! `POST /oauth2/introspect` (RFC 7662): whether a token still counts, and for whom.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use portico_shared::app::App;
use portico_shared::domain::sign_in::AccessToken;
use portico_shared::domain::token::PlainToken;
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;
use serde::Serialize;
use serde_json::json;

use crate::access;
use crate::client::{self, Caller};

#[derive(Serialize)]
struct Active {
    active: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
    client_id: String,
    username: String,
    token_type: &'static str,
    exp: i64,
    iat: i64,
    sub: String,
    aud: String,
    iss: String,
    auth_time: i64,
    sid: String,
    org_id: String,
    connection_id: String,
}

impl Active {
    fn new(app: &App, token: AccessToken) -> Self {
        let client_id = app.config().client_id.clone();
        Self {
            active: true,
            scope: token.scope,
            aud: client_id.clone(),
            client_id,
            username: token.profile.email,
            token_type: "Bearer",
            exp: token.expires_at.timestamp(),
            iat: token.issued_at.timestamp(),
            sub: token.profile.id.to_string(),
            iss: app.config().public_url.as_str().to_owned(),
            auth_time: token.auth_time.timestamp(),
            sid: token.sign_in_id.to_string(),
            org_id: token.profile.organization_id.to_string(),
            connection_id: token.profile.connection_id.to_string(),
        }
    }
}

/// Needs the client's secret: what a token is must not be told to whoever found one (RFC 7662 §2.1). One round trip.
pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let parameters = Parameters::from_body(&headers, &body)?;
    if let Caller::Public = client::identify(&app, &headers, &parameters).await? {
        return Err(OAuthError::invalid_client("Introspection needs the client secret.", false));
    }
    let live = match PlainToken::presented(parameters.required("token")?) {
        Some(presented) => access::live_token(&app, &presented).await?,
        None => None,
    };
    Ok(match live {
        Some(token) => Json(Active::new(&app, token)).into_response(),
        None => Json(json!({ "active": false })).into_response(),
    })
}
