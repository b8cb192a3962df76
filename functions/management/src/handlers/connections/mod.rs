//! Connections: how one organization's people sign in.

mod infer;
mod input;
mod saml;
mod view;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portico_protocol::saml::SpKeyPair;
use portico_shared::app::App;
use portico_shared::domain::connection::{Connection, ConnectionState, SamlSettings};
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::{CertificateId, ConnectionId, EventId, OrganizationId};
use portico_shared::domain::organization::OrganizationDomain;
use portico_shared::store::page::{Page, PageRequest};
use portico_shared::store::{ConnectionWithStatus, SealedSpKey, SealedSpKeys, WriteConnectionError};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::connection_event::connection_event;
use portico_shared::web::error::Trouble;
use portico_shared::web::json::JsonBody;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use serde_json::Value;

use super::organizations;
use crate::error::RouteError;
use crate::paging::{envelope, page_of, page_request};
pub(crate) use input::decide_state;
use input::{ConnectionBody, ConnectionChange};
use saml::SamlChange;
pub(crate) use saml::new_certificate;
use view::connection_view;

/// `GET /connections`
pub(crate) async fn list(
    _: ApiKeyAuth,
    State(app): State<App>,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let request = page_request::<ConnectionId>(&query)?;
    let kind = query.filter("connection_type");
    let search = query.filter("search").map(str::to_lowercase).unwrap_or_default();
    let keep = |connection: &Connection| {
        kind.is_none_or(|kind| connection.connection_type.as_str() == kind)
            && connection.name.to_lowercase().contains(&search)
    };
    let page = match owners(&app, &query).await? {
        None => app.store().list_connections(&request, keep).await?,
        Some(owners) => connections_of(&app, &owners, &request, keep).await?,
    };
    let ids: Vec<ConnectionId> = page.items.iter().map(|connection| connection.id).collect();
    let states = app.store().connection_states(&ids).await?;
    let mut owners: Vec<OrganizationId> =
        page.items.iter().map(|connection| connection.organization_id).collect();
    owners.sort();
    owners.dedup();
    let owners = organizations::load_all(&app, owners).await?;
    let shown = page.items.iter().zip(states).filter_map(|(connection, state)| {
        let owner = owners.iter().find(|owner| owner.organization.id == connection.organization_id)?;
        Some(connection_view(&app, connection, state?, &owner.domains))
    });
    Ok(Json(envelope(Page { items: shown.collect(), before: page.before, after: page.after })))
}

/// The organizations that a list is narrowed to; `None` where it isn't.
async fn owners(app: &App, query: &ListQuery) -> Result<Option<Vec<OrganizationId>>, RouteError> {
    let named = query.filter("organization_id").map(OrganizationId::parse).transpose();
    let named = named.map_err(|error| {
        RouteError::field("organization_id", "invalid", format!("organization_id: {error}."))
    })?;
    let Some(domain) = query.filter("domain") else { return Ok(named.map(|id| vec![id])) };
    let domain = DomainName::parse(domain)
        .map_err(|error| RouteError::field("domain", "invalid", format!("domain: {error}.")))?;
    let mut claimants = app.store().organizations_claiming(&domain).await?;
    claimants.retain(|claimant| named.is_none_or(|named| named == *claimant));
    Ok(Some(claimants))
}

async fn connections_of(
    app: &App,
    owners: &[OrganizationId],
    request: &PageRequest,
    keep: impl Fn(&Connection) -> bool,
) -> Result<Page<Connection>, RouteError> {
    let mut found = Vec::new();
    for owner in owners {
        found.extend(app.store().connections_of(*owner).await?);
    }
    found.retain(keep);
    Ok(page_of(found, request, |connection| connection.id))
}

/// `POST /connections`
pub(crate) async fn create(
    _: ApiKeyAuth,
    State(app): State<App>,
    JsonBody(body): JsonBody<ConnectionBody>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let (organization_id, options, change) = body.check_new()?;
    let owner = organizations::load(&app, &organization_id).await?.value;
    if !owner.policy.features.sso {
        return Err(RouteError::SsoNotInPlan);
    }
    let provider = SamlChange::read(&app, options, None).await?;
    let now = app.clock().now();
    let mut connection = Connection {
        id: ConnectionId::mint(now, app.rng()),
        organization_id: owner.organization.id,
        name: owner.organization.name.clone(),
        external_id: None,
        connection_type: infer::FALLBACK,
        attribute_map: Default::default(),
        saml: SamlSettings::default(),
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    provider.apply(&app, &mut connection.saml)?;
    connection.connection_type = infer::connection_type(&connection.saml);
    change.apply(&mut connection)?;
    let state = decide_state(change.state, ConnectionState::Draft, &connection.saml)?;
    let sp_keys = SealedSpKeys { pairs: vec![new_sp_key(&app, connection.id).await?] };
    let event = state_event(&connection, ConnectionState::Draft, state, &owner.domains);
    app.store().create_connection(&connection, state, &sp_keys, event).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(connection_view(&app, &connection, state, &owner.domains))))
}

