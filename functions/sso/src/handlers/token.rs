//! The token endpoints: WorkOS's and OpenID Connect's.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use portico_shared::domain::sign_in::Surface;
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;
use serde::Serialize;

use crate::profile_view::ProfileView;
use crate::trade::{self, SSO_TOKEN_LIFETIME};
use crate::{Sso, client};

#[derive(Serialize)]
struct SsoToken<'a> {
    token_type: &'static str,
    access_token: &'a str,
    expires_in: i64,
    profile: ProfileView<'a>,
}

/// `POST /sso/token`: a code for a token and the profile. Parameters by form, JSON or query, as the SDKs send them.
pub(crate) async fn sso(
    State(sso): State<Sso>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let parameters = Parameters::from_request(query.as_deref(), &headers, &body)?;
    trade_for_profile(&sso, &headers, &parameters).await.map_err(as_contract)
}

async fn trade_for_profile(
    sso: &Sso,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Response, OAuthError> {
    let caller = client::identify(&sso.app, headers, parameters).await?;
    let code = trade::verify_code(&sso.app, &caller, parameters, Surface::Sso).await?;
    let (plain, token) = trade::fresh_token(&sso.app, &code, SSO_TOKEN_LIFETIME);
    trade::trade(&sso.app, &code, &token).await?;
    let answer = SsoToken {
        token_type: "Bearer",
        access_token: plain.reveal(),
        expires_in: SSO_TOKEN_LIFETIME.num_seconds(),
        profile: ProfileView::from(&token.profile),
    };
    Ok(Json(answer).into_response())
}

/// The contract answers a wrong client by 400, too, as RFC 6749 §5.2 allows; the SDKs show its description only then.
fn as_contract(mut error: OAuthError) -> OAuthError {
    if error.status == StatusCode::UNAUTHORIZED {
        error.status = StatusCode::BAD_REQUEST;
    }
    error
}
