//! `/Users`

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use portico_protocol::scim::{Patch, Projection, ResourceKind, read_resource};

use super::{Asked, Id};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::users::{self, UserNow};
use crate::{answer, list, shown};

const KIND: ResourceKind = ResourceKind::User;

fn answered(status: StatusCode, caller: &Caller, now: &UserNow, projection: &Projection) -> Response {
    let shown = shown::user(&caller.base, &now.user, &now.edges);
    answer::resource(status, shown, projection)
}

/// `GET /Users`
pub(crate) async fn list(caller: Caller, asked: Asked) -> Result<Response, RouteError> {
    let query = caller.admitted(asked.parameters.list(KIND)).await?;
    list::list(&caller, KIND, query).await
}

/// `POST /Users`
pub(crate) async fn create(caller: Caller, asked: Asked, body: Bytes) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let incoming = caller.admitted(read_resource(&body, KIND)).await?;
    let now = users::create(&caller, &incoming.document).await?;
    Ok(answered(StatusCode::CREATED, &caller, &now, &projection))
}

/// `GET /Users/{id}`
pub(crate) async fn find(caller: Caller, Id(id): Id, asked: Asked) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let now = users::find(&caller, &id, shown::wants_edges(KIND, &projection)).await?;
    asked.preconditions.check_read(now.user.version)?;
    Ok(answered(StatusCode::OK, &caller, &now, &projection))
}

/// `PUT /Users/{id}`
pub(crate) async fn replace(
    caller: Caller,
    Id(id): Id,
    asked: Asked,
    body: Bytes,
) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let incoming = caller.admitted(read_resource(&body, KIND)).await?;
    let edges = shown::wants_edges(KIND, &projection);
    let now = users::replace(&caller, (&id, &incoming.document), &asked.preconditions, edges).await?;
    Ok(answered(StatusCode::OK, &caller, &now, &projection))
}

/// `PATCH /Users/{id}`
pub(crate) async fn change(
    caller: Caller,
    Id(id): Id,
    asked: Asked,
    body: Bytes,
) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let patch = caller.admitted(Patch::parse(&body, KIND)).await?;
    let edges = shown::wants_edges(KIND, &projection);
    let now = users::patch(&caller, (&id, &patch), &asked.preconditions, edges).await?;
    Ok(answered(StatusCode::OK, &caller, &now, &projection))
}

/// `DELETE /Users/{id}`
pub(crate) async fn delete(caller: Caller, Id(id): Id, asked: Asked) -> Result<Response, RouteError> {
    users::delete(&caller, &id, &asked.preconditions).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
