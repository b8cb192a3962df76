//! The sign-in log: of an organization, and an entry by its reference number.

mod personal;
mod view;

use axum::Json;
use portico_shared::domain::ids::SignInId;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::FieldError;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::path::PathOf;
use serde_json::Value;

use super::organizations;
use crate::error::RouteError;
use crate::paging::{envelope, page_request};
pub(crate) use personal::Personal;
use view::view;

/// `GET /sign_ins?organization_id=`
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    personal: Personal,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let id = query.filter("organization_id");
    let id = id.ok_or_else(|| RouteError::Invalid(vec![FieldError::required("organization_id")]))?;
    let request = page_request::<SignInId>(&query)?;
    let organization = organizations::load(&app, id).await?.value.organization;
    let page = app.store().sign_ins(organization.id, &request).await?;
    Ok(Json(envelope(page.map(|record| view(&record, personal)))))
}

/// `GET /sign_ins/{id}`: all that somebody whose sign-in was refused can tell is this number.
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    personal: Personal,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let record = match SignInId::parse(&id) {
        Ok(known) => app.store().sign_in(known).await?,
        Err(_) => None,
    };
    let record = record.ok_or(RouteError::SignInNotFound(id))?;
    Ok(Json(view(&record, personal)))
}
