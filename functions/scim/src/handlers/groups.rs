//! `/Groups`

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use portico_protocol::scim::{Patch, Projection, ResourceKind, read_resource};

use super::{Asked, Id};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::groups::{self, GroupNow};
use crate::{answer, list, shown};

const KIND: ResourceKind = ResourceKind::Group;

fn answered(
    status: StatusCode,
    caller: &Caller,
    now: &GroupNow,
    projection: &Projection,
) -> Result<Response, RouteError> {
    if shown::wants_edges(KIND, projection) && now.edges.len() > groups::MOST_MEMBERS {
        // It is done; an error would have it done again.
        let shown = shown::group(&caller.base, &now.group, &[]);
        return Ok(answer::resource(status, shown, projection));
    }
    let shown = shown::group(&caller.base, &now.group, &now.edges);
    Ok(answer::resource(status, shown, projection))
}

/// `GET /Groups`
pub(crate) async fn list(caller: Caller, asked: Asked) -> Result<Response, RouteError> {
    let query = caller.admitted(asked.parameters.list(KIND)).await?;
    list::list(&caller, KIND, query).await
}

/// `POST /Groups`
pub(crate) async fn create(caller: Caller, asked: Asked, body: Bytes) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let incoming = caller.admitted(read_resource(&body, KIND)).await?;
    let now = groups::create(&caller, &incoming).await?;
    answered(StatusCode::CREATED, &caller, &now, &projection)
}

/// `GET /Groups/{id}`
pub(crate) async fn find(caller: Caller, Id(id): Id, asked: Asked) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let now = groups::find(&caller, &id, shown::wants_edges(KIND, &projection)).await?;
    asked.preconditions.check_read(now.group.version)?;
    answered(StatusCode::OK, &caller, &now, &projection)
}

/// `PUT /Groups/{id}`
pub(crate) async fn replace(
    caller: Caller,
    Id(id): Id,
    asked: Asked,
    body: Bytes,
) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let incoming = caller.admitted(read_resource(&body, KIND)).await?;
    let now = groups::replace(&caller, (&id, &incoming), &asked.preconditions).await?;
    answered(StatusCode::OK, &caller, &now, &projection)
}

/// `PATCH /Groups/{id}`: Entra reads no body and wants none. Others get the group, as long as it is known who is in it or
/// isn't asked; where it isn't, the answer has no body (RFC 7644 §3.5.2 allows both).
pub(crate) async fn change(
    caller: Caller,
    Id(id): Id,
    asked: Asked,
    body: Bytes,
) -> Result<Response, RouteError> {
    let projection = caller.admitted(asked.parameters.projection(KIND)).await?;
    let patch = caller.admitted(Patch::parse(&body, KIND)).await?;
    let (group, members) = groups::patch(&caller, (&id, &patch), &asked.preconditions).await?;
    match members.or_else(|| (!shown::wants_edges(KIND, &projection)).then(Vec::new)) {
        Some(edges) if !caller.entra => {
            answered(StatusCode::OK, &caller, &GroupNow { group, edges }, &projection)
        }
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// `DELETE /Groups/{id}`
pub(crate) async fn delete(caller: Caller, Id(id): Id, asked: Asked) -> Result<Response, RouteError> {
    groups::delete(&caller, &id, &asked.preconditions).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
