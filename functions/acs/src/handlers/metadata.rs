//! `GET /sso/saml/metadata/{connection}`: what an identity provider is told about us. Drafts have it too: an admin sets
//! up the identity provider first.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use portico_protocol::saml::SpMetadata;
use portico_shared::app::App;
use portico_shared::domain::ids::ConnectionId;
use portico_shared::web::error::Trouble;

use crate::error::RouteError;

/// saml-metadata §4.1.1.
const MEDIA_TYPE: &str = "application/samlmetadata+xml";

pub(crate) async fn show(
    State(app): State<App>,
    Path(connection): Path<String>,
) -> Result<Response, RouteError> {
    let id = ConnectionId::parse(&connection).map_err(|_| RouteError::NoMetadata)?;
    // Side by side: one round trip.
    let (connection, sp_keys) = tokio::try_join!(app.store().connection(id), app.store().sp_keys(id))?;
    let (Some(connection), Some(sp_keys)) = (connection, sp_keys) else {
        return Err(RouteError::NoMetadata);
    };
    let saml = &connection.connection.value.saml;
    let public_url = &app.config().public_url;
    let entity_id = public_url.sp_entity_id(&id, saml.sp_entity_id.as_deref());
    let pairs = sp_keys.value.pairs.iter().map(|pair| STANDARD.decode(&pair.certificate));
    let certificates: Vec<_> =
        pairs.collect::<Result<_, _>>().map_err(|_| RouteError::from(Trouble::Internal))?;
    // While a key is being replaced both are published: the older one signs, the newer one is to be encrypted for.
    let oldest_first: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
    let newest_first: Vec<&[u8]> = oldest_first.iter().rev().copied().collect();
    let metadata = SpMetadata {
        entity_id: &entity_id,
        acs_url: &public_url.acs_url(&id),
        signing_certificates: &oldest_first,
        encryption_certificates: &newest_first,
        authn_requests_signed: saml.sign_requests,
        valid_until: None,
    };
    let xml = metadata.to_xml().map_err(|_| RouteError::from(Trouble::Internal))?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE)], xml).into_response())
}
