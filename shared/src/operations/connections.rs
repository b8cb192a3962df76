//! Connections: made, changed, deleted, each with what the event log says of it.

use portico_protocol::saml::SpKeyPair;
use portico_protocol::saml::certificate::IdpCertificate;
use serde_json::json;

use crate::app::App;
use crate::domain::connection::{Connection, ConnectionCertificate, ConnectionState};
use crate::domain::event::{EventName, NewEvent};
use crate::domain::ids::{CertificateId, ConnectionId, EventId};
use crate::domain::organization::OrganizationDomain;
use crate::domain::portal::{SetupProgress, Walk};
use crate::store::{
    ConnectionWithStatus, NewProgress, OrganizationSetup, SealedSpKey, SealedSpKeys, WriteConnectionError,
};
use crate::vault::{Class, VaultError};
use crate::web::connection_event::{connection_event, settings};

/// Why a connection isn't made.
#[derive(Debug, thiserror::Error)]
pub enum CreateConnectionError {
    /// The table.
    #[error(transparent)]
    Write(#[from] WriteConnectionError),
    /// Its key pair couldn't be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its key pair couldn't be made.
    #[error("a key pair could not be made")]
    KeyPair,
}

/// Keeps a new connection, with a key pair of its own. `domains` are its organization's claims, which its events name.
///
/// # Errors
/// [`CreateConnectionError`].
pub async fn create(
    app: &App,
    connection: &Connection,
    state: ConnectionState,
    domains: &[OrganizationDomain],
) -> Result<(), CreateConnectionError> {
    let pairs = SealedSpKeys { pairs: vec![new_sp_key(app, connection.id).await?] };
    let events = std::iter::once(created(connection, state, domains)).chain(turned(
        connection,
        ConnectionState::Draft,
        state,
        domains,
    ));
    Ok(app.store().create_connection(connection, state, &pairs, events.collect()).await?)
}

/// Keeps a draft with a key pair of its own; its setup begins with it, at the guide's screen that is named.
///
/// # Errors
/// [`CreateConnectionError`].
pub async fn begin(
    app: &App,
    setup: &OrganizationSetup,
    draft: &Connection,
    (guide, step): (&str, &str),
) -> Result<(), CreateConnectionError> {
    let pairs = SealedSpKeys { pairs: vec![new_sp_key(app, draft.id).await?] };
    let event = created(draft, ConnectionState::Draft, &setup.details.value.domains);
    let walk = Walk { guide: guide.to_owned(), step: step.to_owned(), subject: draft.id };
    let progress = SetupProgress { sso: Some(walk), ..setup.progress.value.clone() };
    let progress = NewProgress {
        organization: draft.organization_id,
        read: setup.progress.version,
        progress: &progress,
    };
    Ok(app.store().begin_connection(draft, &pairs, vec![event], progress).await?)
}

fn created(connection: &Connection, state: ConnectionState, domains: &[OrganizationDomain]) -> NewEvent {
    let event = connection_event(EventName::ConnectionCreated, connection, state, domains);
    event.changing(serde_json::Value::Null, settings(connection))
}

/// A new key pair of ours for one connection, sealed. Making an RSA key takes a while, so it has a thread of its own.
///
/// # Errors
/// [`CreateConnectionError::KeyPair`], [`CreateConnectionError::Vault`].
pub async fn new_sp_key(app: &App, id: ConnectionId) -> Result<SealedSpKey, CreateConnectionError> {
    let now = app.clock().now();
    let made = tokio::task::spawn_blocking(move || SpKeyPair::generate(&id.to_string(), now)).await;
    let pair = made.ok().and_then(Result::ok).ok_or(CreateConnectionError::KeyPair)?;
    Ok(app.vault().seal_sp_key(id, CertificateId::mint(now, app.rng()), &pair, now).await?)
}

/// A provider's certificate under an id of its own.
pub fn new_certificate(app: &App, certificate: IdpCertificate) -> ConnectionCertificate {
    let created_at = app.clock().now();
    ConnectionCertificate { id: CertificateId::mint(created_at, app.rng()), certificate, created_at }
}

/// Writes a changed connection, under its next revision unless certificates alone changed, with what the event log says of
/// it; nothing where nothing has changed. Returns it as it is kept.
///
/// # Errors
/// [`WriteConnectionError::Raced`] where it has changed since it was read.
pub async fn keep(
    app: &App,
    read: &ConnectionWithStatus,
    mut changed: Connection,
    state: ConnectionState,
    domains: &[OrganizationDomain],
) -> Result<Connection, WriteConnectionError> {
    let (before, from) = (&read.connection.value, read.status.value.state);
    let same = changed == *before;
    if same && state == from {
        return Ok(changed);
    }
    changed.revision = before.revision + u64::from(!changed.continues(before));
    changed.updated_at = app.clock().now();
    let turned = turned(&changed, from, state, domains);
    let updated = (!same || turned.is_none()).then(|| {
        connection_event(EventName::ConnectionUpdated, &changed, state, domains)
            .changing(settings(before), settings(&changed))
    });
    let events = updated.into_iter().chain(turned).collect();
    app.store().update_connection(read, &changed, state, events).await?;
    Ok(changed)
}

/// Keeps what an OpenID provider gave, with the secret where there is a new one. Its connection is testable from then on, or
/// will be, once sign-ins go through it.
///
/// # Errors
/// [`CreateConnectionError`].
pub async fn keep_oidc(
    app: &App,
    read: &ConnectionWithStatus,
    mut changed: Connection,
    secret: Option<&str>,
    domains: &[OrganizationDomain],
) -> Result<(), CreateConnectionError> {
    let (before, id) = (&read.connection.value, read.connection.value.id);
    let sealed = match secret {
        Some(secret) => Some(app.vault().seal(Class::OidcSecrets, &id.to_string(), secret.as_bytes()).await?),
        None => None,
    };
    changed.revision = before.revision + 1;
    changed.updated_at = app.clock().now();
    let state = match read.status.value.state {
        ConnectionState::Draft => ConnectionState::Validating,
        state => state,
    };
    let updated = connection_event(EventName::ConnectionUpdated, &changed, state, domains);
    let updated = updated.changing(settings(before), settings(&changed));
    app.store().update_oidc_connection(read, &changed, state, (sealed.as_ref(), updated)).await?;
    Ok(())
}

/// What the log says where a connection begins or stops to serve.
pub fn turned(
    connection: &Connection,
    from: ConnectionState,
    to: ConnectionState,
    domains: &[OrganizationDomain],
) -> Option<NewEvent> {
    let serves = |state| state == ConnectionState::Active;
    let name = match (serves(from), serves(to)) {
        (false, true) => EventName::ConnectionActivated,
        (true, false) => EventName::ConnectionDeactivated,
        (false, false) | (true, true) => return None,
    };
    let event = connection_event(name, connection, to, domains);
    Some(event.changing(json!({"state": from.as_str()}), json!({"state": to.as_str()})))
}

/// Deletes a connection, if it is still there. Its event comes behind `after`, and its id is returned.
///
/// # Errors
/// [`WriteConnectionError::Raced`] where it has changed since it was read.
pub async fn delete(
    app: &App,
    id: ConnectionId,
    domains: &[OrganizationDomain],
    after: Option<EventId>,
) -> Result<Option<EventId>, WriteConnectionError> {
    let Some(read) = app.store().connection(id).await? else { return Ok(after) };
    let (connection, state) = (&read.connection.value, read.status.value.state);
    let event = connection_event(EventName::ConnectionDeleted, connection, state, domains);
    app.store().delete_connection(&read, event.exceeding(after)).await
}
