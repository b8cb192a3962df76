//! `GET` and `POST /oauth2/userinfo` (OpenID Connect Core §5.3).

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use http::HeaderMap;
use portico_shared::app::App;
use portico_shared::domain::person::Profile;
use portico_shared::domain::token::PlainToken;
use portico_shared::web::auth::bearer;
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::{Parameters, is_form};
use serde::Serialize;

use crate::{access, scope};

/// The claims about a person: those of the id_token.
#[derive(Serialize)]
pub(crate) struct UserInfo {
    sub: String,
    email: String,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Vec<String>>,
    org_id: String,
    connection_id: String,
    connection_type: &'static str,
}

impl From<Profile> for UserInfo {
    fn from(profile: Profile) -> Self {
        Self {
            sub: profile.id.to_string(),
            email: profile.email,
            email_verified: profile.email_verified,
            given_name: profile.first_name,
            family_name: profile.last_name,
            name: profile.name,
            groups: profile.groups,
            org_id: profile.organization_id.to_string(),
            connection_id: profile.connection_id.to_string(),
            connection_type: profile.connection_type.as_str(),
        }
    }
}

/// The claims of whoever the token was issued for. One round trip.
pub(crate) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<UserInfo>, OAuthError> {
    let presented = presented(&headers, &body)?;
    let live = access::live_token(&app, &presented).await?;
    let live =
        live.ok_or_else(|| OAuthError::invalid_token("The access token is unknown, expired or revoked."))?;
    if !scope::is_openid(&live.scope) {
        let message = "This access token is of /sso/token: read its profile at /sso/profile.";
        return Err(OAuthError::invalid_token(message));
    }
    Ok(Json(UserInfo::from(live.profile)))
}

/// The token, from the header or from a posted form (RFC 6750 §2.1 and §2.2), not from both.
fn presented(headers: &HeaderMap, body: &Bytes) -> Result<PlainToken, OAuthError> {
    let posted = match is_form(headers) {
        true => Parameters::from_body(headers, body)?.text("access_token").and_then(PlainToken::presented),
        false => None,
    };
    match (bearer(headers), posted) {
        (Some(_), Some(_)) => {
            Err(OAuthError::invalid_request("The access token is sent in two ways; use one."))
        }
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(OAuthError::missing_token()),
    }
}
