//! Links for a colleague: seven days, once, one open at a time. Not in the contract.

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::ids::{ItContactId, PortalLinkId};
use portico_shared::domain::portal::{Grant, Intent, LinkContact, LinkKind, LinkStanding};
use portico_shared::operations::portal::{invite, outside_plan, revoke_link};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::json::JsonBody;
use portico_shared::web::path::PathOf;
use portico_shared::web::portal::link_view;
use portico_shared::web::retried::retried;
use serde::Deserialize;
use serde_json::{Value, json};

use super::in_app::load;
use crate::error::RouteError;
use crate::input::Problems;

/// The body of `POST /portal/links`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewLink {
    organization: String,
    #[serde(default)]
    intents: Option<Vec<String>>,
    #[serde(default)]
    it_contact_id: Option<String>,
    #[serde(default)]
    return_url: Option<String>,
    #[serde(default)]
    success_url: Option<String>,
    #[serde(default)]
    external_user_id: Option<String>,
    /// Whether it ends the open invitation.
    #[serde(default)]
    replace: bool,
}

/// `POST /portal/links`: with an IT contact, it is sent to them where mail is configured.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<NewLink>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let mut problems = Problems::default();
    let names = body.intents.clone().unwrap_or_else(|| vec![Intent::Settings.as_str().to_owned()]);
    let mut intents: Vec<Intent> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let intent = problems.intent(&format!("intents[{index}]"), name);
        intents.extend(intent.filter(|intent| !intents.contains(intent)));
    }
    problems.url("return_url", body.return_url.as_deref());
    problems.url("success_url", body.success_url.as_deref());
    if let Some(text) = &body.external_user_id {
        problems.external_user_id(text);
    }
    problems.finish()?;
    if intents.is_empty() {
        return Err(RouteError::field("intents", "required", "intents must name at least one intent."));
    }
    retried(|| create_once(&app, &body, &intents)).await
}

async fn create_once(
    app: &App,
    body: &NewLink,
    intents: &[Intent],
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let setup = load(app, &body.organization).await?;
    let organization = &setup.details.value.organization;
    if let Some(intent) = outside_plan(intents, &setup.details.value.policy.features) {
        return Err(RouteError::NotInPlan(intent));
    }
    let contact = body.it_contact_id.as_deref().map(|id| contact(&setup.contacts, id)).transpose()?;
    let open = if body.replace { app.store().invitation(organization.id).await? } else { None };
    let grant = Grant {
        organization_id: organization.id,
        intents: intents.to_vec(),
        kind: LinkKind::Shareable,
        return_url: body.return_url.clone(),
        success_url: body.success_url.clone(),
        contact,
        external_user_id: body.external_user_id.clone(),
        inviter: None,
    };
    let invited = invite(app, (grant, &organization.name), open.as_ref()).await?;
    let mut view = link_view(&invited.made.link);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("link".to_owned(), json!(invited.made.url));
        fields.insert("mailed".to_owned(), json!(invited.mailed.is_ok()));
    }
    Ok((StatusCode::CREATED, Json(view)))
}

fn contact(known: &[portico_shared::domain::portal::ItContact], id: &str) -> Result<LinkContact, RouteError> {
    let named = ItContactId::parse(id).ok();
    let found = known.iter().find(|contact| Some(contact.id) == named);
    found.map(|contact| contact.named()).ok_or_else(|| {
        let message = "it_contact_id must be the id of an IT contact of this organization.";
        RouteError::field("it_contact_id", "not_found", message)
    })
}

/// `DELETE /portal/links/{id}`: it opens nothing from now on, and the visit that it has begun is over.
pub(crate) async fn revoke(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    retried(|| revoke_once(&app, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_once(app: &App, id: &str) -> Result<(), RouteError> {
    let missing = || RouteError::LinkNotFound(id.to_owned());
    let parsed = PortalLinkId::parse(id).map_err(|_| missing())?;
    let organization = app.store().organization_of_link(parsed).await?.ok_or_else(missing)?;
    let read = app.store().portal_link(organization, parsed).await?.ok_or_else(missing)?;
    // Also where it was ended before: what hangs on it may be left.
    revoke_link(app, organization, parsed).await?;
    match read.value.standing(app.clock().now()) {
        LinkStanding::Revoked => Err(missing()),
        LinkStanding::Open | LinkStanding::Expired | LinkStanding::Used => Ok(()),
    }
}
