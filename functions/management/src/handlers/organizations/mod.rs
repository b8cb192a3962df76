//! Organizations: the customers of the SaaS product.

mod domains;
mod input;
mod view;

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::organization::{Features, Organization, OrganizationDetails, Policy};
use portico_shared::domain::portal::ItContact;
use portico_shared::operations::connections;
use portico_shared::store::page::{Page, PageRequest};
use portico_shared::store::{DeleteOrganizationError, NewDomain, Versioned, WriteOrganizationError};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::Trouble;
use portico_shared::web::json::JsonBody;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use portico_shared::web::portal::contact_event;
use portico_shared::web::retried::retried;
use serde_json::Value;

use super::directories;
use crate::error::RouteError;
use crate::paging::{envelope, page_of, page_request};
use domains::DomainChanges;
use input::{OrganizationBody, OrganizationChange};
use view::organization_view;

/// The most domains that a list is filtered by.
const MOST_FILTERED_DOMAINS: usize = 10;

/// `GET /organizations`
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let request = page_request::<OrganizationId>(&query)?;
    let search = query.filter("search").map(str::to_lowercase).unwrap_or_default();
    let found = |organization: &Organization| organization.name.to_lowercase().contains(&search);
    let domains = domain_filter(&query)?;
    let ids = if domains.is_empty() {
        app.store().list_organizations(&request, found).await?.map(|organization| organization.id)
    } else {
        claimants(&app, &domains, &request).await?
    };
    let mut details = load_all(&app, ids.items).await?;
    details.retain(|details| found(&details.organization));
    let items = details.iter().map(|details| shown(&app, details)).collect();
    Ok(Json(envelope(Page { items, before: ids.before, after: ids.after })))
}

/// The domains that a list is filtered by: `domains=a,b`, `domains=a&domains=b` or `domains[]=a&domains[]=b`.
fn domain_filter(query: &ListQuery) -> Result<Vec<DomainName>, RouteError> {
    let named = query.filters("domains");
    let texts: Vec<&str> =
        named.iter().flat_map(|text| text.split(',')).filter(|text| !text.is_empty()).collect();
    if texts.len() > MOST_FILTERED_DOMAINS {
        let message =
            format!("domains can name at most {MOST_FILTERED_DOMAINS} domains, got {}.", texts.len());
        return Err(RouteError::field("domains", "too_many", message));
    }
    let parse = |text: &&str| {
        DomainName::parse(text)
            .map_err(|error| RouteError::field("domains", "invalid", format!("domains: {error}.")))
    };
    texts.iter().map(parse).collect()
}

async fn claimants(
    app: &App,
    domains: &[DomainName],
    request: &PageRequest,
) -> Result<Page<OrganizationId>, RouteError> {
    let mut ids = Vec::new();
    for domain in domains {
        ids.extend(app.store().organizations_claiming(domain).await?);
    }
    ids.sort();
    ids.dedup();
    Ok(page_of(ids, request, |id| *id))
}

/// `POST /organizations`
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<OrganizationBody>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let change = body.check_new()?;
    let now = app.clock().now();
    let mut organization = Organization {
        id: OrganizationId::mint(now, app.rng()),
        name: String::new(),
        external_id: None,
        metadata: Default::default(),
        stripe_customer_id: None,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let mut policy = Policy::default();
    change.apply(&mut organization, &mut policy)?;
    let mut details = OrganizationDetails { organization, domains: Vec::new(), policy };
    let changes = DomainChanges::decide(&app, &details, &change.domains.unwrap_or_default())?;
    details.domains = changes.result;
    let OrganizationDetails { organization, policy, .. } = &details;
    let event = event(&app, EventName::OrganizationCreated, &details);
    let written = app.store().create_organization(organization, policy, &changes.added, event).await;
    written.map_err(|error| refused(error, organization, &changes.added))?;
    Ok((StatusCode::CREATED, Json(shown(&app, &details))))
}

/// `GET /organizations/{id}`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    Ok(Json(shown(&app, &load(&app, &id).await?.value)))
}

