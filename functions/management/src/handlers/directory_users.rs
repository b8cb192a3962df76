//! Users of directories, as their providers pushed them.

use axum::Json;
use portico_protocol::scim::fold;
use portico_shared::app::App;
use portico_shared::domain::directory::DirectoryUser;
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId};
use portico_shared::store::DirectoryIndex;
use portico_shared::store::page::{Page, PageRequest};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::directory::user_view;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use serde_json::{Value, json};

use crate::error::RouteError;
use crate::paging::{Direction, envelope, none, page_of, page_request, part_of};

/// How many users with one address are looked at.
const MOST_OF_AN_ADDRESS: usize = 1000;

/// `GET /directory_users`: of a directory or of a group; with a directory, also by the provider's id or by the address.
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let request = page_request::<DirectoryUserId>(&query)?;
    let directory = query.filter("directory").map(DirectoryId::parse);
    let group = query.filter("group");
    let one = query.filter("idp_id").or(query.filter("email"));
    let page = match (directory, group) {
        (None, None) => {
            return Err(RouteError::field(
                "directory",
                "required",
                "Name a directory or a group: directory=directory_… or group=directory_group_….",
            ));
        }
        (Some(Err(_)), _) => none(),
        (directory, Some(group)) => of_group(&app, directory.and_then(Result::ok), group, &request).await?,
        (Some(Ok(directory)), None) if one.is_some() => {
            let found = named(&app, directory, &query).await?;
            page_of(found, &request, |user| user.id)
        }
        (Some(Ok(directory)), None) => of_directory(&app, directory, &request).await?,
    };
    Ok(Json(envelope(page.map(|user| view(&user)))))
}

async fn of_directory(
    app: &App,
    directory: DirectoryId,
    request: &PageRequest,
) -> Result<Page<DirectoryUser>, RouteError> {
    let Direction { cursor, descending } = Direction::of(request);
    let after = cursor.and_then(|cursor| DirectoryUserId::parse(&cursor).ok());
    let listed = app.store().list_directory_users(directory, after, (request.limit + 1, descending)).await?;
    let users = listed.items.into_iter().map(|read| read.value).collect();
    Ok(part_of(users, request, |user: &DirectoryUser| user.id))
}

async fn of_group(
    app: &App,
    directory: Option<DirectoryId>,
    group: &str,
    request: &PageRequest,
) -> Result<Page<DirectoryUser>, RouteError> {
    let Ok(group) = DirectoryGroupId::parse(group) else { return Ok(none()) };
    let Some(place) = app.store().directory_of_group(group).await? else { return Ok(none()) };
    if directory.is_some_and(|directory| directory != place) {
        return Ok(none());
    }
    let Direction { cursor, descending } = Direction::of(request);
    let after = cursor.and_then(|cursor| DirectoryUserId::parse(&cursor).ok());
    let (edges, _) = app.store().members((place, group), after, (request.limit + 1, descending)).await?;
    let ids: Vec<_> = edges.iter().map(|edge| edge.user).collect();
    let users = app.store().directory_users(place, &ids).await?;
    let page = part_of(ids, request, |id| *id);
    let find =
        |id: &DirectoryUserId| users.iter().find(|read| read.value.id == *id).map(|read| read.value.clone());
    Ok(Page { items: page.items.iter().filter_map(find).collect(), before: page.before, after: page.after })
}

/// Those whom the provider knows by an id, or who have an address.
async fn named(
    app: &App,
    directory: DirectoryId,
    query: &ListQuery,
) -> Result<Vec<DirectoryUser>, RouteError> {
    let store = app.store();
    let ids = match (query.filter("idp_id"), query.filter("email")) {
        (Some(idp_id), _) => {
            let by_id = store.user_with_external_id(directory, idp_id).await?;
            let by_name = store.user_with_name(directory, &fold(idp_id)).await?;
            by_id.into_iter().chain(by_name).collect()
        }
        (None, Some(email)) => {
            store.users_having(directory, (DirectoryIndex::Email, &fold(email)), MOST_OF_AN_ADDRESS).await?
        }
        (None, None) => Vec::new(),
    };
    let mut users = store.directory_users(directory, &ids).await?;
    users.dedup_by_key(|read| read.value.id);
    let is_meant = |user: &DirectoryUser| {
        let by_id = query.filter("idp_id").is_none_or(|id| user.idp_id() == id);
        let primary = user.document.primary_email().map(fold);
        by_id && query.filter("email").is_none_or(|email| primary == Some(fold(email)))
    };
    Ok(users.into_iter().map(|read| read.value).filter(is_meant).collect())
}

/// `GET /directory_users/{id}`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let missing = || RouteError::DirectoryUserNotFound(id.clone());
    let parsed = DirectoryUserId::parse(&id).map_err(|_| missing())?;
    let directory = app.store().directory_of_user(parsed).await?.ok_or_else(missing)?;
    let user = app.store().directory_users(directory, &[parsed]).await?.pop().ok_or_else(missing)?;
    Ok(Json(view(&user.value)))
}

/// The contract's user has its groups as well, and leaves them empty: they are `GET /directory_groups?user=`, however many
/// they are.
fn view(user: &DirectoryUser) -> Value {
    let mut shown = user_view(user);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("groups".to_owned(), json!([]));
    }
    shown
}
