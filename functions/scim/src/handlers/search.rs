//! `POST …/.search`: a list whose query travels in a body (RFC 7644 §3.4.3).

use axum::response::Response;
use bytes::Bytes;
use portico_protocol::scim::{ResourceKind, ScimError, SearchRequest};

use crate::caller::Caller;
use crate::error::RouteError;
use crate::list;
use crate::query::Parameters;

fn parameters(body: &[u8]) -> Result<Parameters, ScimError> {
    let request = SearchRequest::parse(body)?;
    Ok(Parameters {
        filter: request.filter,
        sort_by: request.sort_by,
        sort_order: request.sort_order,
        start_index: request.start_index.map(|number| number.to_string()),
        count: request.count.map(|number| number.to_string()),
        cursor: request.cursor,
        attributes: request.attributes,
        excluded_attributes: request.excluded_attributes,
    })
}

/// `POST /Users/.search`
pub(crate) async fn users(caller: Caller, body: Bytes) -> Result<Response, RouteError> {
    let query = parameters(&body).and_then(|parameters| parameters.list(ResourceKind::User));
    list::list(&caller, ResourceKind::User, caller.admitted(query).await?).await
}

/// `POST /Groups/.search`
pub(crate) async fn groups(caller: Caller, body: Bytes) -> Result<Response, RouteError> {
    let query = parameters(&body).and_then(|parameters| parameters.list(ResourceKind::Group));
    list::list(&caller, ResourceKind::Group, caller.admitted(query).await?).await
}

/// `POST /.search`: users, and groups behind them.
pub(crate) async fn everything(caller: Caller, body: Bytes) -> Result<Response, RouteError> {
    let queries = parameters(&body).and_then(|parameters| {
        parameters.by_number_alone()?;
        Ok((parameters.list(ResourceKind::User)?, parameters.list(ResourceKind::Group)?))
    });
    list::both(&caller, caller.admitted(queries).await?).await
}