/// `GET /organizations/external_id/{external_id}`
pub(crate) async fn find_by_external_id(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(external_id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let missing = || RouteError::OrganizationNotFound(external_id.clone());
    let id = app.store().organization_by_external_id(&external_id).await?.ok_or_else(missing)?;
    let read = app.store().organization(id).await?.ok_or_else(missing)?;
    Ok(Json(shown(&app, &read.value)))
}

/// `PUT /organizations/{id}`: what the body leaves out stays as it is.
pub(crate) async fn update(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
    JsonBody(body): JsonBody<OrganizationBody>,
) -> Result<Json<Value>, RouteError> {
    let change = body.check()?;
    retried(|| update_once(&app, &id, &change)).await.map(Json)
}

async fn update_once(app: &App, id: &str, change: &OrganizationChange) -> Result<Value, RouteError> {
    let read = load(app, id).await?;
    let mut details = read.value.clone();
    change.apply(&mut details.organization, &mut details.policy)?;
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    if let Some(wanted) = &change.domains {
        let changes = DomainChanges::decide(app, &read.value, wanted)?;
        details.domains = changes.result;
        (added, removed) = (changes.added, changes.removed);
    }
    if details == read.value {
        return Ok(shown(app, &details));
    }
    details.organization.updated_at = app.clock().now();
    let OrganizationDetails { organization, policy, .. } = &details;
    let event = event(app, EventName::OrganizationUpdated, &details);
    let written =
        app.store().update_organization(&read, (organization, policy), (&added, &removed), event).await;
    written.map_err(|error| refused(error, organization, &added))?;
    Ok(shown(app, &details))
}

/// `DELETE /organizations/{id}`: its connections and directories go first, each with its own event, so that a deletion that
/// was cut short goes on where it stopped when it is asked for again.
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    retried(|| delete_once(&app, &id)).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn delete_once(app: &App, id: &str) -> Result<(), RouteError> {
    let read = load(app, id).await?;
    let details = &read.value;
    let mut last = None;
    for connection in app.store().connections_of(details.organization.id).await? {
        last = connections::delete(app, connection.id, &details.domains, last).await?;
    }
    // Their rows go later, by themselves; nobody gets in by them from now on.
    for directory in app.store().directories_of(details.organization.id).await? {
        directories::begin_deletion(app, directory).await?;
    }
    let mut event = event(app, EventName::OrganizationDeleted, details);
    event.after = event.after.max(last);
    let told = |contact: &ItContact| contact_event(EventName::ItContactDeleted, contact);
    app.store().delete_organization(&read, told, event).await.map_err(|error| match error {
        // A connection made meanwhile: it goes with the next attempt.
        DeleteOrganizationError::HasConnections | DeleteOrganizationError::Raced => RouteError::Raced,
        DeleteOrganizationError::Store(error) => error.into(),
    })
}

/// The organization that a path or a body names.
pub(crate) async fn load(app: &App, id: &str) -> Result<Versioned<OrganizationDetails>, RouteError> {
    let missing = || RouteError::OrganizationNotFound(id.to_owned());
    let parsed = OrganizationId::parse(id).map_err(|_| missing())?;
    app.store().organization(parsed).await?.ok_or_else(missing)
}

/// Organizations with what hangs on them, read side by side; those that are gone are left out.
pub(crate) async fn load_all(
    app: &App,
    ids: Vec<OrganizationId>,
) -> Result<Vec<OrganizationDetails>, RouteError> {
    let read = |id| {
        let store = app.store().clone();
        tokio::spawn(async move { store.organization(id).await })
    };
    let reads: Vec<_> = ids.into_iter().map(read).collect();
    let mut found = Vec::new();
    for read in reads {
        let read = read.await.map_err(|_| RouteError::Trouble(Trouble::Internal))?;
        found.extend(read?.map(|read| read.value));
    }
    Ok(found)
}

fn shown(app: &App, details: &OrganizationDetails) -> Value {
    organization_view(&details.organization, &details.domains, &details.policy, &app.config().dns)
}

/// Something that happened to an organization.
pub(crate) fn event(app: &App, name: EventName, details: &OrganizationDetails) -> NewEvent {
    let organization = &details.organization;
    NewEvent::new(name, organization.id, shown(app, details))
}

fn refused(error: WriteOrganizationError, organization: &Organization, added: &[NewDomain]) -> RouteError {
    match error {
        WriteOrganizationError::NotFound => RouteError::OrganizationNotFound(organization.id.to_string()),
        WriteOrganizationError::ExternalIdTaken => {
            RouteError::ExternalIdTaken(organization.external_id.clone().unwrap_or_default())
        }
        WriteOrganizationError::DomainTaken(index) => added
            .get(index)
            .map_or(RouteError::Raced, |taken| RouteError::DomainTaken(taken.domain.domain.clone())),
        WriteOrganizationError::TooManyDomains => {
            let message = format!("An organization has at most {} domains.", Features::MOST_DOMAINS);
            RouteError::field("domain_data", "too_many", message)
        }
        WriteOrganizationError::Raced => RouteError::Raced,
        WriteOrganizationError::Store(error) => error.into(),
    }
}
