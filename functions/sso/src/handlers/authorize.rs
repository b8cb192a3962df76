//! The authorization endpoints: WorkOS's and OpenID Connect's.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use portico_shared::domain::sign_in::Surface;
use portico_shared::web::form::Parameters;

use crate::Sso;
use crate::authorize::{Asked, Denied, Refusal, begin};

/// `GET /sso/authorize`.
pub(crate) async fn sso(
    State(sso): State<Sso>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    authorize(&sso, &headers, query.as_deref(), Surface::Sso).await
}

async fn authorize(
    sso: &Sso,
    headers: &HeaderMap,
    query: Option<&str>,
    surface: Surface,
) -> Result<Response, Refusal> {
    let parameters = Parameters::from_query(query).map_err(|error| Denied::Unreadable(error.description))?;
    if parameters.text("client_id") != Some(sso.app.config().client_id.as_str()) {
        return Err(Denied::UnknownClient.into());
    }
    let asked = Asked::read(&parameters, surface);
    begin(sso, headers, asked, parameters.text("redirect_uri"), parameters.text("state")).await
}
