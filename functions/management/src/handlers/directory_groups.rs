//! Groups of directories, as their providers pushed them.

use axum::Json;
use portico_shared::app::App;
use portico_shared::domain::directory::DirectoryGroup;
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId};
use portico_shared::store::page::{Page, PageRequest};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::directory::group_view;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use serde_json::Value;

use crate::error::RouteError;
use crate::paging::{Direction, envelope, none, page_request, part_of};

/// `GET /directory_groups`: of a directory, or those that a user is in.
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let request = page_request::<DirectoryGroupId>(&query)?;
    let directory = query.filter("directory").map(DirectoryId::parse);
    let page = match (directory, query.filter("user")) {
        (None, None) => {
            return Err(RouteError::field(
                "directory",
                "required",
                "Name a directory or a user: directory=directory_… or user=directory_user_….",
            ));
        }
        (Some(Err(_)), _) => none(),
        (directory, Some(user)) => of_user(&app, directory.and_then(Result::ok), user, &request).await?,
        (Some(Ok(directory)), None) => of_directory(&app, directory, &request).await?,
    };
    Ok(Json(envelope(page.map(|group| group_view(&group)))))
}

async fn of_directory(
    app: &App,
    directory: DirectoryId,
    request: &PageRequest,
) -> Result<Page<DirectoryGroup>, RouteError> {
    let Direction { cursor, descending } = Direction::of(request);
    let after = cursor.and_then(|cursor| DirectoryGroupId::parse(&cursor).ok());
    let listed = app.store().list_directory_groups(directory, after, (request.limit + 1, descending)).await?;
    let groups = listed.items.into_iter().map(|read| read.value).collect();
    Ok(part_of(groups, request, |group: &DirectoryGroup| group.id))
}

async fn of_user(
    app: &App,
    directory: Option<DirectoryId>,
    user: &str,
    request: &PageRequest,
) -> Result<Page<DirectoryGroup>, RouteError> {
    let Ok(user) = DirectoryUserId::parse(user) else { return Ok(none()) };
    let Some(place) = app.store().directory_of_user(user).await? else { return Ok(none()) };
    if directory.is_some_and(|directory| directory != place) {
        return Ok(none());
    }
    let Direction { cursor, descending } = Direction::of(request);
    let after = cursor.and_then(|cursor| DirectoryGroupId::parse(&cursor).ok());
    let (edges, _) = app.store().memberships((place, user), after, (request.limit + 1, descending)).await?;
    let ids: Vec<_> = edges.iter().map(|edge| edge.group).collect();
    let groups = app.store().directory_groups(place, &ids).await?;
    let page = part_of(ids, request, |id| *id);
    let find = |id: &DirectoryGroupId| {
        groups.iter().find(|read| read.value.id == *id).map(|read| read.value.clone())
    };
    Ok(Page { items: page.items.iter().filter_map(find).collect(), before: page.before, after: page.after })
}

/// `GET /directory_groups/{id}`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let missing = || RouteError::DirectoryGroupNotFound(id.clone());
    let parsed = DirectoryGroupId::parse(&id).map_err(|_| missing())?;
    let directory = app.store().directory_of_group(parsed).await?.ok_or_else(missing)?;
    let group = app.store().directory_groups(directory, &[parsed]).await?.pop().ok_or_else(missing)?;
    Ok(Json(group_view(&group.value)))
}
