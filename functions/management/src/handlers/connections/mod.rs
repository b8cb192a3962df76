//! Connections: how one organization's people sign in.

mod input;
mod saml;
mod view;

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::connection::{Connection, ConnectionState, ConnectionType, SamlSettings};
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::ids::{ConnectionId, OrganizationId};
use portico_shared::operations::connections;
use portico_shared::store::ConnectionWithStatus;
use portico_shared::store::page::{Page, PageRequest};
use portico_shared::web::auth::ApiKeyAuth;
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
use view::connection_view;

/// `GET /connections`
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
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
    ApiKeyAuth(app): ApiKeyAuth,
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
        connection_type: ConnectionType::GenericSAML,
        attribute_map: Default::default(),
        saml: SamlSettings::default(),
        oidc: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    provider.apply(&app, &mut connection.saml)?;
    connection.connection_type = connection.saml.connection_type();
    change.apply(&mut connection)?;
    let state = decide_state(change.state, ConnectionState::Draft, &connection.saml)?;
    connections::create(&app, &connection, state, &owner.domains).await?;
    Ok((StatusCode::CREATED, Json(connection_view(&app, &connection, state, &owner.domains))))
}

/// `GET /connections/{id}`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let read = load(&app, &id).await?;
    let connection = &read.connection.value;
    let owner = organizations::load(&app, &connection.organization_id.to_string()).await?.value;
    Ok(Json(connection_view(&app, connection, read.status.value.state, &owner.domains)))
}

/// `PATCH /connections/{id}`: what the body leaves out stays as it is.
pub(crate) async fn update(
    ApiKeyAuth(app): ApiKeyAuth,
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
    if before.saml.idp_entity_id.is_none() && before.connection_type == ConnectionType::GenericSAML {
        connection.connection_type = connection.saml.connection_type();
    }
    change.apply(&mut connection)?;
    let state = decide_state(change.state, from, &connection.saml)?;
    let connection = connections::keep(app, &read, connection, state, &owner.domains).await?;
    Ok(connection_view(app, &connection, state, &owner.domains))
}

/// `DELETE /connections/{id}`
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    let connection = load(&app, &id).await?.connection.value;
    let owner = organizations::load(&app, &connection.organization_id.to_string()).await?.value;
    retried(|| connections::delete(&app, connection.id, &owner.domains, None)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The connection that a path names.
pub(crate) async fn load(app: &App, id: &str) -> Result<ConnectionWithStatus, RouteError> {
    let missing = || RouteError::ConnectionNotFound(id.to_owned());
    let parsed = ConnectionId::parse(id).map_err(|_| missing())?;
    app.store().connection(parsed).await?.ok_or_else(missing)
}
