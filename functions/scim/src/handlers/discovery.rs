//! What the server can do (RFC 7644 §4). It is the same for everybody, and shown to whoever has a token.

use axum::response::Response;
use http::StatusCode;
use portico_protocol::scim::{self, ScimError};
use portico_shared::store::DirectoryWants;
use serde_json::Value;

use super::{Asked, Id};
use crate::answer::json;
use crate::caller::Caller;
use crate::error::RouteError;

/// Lists of definitions can't be filtered (RFC 7644 §4): the question would be about something else.
fn unfiltered(asked: &Asked) -> Result<(), RouteError> {
    match asked.parameters.filter {
        Some(_) => Err(RouteError::Scim(ScimError {
            status: 403,
            scim_type: None,
            detail: "Definitions can't be filtered: ask without a filter.".to_owned(),
        })),
        None => Ok(()),
    }
}

fn listed(definitions: Vec<Value>) -> Response {
    let total = definitions.len();
    json(StatusCode::OK, &scim::list_response(Some(total as u64), Some(1), definitions, (None, None)))
}

fn one(definition: Option<Value>, what: &str) -> Result<Response, RouteError> {
    definition.map(|definition| json(StatusCode::OK, &definition)).ok_or_else(|| {
        RouteError::Scim(ScimError {
            status: 404,
            scim_type: None,
            detail: format!("There is no such {what}."),
        })
    })
}

/// `GET /ServiceProviderConfig`
pub(crate) async fn service_provider_config(caller: Caller, asked: Asked) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    unfiltered(&asked)?;
    Ok(json(StatusCode::OK, &scim::service_provider_config(&caller.base)))
}

/// `GET /ResourceTypes`
pub(crate) async fn resource_types(caller: Caller, asked: Asked) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    unfiltered(&asked)?;
    Ok(listed(scim::resource_types(&caller.base)))
}

/// `GET /ResourceTypes/{name}`
pub(crate) async fn resource_type(caller: Caller, Id(name): Id) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    let named = |kind: &Value| kind["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&name));
    one(scim::resource_types(&caller.base).into_iter().find(named), "resource type")
}

/// `GET /Schemas`
pub(crate) async fn schemas(caller: Caller, asked: Asked) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    unfiltered(&asked)?;
    Ok(listed(scim::schemas(&caller.base)))
}

/// `GET /Schemas/{urn}`
pub(crate) async fn schema(caller: Caller, Id(urn): Id) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    one(scim::schema(&caller.base, &urn), "schema")
}

/// `/Me`: a bearer token is a directory's, nobody's own (RFC 7644 §3.11).
pub(crate) async fn me(caller: Caller) -> Result<Response, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    Err(RouteError::Scim(ScimError {
        status: 501,
        scim_type: None,
        detail: "A directory's token is no user's, so there is no /Me. Ask for users by id or by a filter."
            .to_owned(),
    }))
}
