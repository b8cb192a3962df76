//! The sign-in log of an organization.

use axum::Json;
use axum::extract::State;
use portico_shared::app::App;
use portico_shared::domain::ids::SignInId;
use portico_shared::domain::sign_in::{Outcome, SignInRecord};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::FieldError;
use portico_shared::web::list::{ListEnvelope, ListQuery};
use portico_shared::web::timestamp;
use serde_json::{Value, json};

use super::organizations;
use crate::error::RouteError;
use crate::paging::{envelope, page_request};

/// `GET /sign_ins?organization_id=`
pub(crate) async fn list(
    _: ApiKeyAuth,
    State(app): State<App>,
    query: ListQuery,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let id = query.filter("organization_id");
    let id = id.ok_or_else(|| RouteError::Invalid(vec![FieldError::required("organization_id")]))?;
    let request = page_request::<SignInId>(&query)?;
    let organization = organizations::load(&app, id).await?.value.organization;
    let page = app.store().sign_ins(organization.id, &request).await?;
    Ok(Json(envelope(page.map(|record| view(&record)))))
}

fn view(record: &SignInRecord) -> Value {
    let (outcome, profile_id, refusal) = match &record.outcome {
        Outcome::Succeeded { profile_id } => ("succeeded", Some(profile_id), None),
        Outcome::Refused { reason, expected, received } => {
            let refusal = json!({"reason": reason, "expected": expected, "received": received});
            ("refused", None, Some(refusal))
        }
    };
    json!({
        "object": "sign_in",
        "id": record.id,
        "organization_id": record.organization_id,
        "connection_id": record.connection_id,
        "outcome": outcome,
        "profile_id": profile_id,
        "refusal": refusal,
        "warnings": record.warnings,
        "email": record.email,
        "ip_address": record.ip_address,
        "user_agent": record.user_agent,
        "created_at": timestamp::text(record.created_at),
    })
}
