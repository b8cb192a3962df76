//! IT contacts: whom an organization has named as responsible for its setup.

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::portal::{Grant, Intent, ItContact, LinkKind};
use portico_shared::operations::contacts;
use portico_shared::operations::portal::{self, outside_plan, revoke_link};
use portico_shared::store::{OrganizationSetup, WriteSetupError};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::json::JsonBody;
use portico_shared::web::list::ListEnvelope;
use portico_shared::web::path::PathOf;
use portico_shared::web::portal::{contact_view, link_view};
use portico_shared::web::retried::retried;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::RouteError;

/// `GET /organizations/{id}/it_contacts`: all of them, oldest first.
pub(crate) async fn list(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<ListEnvelope<Value>>, RouteError> {
    let setup = load(&app, &id).await?;
    Ok(Json(ListEnvelope::new(setup.contacts.iter().map(contact_view).collect(), None, None)))
}

/// The body of `POST /organizations/{id}/it_contacts`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewContact {
    email: String,
}

/// `POST /organizations/{id}/it_contacts`: nothing is sent to them.
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
    JsonBody(body): JsonBody<NewContact>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let email = EmailAddress::parse(body.email.trim()).ok_or_else(|| {
        let got: String = body.email.chars().take(100).collect();
        RouteError::field("email", "invalid", format!("email must be an e-mail address; got '{got}'."))
    })?;
    let contact = retried(|| create_once(&app, &id, &email)).await?;
    Ok((StatusCode::CREATED, Json(contact_view(&contact))))
}

async fn create_once(app: &App, id: &str, email: &EmailAddress) -> Result<ItContact, RouteError> {
    let setup = load(app, id).await?;
    Ok(contacts::name(app, (&setup.details, &setup.contacts), email).await?)
}

/// `DELETE /organizations/{id}/it_contacts/{contact}`: links that were sent to them open nothing from now on.
pub(crate) async fn remove(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf((id, contact)): PathOf<(String, String)>,
) -> Result<StatusCode, RouteError> {
    retried(|| async {
        let setup = load(&app, &id).await?;
        contacts::remove(&app, named(&setup, &contact)?).await.map_err(|error| match error {
            WriteSetupError::Raced => RouteError::Raced,
            WriteSetupError::Store(error) => error.into(),
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body of `POST /organizations/{id}/it_contacts/{contact}/invite`.
#[derive(Debug, Deserialize)]
pub(crate) struct Invite {
    intents: Vec<String>,
}

/// `POST /organizations/{id}/it_contacts/{contact}/invite`: a link of their own, sent to them where mail is configured. The
/// answer has the link where it isn't, as an addition of ours.
pub(crate) async fn invite(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf((id, contact)): PathOf<(String, String)>,
    JsonBody(body): JsonBody<Invite>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let intents = intents(&body.intents)?;
    let setup = load(&app, &id).await?;
    let contact = named(&setup, &contact)?;
    if let Some(intent) = outside_plan(&intents, &setup.details.value.policy.features) {
        return Err(RouteError::IntentNotInPlan(intent));
    }
    let organization = &setup.details.value.organization;
    let grant = Grant {
        organization_id: organization.id,
        intents,
        kind: LinkKind::Shareable,
        return_url: None,
        success_url: None,
        contact: Some(contact.named()),
        external_user_id: None,
        inviter: None,
    };
    let invited = portal::invite(&app, (grant, &organization.name), None).await?;
    let mut view = link_view(&invited.made.link);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("mailed".to_owned(), json!(invited.mailed.is_ok()));
        if invited.mailed.is_err() {
            fields.insert("link".to_owned(), json!(invited.made.url));
        }
    }
    Ok((StatusCode::CREATED, Json(view)))
}

fn intents(names: &[String]) -> Result<Vec<Intent>, RouteError> {
    let mut intents = Vec::new();
    for (index, name) in names.iter().enumerate() {
        // The contract's invitations have another name for it than its links.
        let found = Intent::parse(if name == "directory_sync" { "dsync" } else { name });
        let intent = found.ok_or_else(|| {
            let field = format!("intents[{index}]");
            let got: String = name.chars().take(100).collect();
            let message = format!(
                "{field} must be one of sso, directory_sync, domain_verification, settings; got '{got}'."
            );
            RouteError::field(field, "invalid", message)
        })?;
        if !intents.contains(&intent) {
            intents.push(intent);
        }
    }
    if intents.is_empty() {
        return Err(RouteError::field("intents", "required", "intents must name at least one intent."));
    }
    Ok(intents)
}

/// `POST /organizations/{id}/it_contacts/{contact}/revoke`: ends the organization's open invitation.
pub(crate) async fn revoke(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf((id, contact)): PathOf<(String, String)>,
) -> Result<StatusCode, RouteError> {
    retried(|| revoke_once(&app, &id, &contact)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke_once(app: &App, id: &str, contact: &str) -> Result<(), RouteError> {
    let setup = load(app, id).await?;
    let (contact, organization) = (named(&setup, contact)?, setup.details.value.organization.id);
    let missing = || RouteError::NoInvitation(contact.id.to_string());
    let open = app.store().invitation(organization).await?.ok_or_else(missing)?;
    if open.value.contact.as_ref().is_none_or(|invited| invited.id != contact.id) {
        return Err(missing());
    }
    Ok(revoke_link(app, organization, open.value.link_id).await?)
}

async fn load(app: &App, id: &str) -> Result<OrganizationSetup, RouteError> {
    let missing = || RouteError::OrganizationNotFound(id.to_owned());
    let parsed = OrganizationId::parse(id).map_err(|_| missing())?;
    app.store().organization_setup(parsed).await?.ok_or_else(missing)
}

fn named<'a>(setup: &'a OrganizationSetup, id: &str) -> Result<&'a ItContact, RouteError> {
    let found = setup.contacts.iter().find(|contact| contact.id.to_string() == id);
    found.ok_or_else(|| RouteError::ContactNotFound(id.to_owned()))
}
