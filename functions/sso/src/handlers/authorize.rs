//! The authorization endpoints: WorkOS's and OpenID Connect's.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use portico_shared::domain::sign_in::Surface;
use portico_shared::web::client::is_client;
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;

use crate::Sso;
use crate::authorize::{Asked, Denied, Refusal, Target, begin};

/// `GET /sso/authorize`.
pub(crate) async fn sso(
    State(sso): State<Sso>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let parameters = Parameters::from_query(query.as_deref()).map_err(unreadable)?;
    authorize(&sso, &headers, &parameters, Surface::Sso).await
}

/// `GET /oauth2/authorize` (OpenID Connect Core §3.1.2.1).
pub(crate) async fn openid(
    State(sso): State<Sso>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let parameters = Parameters::from_query(query.as_deref()).map_err(unreadable)?;
    authorize(&sso, &headers, &parameters, Surface::OpenId).await
}

/// `POST /oauth2/authorize`: the same by a form, as the section asks for.
pub(crate) async fn openid_form(
    State(sso): State<Sso>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Response, Refusal> {
    let parameters = Parameters::from_request(query.as_deref(), &headers, &body).map_err(unreadable)?;
    authorize(&sso, &headers, &parameters, Surface::OpenId).await
}

fn unreadable(error: OAuthError) -> Denied {
    Denied::Unreadable(error.description)
}

async fn authorize(
    sso: &Sso,
    headers: &HeaderMap,
    parameters: &Parameters,
    surface: Surface,
) -> Result<Response, Refusal> {
    if !parameters.text("client_id").is_some_and(|id| is_client(&sso.app, id)) {
        return Err(Denied::UnknownClient.into());
    }
    // OpenID Connect Core §3.1.2.1: REQUIRED. Nothing says where the application could be told.
    if surface == Surface::OpenId && parameters.text("redirect_uri").is_none() {
        return Err(Denied::NoRedirectUri.into());
    }
    let asked = Asked::read(parameters, surface);
    begin(sso, headers, asked, Target::of(parameters, surface)).await
}
