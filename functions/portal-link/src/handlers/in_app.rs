//! Links for admins who are signed in to the application: five minutes, once.

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::portal::{Grant, Intent, LinkKind};
use portico_shared::operations::contacts;
use portico_shared::operations::portal::{make_link, outside_plan, revoke_links};
use portico_shared::store::OrganizationSetup;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::json::JsonBody;
use portico_shared::web::retried::retried;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::RouteError;
use crate::input::Problems;

/// The body of `POST /portal/generate_link`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewLink {
    organization: String,
    #[serde(default)]
    intent: Option<String>,
    #[serde(default)]
    return_url: Option<String>,
    #[serde(default)]
    success_url: Option<String>,
    #[serde(default)]
    external_user_id: Option<String>,
    #[serde(default)]
    it_contact_emails: Option<Vec<String>>,
}

/// `POST /portal/generate_link`. Without an intent, the link is for all that the plan includes.
pub(crate) async fn generate(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<NewLink>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let mut problems = Problems::default();
    let intent = match &body.intent {
        Some(text) => problems.intent("intent", text),
        None => Some(Intent::Settings),
    };
    problems.url("return_url", body.return_url.as_deref());
    problems.url("success_url", body.success_url.as_deref());
    if let Some(text) = &body.external_user_id {
        problems.external_user_id(text);
    }
    let emails = problems.emails("it_contact_emails", body.it_contact_emails.as_deref().unwrap_or_default());
    problems.finish()?;
    let intents: Vec<Intent> = intent.into_iter().collect();
    let setup = retried(|| prepare(&app, &body.organization, &intents, &emails)).await?;
    let grant = Grant {
        organization_id: setup.details.value.organization.id,
        intents,
        kind: LinkKind::InApp,
        return_url: body.return_url,
        success_url: body.success_url,
        contact: None,
        external_user_id: body.external_user_id,
        inviter: None,
    };
    let made = make_link(&app, grant).await?;
    Ok((StatusCode::CREATED, Json(json!({ "link": made.url }))))
}

/// The organization, once its plan includes what the link is for and those of some people are IT contacts of it who weren't.
async fn prepare(
    app: &App,
    organization: &str,
    intents: &[Intent],
    emails: &[EmailAddress],
) -> Result<OrganizationSetup, RouteError> {
    let setup = load(app, organization).await?;
    if let Some(intent) = outside_plan(intents, &setup.details.value.policy.features) {
        return Err(RouteError::NotInPlan(intent));
    }
    contacts::name_all(app, (&setup.details, &setup.contacts), emails).await?;
    Ok(setup)
}

/// The body of `POST /portal/revoke_link`.
#[derive(Debug, Deserialize)]
pub(crate) struct WhoseLinks {
    organization: String,
    external_user_id: String,
}

/// `POST /portal/revoke_link`: every link that was made for a user of the application, and the visits that those have begun.
pub(crate) async fn revoke(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<WhoseLinks>,
) -> Result<StatusCode, RouteError> {
    let mut problems = Problems::default();
    problems.external_user_id(&body.external_user_id);
    problems.finish()?;
    let organization = load(&app, &body.organization).await?.details.value.organization.id;
    let user = Some(body.external_user_id.as_str());
    revoke_links(&app, organization, |link| link.grant.external_user_id.as_deref() == user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The organization that a body names.
pub(super) async fn load(app: &App, id: &str) -> Result<OrganizationSetup, RouteError> {
    let missing = || RouteError::OrganizationNotFound(id.to_owned());
    let parsed = OrganizationId::parse(id).map_err(|_| missing())?;
    app.store().organization_setup(parsed).await?.ok_or_else(missing)
}
