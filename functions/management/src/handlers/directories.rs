//! Directories: where identity providers push an organization's people and groups to.

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::directory::{Directory, DirectoryCounts, DirectoryType};
use portico_shared::domain::ids::{DirectoryId, OrganizationId};
use portico_shared::domain::token::PlainToken;
use portico_shared::operations;
use portico_shared::store::Versioned;
use portico_shared::store::page::Page;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::directory::rest_state;
use portico_shared::web::json::JsonBody;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use portico_shared::web::timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::organizations;
use crate::error::RouteError;
use crate::input::Problems;
use crate::paging::{envelope, page_request};

/// The body of `POST /directories`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewDirectory {
    organization_id: String,
    name: String,
    #[serde(rename = "type")]
    directory_type: String,
}

/// `GET /directories`
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let request = page_request::<DirectoryId>(&query)?;
    let organization = query.filter("organization_id").map(OrganizationId::parse);
    if let Some(Err(_)) = organization {
        return Ok(Json(envelope(Page { items: Vec::new(), before: None, after: None })));
    }
    let organization = organization.and_then(Result::ok);
    let search = query.filter("search").map(str::to_lowercase);
    let keep = |directory: &Directory| {
        let owned = organization.is_none_or(|id| directory.organization_id == id);
        owned && search.as_ref().is_none_or(|search| directory.name.to_lowercase().contains(search))
    };
    let page = app.store().list_directories(&request, keep).await?;
    let mut shown = Vec::new();
    for directory in &page.items {
        shown.push(view(directory, app.store().directory_counts(directory.id).await?));
    }
    Ok(Json(envelope(Page { items: shown, before: page.before, after: page.after })))
}

/// `POST /directories`: the answer has the token, which is shown this once.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<NewDirectory>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let mut problems = Problems::default();
    let name = problems.name("name", &body.name);
    let directory_type = DirectoryType::parse(&body.directory_type);
    if directory_type.is_none() {
        let known: Vec<_> = DirectoryType::ALL.iter().map(|kind| kind.as_str()).collect();
        let got: String = body.directory_type.chars().take(100).collect();
        let message = format!("type must be one of {}; got “{got}”.", known.join(", "));
        problems.add("type", "invalid", message);
    }
    problems.finish()?;
    let Some(directory_type) = directory_type else { return Err(RouteError::Raced) };
    let (directory, plain) =
        retried(|| create_once(&app, (&body.organization_id, &name, directory_type))).await?;
    let mut shown = view(&directory, DirectoryCounts::default());
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("endpoint".to_owned(), json!(operations::directories::endpoint(&app, directory.id)));
        shown.insert("bearer_token".to_owned(), json!(plain.reveal()));
    }
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn create_once(
    app: &App,
    (organization, name, directory_type): (&str, &str, DirectoryType),
) -> Result<(Directory, PlainToken), RouteError> {
    let owner = organizations::load(app, organization).await?;
    if !owner.value.policy.features.directory_sync {
        return Err(RouteError::DirectorySyncNotInPlan);
    }
    Ok(operations::directories::create(app, &owner, (name, directory_type)).await?)
}

/// `GET /directories/{id}`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let directory = load(&app, &id).await?.value;
    let counts = app.store().directory_counts(directory.id).await?;
    let mut shown = view(&directory, counts);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("endpoint".to_owned(), json!(operations::directories::endpoint(&app, directory.id)));
    }
    Ok(Json(shown))
}

/// `DELETE /directories/{id}`: its tokens open nothing from now on; what is in it goes later, and then `dsync.deleted` says
/// so.
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    let directory = load(&app, &id).await?.value.id;
    retried(|| begin_deletion(&app, directory)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Begins to delete a directory, if it is still there.
pub(crate) async fn begin_deletion(app: &App, id: DirectoryId) -> Result<(), RouteError> {
    if let Some(read) = app.store().directory(id).await? {
        app.store().begin_directory_deletion(&read).await?;
    }
    Ok(())
}

/// The directory that a path names.
pub(super) async fn load(app: &App, id: &str) -> Result<Versioned<Directory>, RouteError> {
    let missing = || RouteError::DirectoryNotFound(id.to_owned());
    let parsed = DirectoryId::parse(id).map_err(|_| missing())?;
    app.store().directory(parsed).await?.ok_or_else(missing)
}

fn view(directory: &Directory, counts: DirectoryCounts) -> Value {
    json!({
        "object": "directory",
        "id": directory.id,
        "organization_id": directory.organization_id,
        "external_key": directory.id,
        "type": directory.directory_type.as_str(),
        "state": rest_state(directory.state),
        "name": directory.name,
        "metadata": {
            "users": { "active": counts.active_users, "inactive": counts.inactive_users },
            "groups": counts.groups,
        },
        "created_at": timestamp::text(directory.created_at),
        "updated_at": timestamp::text(directory.updated_at),
    })
}
