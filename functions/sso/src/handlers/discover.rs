//! `GET /sso/discover?email=`: whether an address signs in by single sign-on, for the application's own sign-in form.

use axum::Json;
use axum::extract::RawQuery;
use portico_shared::app::App;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::ids::{ConnectionId, OrganizationId};
use portico_shared::store::StoreError;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::RestError;
use portico_shared::web::form::Parameters;
use serde::Serialize;

/// Where an address signs in; all null where it doesn't.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Discovered {
    organization_id: Option<OrganizationId>,
    connection_id: Option<ConnectionId>,
    required: Option<bool>,
}

/// Needs an API key, because it tells who is a customer: with it, anybody could walk through a list of companies. The
/// page at /login tells no more than that single sign-on begins.
pub(crate) async fn show(
    ApiKeyAuth(app): ApiKeyAuth,
    RawQuery(query): RawQuery,
) -> Result<Json<Discovered>, RestError> {
    let parameters = Parameters::from_query(query.as_deref())
        .map_err(|error| RestError::bad_request(error.description))?;
    let email = parameters.text("email").and_then(EmailAddress::parse).ok_or_else(|| {
        RestError::invalid_field(
            "email",
            "invalid_email",
            "Expected email to be an address such as ada@acme.com.",
        )
    })?;
    Ok(Json(discover(&app, &email).await?))
}

/// Three round trips whatever is found: for an unknown domain the same reads are made for ids that nobody has.
async fn discover(app: &App, email: &EmailAddress) -> Result<Discovered, StoreError> {
    let owner = app.store().domain_owner(email.domain()).await?.map(|owner| owner.organization_id);
    let organization = owner.unwrap_or(OrganizationId::from_bytes([0; 16]));
    let (details, connections) =
        tokio::try_join!(app.store().organization(organization), app.store().connections_of(organization))?;
    let complete = connections.iter().filter(|connection| connection.saml.is_complete());
    let mut ids: Vec<ConnectionId> = complete.map(|connection| connection.id).collect();
    if ids.is_empty() {
        ids.push(ConnectionId::from_bytes([0; 16]));
    }
    let states = app.store().connection_states(&ids).await?;
    let active = ids.iter().zip(states).find(|(_, state)| *state == Some(ConnectionState::Active));
    let in_plan = details.is_some_and(|details| details.value.policy.features.sso);
    Ok(match (owner, active) {
        (Some(organization), Some((connection, _))) if in_plan => Discovered {
            organization_id: Some(organization),
            connection_id: Some(*connection),
            // No policy can require single sign-on yet.
            required: Some(false),
        },
        _ => Discovered::default(),
    })
}