/// A new key pair of ours for one connection, sealed. Making an RSA key takes a while, so it has a thread of its own.
pub(super) async fn new_sp_key(app: &App, id: ConnectionId) -> Result<SealedSpKey, RouteError> {
    let now = app.clock().now();
    let made = tokio::task::spawn_blocking(move || SpKeyPair::generate(&id.to_string(), now)).await;
    let pair = made.ok().and_then(Result::ok).ok_or(RouteError::Trouble(Trouble::Internal))?;
    Ok(app.vault().seal_sp_key(id, CertificateId::mint(now, app.rng()), &pair, now).await?)
}

/// `GET /connections/{id}`
pub(crate) async fn find(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let read = load(&app, &id).await?;
    let connection = &read.connection.value;
    let owner = organizations::load(&app, &connection.organization_id.to_string()).await?.value;
    Ok(Json(connection_view(&app, connection, read.status.value.state, &owner.domains)))
}

/// `PATCH /connections/{id}`: what the body leaves out stays as it is.
pub(crate) async fn update(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
    JsonBody(body): JsonBody<ConnectionBody>,
) -> Result<Json<Value>, RouteError> {
    let (options, change) = body.check()?;
    let connection = load(&app, &id).await?.connection.value.id;
    let provider = SamlChange::read(&app, options, Some(connection)).await?;
    retried(|| update_once(&app, &id, &provider, &change)).await.map(Json)
}

async fn update_once(
    app: &App,
    id: &str,
    provider: &SamlChange,
    change: &ConnectionChange,
) -> Result<Value, RouteError> {
    let read = load(app, id).await?;
    let (before, from) = (&read.connection.value, read.status.value.state);
    let owner = organizations::load(app, &before.organization_id.to_string()).await?.value;
    if !owner.policy.features.sso {
        return Err(RouteError::SsoNotInPlan);
    }
    change.keeps_type(before, from)?;
    let mut connection = before.clone();
    provider.apply(app, &mut connection.saml)?;
    if before.saml.idp_entity_id.is_none() && before.connection_type == infer::FALLBACK {
        connection.connection_type = infer::connection_type(&connection.saml);
    }
    change.apply(&mut connection)?;
    let state = decide_state(change.state, from, &connection.saml)?;
    let connection = keep(app, &read, connection, state, &owner.domains).await?;
    Ok(connection_view(app, &connection, state, &owner.domains))
}

/// Writes a changed connection, under its next revision unless certificates alone changed, with what its state's change says in the event log; nothing
/// where nothing has changed.
pub(crate) async fn keep(
    app: &App,
    read: &ConnectionWithStatus,
    mut changed: Connection,
    state: ConnectionState,
    domains: &[OrganizationDomain],
) -> Result<Connection, RouteError> {
    let (before, from) = (&read.connection.value, read.status.value.state);
    if changed == *before && state == from {
        return Ok(changed);
    }
    changed.revision = before.revision + u64::from(!changed.continues(before));
    changed.updated_at = app.clock().now();
    let event = state_event(&changed, from, state, domains);
    app.store().update_connection(read, &changed, state, event).await.map_err(refused)?;
    Ok(changed)
}

fn state_event(
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
    Some(connection_event(name, connection, to, domains))
}

/// `DELETE /connections/{id}`
pub(crate) async fn delete(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    let connection = load(&app, &id).await?.connection.value;
    let owner = organizations::load(&app, &connection.organization_id.to_string()).await?.value;
    retried(|| delete_one(&app, connection.id, &owner.domains, None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a connection, if it is still there. Its event comes behind `after`, and its id is returned.
pub(crate) async fn delete_one(
    app: &App,
    id: ConnectionId,
    domains: &[OrganizationDomain],
    after: Option<EventId>,
) -> Result<Option<EventId>, RouteError> {
    let Some(read) = app.store().connection(id).await? else { return Ok(after) };
    let (connection, state) = (&read.connection.value, read.status.value.state);
    let mut event = connection_event(EventName::ConnectionDeleted, connection, state, domains);
    event.after = event.after.max(after);
    app.store().delete_connection(&read, event).await.map_err(refused)
}

/// The connection that a path names.
pub(crate) async fn load(app: &App, id: &str) -> Result<ConnectionWithStatus, RouteError> {
    let missing = || RouteError::ConnectionNotFound(id.to_owned());
    let parsed = ConnectionId::parse(id).map_err(|_| missing())?;
    app.store().connection(parsed).await?.ok_or_else(missing)
}

fn refused(error: WriteConnectionError) -> RouteError {
    match error {
        // It was there a moment ago: somebody is deleting it.
        WriteConnectionError::NoOrganization | WriteConnectionError::Raced => RouteError::Raced,
        WriteConnectionError::TooMany => RouteError::TooManyConnections,
        WriteConnectionError::Store(error) => error.into(),
    }
}
