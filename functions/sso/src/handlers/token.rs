//! The token endpoints: WorkOS's and OpenID Connect's.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use portico_shared::domain::sign_in::Surface;
use portico_shared::web::error::{OAuthError, Trouble};
use portico_shared::web::form::Parameters;
use serde::Serialize;

use crate::profile_view::ProfileView;
use crate::trade::{self, OPENID_TOKEN_LIFETIME, SSO_TOKEN_LIFETIME};
use crate::{Sso, client, id_token};

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
    let caller = client::identify_with_bearer(&sso.app, headers, parameters).await?;
    let code = trade::verify_code(&sso.app, &caller, parameters, Surface::Sso).await?;
    let token = trade::token_of(&sso.app, &code, SSO_TOKEN_LIFETIME);
    let answered = trade::trade(&sso.app, &code, &token).await?;
    let answer = SsoToken {
        token_type: "Bearer",
        access_token: token.plain.reveal(),
        expires_in: SSO_TOKEN_LIFETIME.num_seconds(),
        profile: ProfileView::from(&token.kept.profile),
    };
    let mut response = Json(answer).into_response();
    answered.attach(&mut response);
    Ok(response)
}

#[derive(Serialize)]
struct OpenIdToken<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    id_token: &'a str,
    scope: &'a str,
}

/// `POST /oauth2/token`: a code for an id_token and an access token (OpenID Connect Core §3.1.3).
pub(crate) async fn openid(
    State(sso): State<Sso>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, OAuthError> {
    let parameters = Parameters::from_body(&headers, &body)?;
    let caller = client::identify(&sso.app, &headers, &parameters).await?;
    // The signing key is read beside the code, for the times when the one at hand is too old.
    let (code, signer) = tokio::join!(
        trade::verify_code(&sso.app, &caller, &parameters, Surface::OpenId),
        sso.signing_keys.signer(&sso.app),
    );
    let (code, signer) = (code?, signer?);
    let token = trade::token_of(&sso.app, &code, OPENID_TOKEN_LIFETIME);
    // Signed before the code is used up: what can still go wrong should not cost the person their sign-in.
    let claims = id_token::claims(&sso.app, code.code(), token.plain.reveal());
    let id_token = signer.sign(&claims).map_err(|error| {
        tracing::error!(cause = %error, "an id_token could not be signed");
        Trouble::Internal
    })?;
    let answered = trade::trade(&sso.app, &code, &token).await?;
    let answer = OpenIdToken {
        access_token: token.plain.reveal(),
        token_type: "Bearer",
        expires_in: OPENID_TOKEN_LIFETIME.num_seconds(),
        id_token: &id_token,
        scope: &token.kept.scope,
    };
    let mut response = Json(answer).into_response();
    answered.attach(&mut response);
    Ok(response)
}

/// The contract answers a wrong client by 400, too, as RFC 6749 §5.2 allows; the SDKs show its description only then.
fn as_contract(mut error: OAuthError) -> OAuthError {
    if error.status == StatusCode::UNAUTHORIZED {
        error.status = StatusCode::BAD_REQUEST;
    }
    error
}
