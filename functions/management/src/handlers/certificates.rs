//! The signing certificates of a connection's identity provider.

use axum::Json;
use http::StatusCode;
use portico_protocol::saml::IdpCertificate;
use portico_shared::app::App;
use portico_shared::domain::connection::{ConnectionCertificate, ConnectionState, SamlSettings};
use portico_shared::operations;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::json::JsonBody;
use portico_shared::web::list::ListEnvelope;
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use portico_shared::web::timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{connections, organizations};
use crate::error::RouteError;

/// The body of `POST /connections/{id}/saml_idp_signing_certs`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewCertificate {
    value: String,
}

/// `GET /connections/{id}/saml_idp_signing_certs`: all of them, oldest first.
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let connection = connections::load(&app, &id).await?.connection.value;
    Ok(Json(ListEnvelope::new(connection.saml.certificates.iter().map(view).collect(), None, None)))
}

/// `POST /connections/{id}/saml_idp_signing_certs`: one more, so that the provider can change its key.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
    JsonBody(body): JsonBody<NewCertificate>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let certificate = IdpCertificate::parse(&body.value)
        .map_err(|error| RouteError::field("value", "invalid_certificate", error.to_string()))?;
    let added = operations::connections::new_certificate(&app, certificate);
    retried(|| create_once(&app, &id, &added)).await?;
    Ok((StatusCode::CREATED, Json(view(&added))))
}

async fn create_once(app: &App, id: &str, added: &ConnectionCertificate) -> Result<(), RouteError> {
    change(app, id, |certificates, _| {
        if certificates.iter().any(|known| known.certificate == added.certificate) {
            return Err(RouteError::CertificateTaken);
        }
        if certificates.len() >= SamlSettings::MOST_CERTIFICATES {
            let message = format!(
                "A connection has at most {} certificates. Delete one that is no longer in use.",
                SamlSettings::MOST_CERTIFICATES
            );
            return Err(RouteError::field("value", "too_many", message));
        }
        certificates.push(added.clone());
        Ok(())
    })
    .await
}

/// `DELETE /connections/{id}/saml_idp_signing_certs/{certificate}`
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf((id, certificate)): PathOf<(String, String)>,
) -> Result<StatusCode, RouteError> {
    retried(|| delete_once(&app, &id, &certificate)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_once(app: &App, id: &str, certificate: &str) -> Result<(), RouteError> {
    change(app, id, |certificates, state| {
        let before = certificates.len();
        certificates.retain(|known| known.id.to_string() != certificate);
        if certificates.len() == before {
            return Err(RouteError::CertificateNotFound(certificate.to_owned()));
        }
        if certificates.is_empty() && state == ConnectionState::Active {
            return Err(RouteError::LastCertificate);
        }
        Ok(())
    })
    .await
}

/// Changes a connection's certificates; its state follows, since a connection without any is a draft.
async fn change(
    app: &App,
    id: &str,
    make: impl Fn(&mut Vec<ConnectionCertificate>, ConnectionState) -> Result<(), RouteError>,
) -> Result<(), RouteError> {
    let read = connections::load(app, id).await?;
    let mut connection = read.connection.value.clone();
    let before = read.status.value.state;
    make(&mut connection.saml.certificates, before)?;
    let state = connections::decide_state(None, before, &connection.saml)?;
    let owner = organizations::load(app, &connection.organization_id.to_string()).await?.value;
    operations::connections::keep(app, &read, connection, state, &owner.domains).await?;
    Ok(())
}

fn view(kept: &ConnectionCertificate) -> Value {
    let certificate = &kept.certificate;
    json!({
        "object": "saml_idp_signing_certificate",
        "id": kept.id,
        "value": certificate.to_pem(),
        "not_before": timestamp::text(certificate.not_before()),
        "not_after": timestamp::text(certificate.not_after()),
        "created_at": timestamp::text(kept.created_at),
    })
}
