//! Our own certificates at a connection. One key pair serves both uses: the identity provider encrypts for it, and checks
//! our requests by it. Replacing one: create the next (both are published, both decrypt), have the provider take its
//! certificate, delete the old one (the next one signs from then on).

use axum::Json;
use http::StatusCode;
use portico_protocol::saml::IdpCertificate;
use portico_shared::app::App;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::ConnectionId;
use portico_shared::operations::connections::new_sp_key;
use portico_shared::store::{SealedSpKey, SealedSpKeys, Versioned};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::connection_event::connection_event;
use portico_shared::web::error::Trouble;
use portico_shared::web::list::ListEnvelope;
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use portico_shared::web::timestamp;
use serde_json::{Value, json};

use super::connections;
use crate::error::RouteError;

/// `GET /connections/{id}/saml_sp_encryption_certs`: all of them, oldest first.
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let (_, kept) = load(&app, &id).await?;
    let views = kept.value.pairs.iter().map(|pair| view(ENCRYPTION, pair)).collect::<Result<_, _>>()?;
    Ok(Json(ListEnvelope::new(views, None, None)))
}

/// `POST /connections/{id}/saml_sp_encryption_certs`: one more key pair, so that the provider can change to it.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    // Looked at before the key is made, which takes a while; and again when it is kept.
    let (connection, kept) = load(&app, &id).await?;
    room_for_one_more(&kept.value)?;
    let added = new_sp_key(&app, connection).await?;
    retried(|| {
        change(&app, &id, |pairs| {
            room_for_one_more(pairs)?;
            pairs.pairs.push(added.clone());
            Ok(())
        })
    })
    .await?;
    Ok((StatusCode::CREATED, Json(view(ENCRYPTION, &added)?)))
}

/// `DELETE /connections/{id}/saml_sp_encryption_certs/{certificate}`: what is still encrypted for it can't be read any more.
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf((id, certificate)): PathOf<(String, String)>,
) -> Result<StatusCode, RouteError> {
    retried(|| {
        change(&app, &id, |kept| {
            let before = kept.pairs.len();
            kept.pairs.retain(|pair| pair.id.to_string() != certificate);
            match kept.pairs.len() {
                0 => Err(RouteError::LastSpCertificate),
                after if after == before => Err(RouteError::CertificateNotFound(certificate.clone())),
                _ => Ok(()),
            }
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /connections/{id}/saml_sp_signing_cert`: the one that our requests are signed by.
pub(crate) async fn signing(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let (_, kept) = load(&app, &id).await?;
    let pair = kept.value.signing().ok_or(RouteError::Trouble(Trouble::Internal))?;
    Ok(Json(view(SIGNING, pair)?))
}

const ENCRYPTION: &str = "saml_sp_encryption_certificate";
const SIGNING: &str = "saml_sp_signing_certificate";

async fn load(app: &App, id: &str) -> Result<(ConnectionId, Versioned<SealedSpKeys>), RouteError> {
    let not_found = || RouteError::ConnectionNotFound(id.to_owned());
    let connection = ConnectionId::parse(id).map_err(|_| not_found())?;
    let kept = app.store().sp_keys(connection).await?;
    Ok((connection, kept.ok_or_else(not_found)?))
}

fn room_for_one_more(kept: &SealedSpKeys) -> Result<(), RouteError> {
    if kept.pairs.len() < SealedSpKeys::MOST { Ok(()) } else { Err(RouteError::TooManySpCertificates) }
}

async fn change(
    app: &App,
    id: &str,
    make: impl Fn(&mut SealedSpKeys) -> Result<(), RouteError>,
) -> Result<(), RouteError> {
    let (connection, read) = load(app, id).await?;
    let owner = connections::load(app, id).await?;
    let mut kept = read.value.clone();
    make(&mut kept)?;
    let listed = |keys: &SealedSpKeys| json!({ "saml_sp_encryption_certs": keys.pairs.iter().map(|pair| pair.id).collect::<Vec<_>>() });
    let (of, state) = (&owner.connection.value, owner.status.value.state);
    let event = connection_event(EventName::ConnectionUpdated, of, state, &[])
        .changing(listed(&read.value), listed(&kept))
        .exceeding(owner.status.value.last_event_id);
    let done = app.store().replace_sp_keys(connection, read.version, &kept, event).await?;
    if done { Ok(()) } else { Err(RouteError::Raced) }
}

fn view(object: &str, pair: &SealedSpKey) -> Result<Value, RouteError> {
    let certificate = IdpCertificate::parse(&pair.certificate).map_err(|error| {
        tracing::error!(cause = %error, certificate = %pair.id, "a certificate of ours can't be read");
        RouteError::Trouble(Trouble::Internal)
    })?;
    Ok(json!({
        "object": object,
        "id": pair.id,
        "value": certificate.to_pem(),
        "not_before": timestamp::text(certificate.not_before()),
        "not_after": timestamp::text(certificate.not_after()),
        "created_at": timestamp::text(pair.created_at),
    }))
}
