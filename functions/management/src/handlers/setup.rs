//! How far an organization's setup has come: what the application's own settings page shows.

use axum::Json;
use axum::extract::State;
use portico_shared::app::App;
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::directory::Directory;
use portico_shared::domain::organization::OrganizationDetails;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::directory::rest_state;
use portico_shared::web::organization_domain::domain_view;
use portico_shared::web::path::PathOf;
use serde_json::{Value, json};

use super::organizations;
use crate::error::RouteError;

/// `GET /organizations/{id}/setup`
pub(crate) async fn find(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let details = organizations::load(&app, &id).await?.value;
    let connections = app.store().connections_of(details.organization.id).await?;
    let ids: Vec<_> = connections.iter().map(|connection| connection.id).collect();
    let states = app.store().connection_states(&ids).await?;
    let standing =
        connections.into_iter().zip(states).filter_map(|(connection, state)| Some((connection, state?)));
    let sso = standing.max_by_key(|(_, state)| rank(*state));
    let newest = app.store().directories_of(details.organization.id).await?.pop();
    let directory = match newest {
        Some(id) => app.store().directory(id).await?.map(|read| read.value),
        None => None,
    };
    Ok(Json(view(&app, &details, sso, directory.as_ref())))
}

/// Which of several connections is the one that a settings page is about: the furthest, and of those the newest.
fn rank(state: ConnectionState) -> u8 {
    match state {
        ConnectionState::Inactive => 0,
        ConnectionState::Draft => 1,
        ConnectionState::Validating => 2,
        ConnectionState::Active => 3,
    }
}

fn view(
    app: &App,
    details: &OrganizationDetails,
    sso: Option<(Connection, ConnectionState)>,
    directory: Option<&Directory>,
) -> Value {
    let features = &details.policy.features;
    let verified = details.domains.iter().any(|domain| domain.state.owns());
    let label = match sso.as_ref().map(|(_, state)| state) {
        None => "Configure SSO",
        Some(ConnectionState::Draft | ConnectionState::Validating) => "Continue SSO setup",
        Some(ConnectionState::Active | ConnectionState::Inactive) => "Reconfigure your SSO",
    };
    let sso = sso.map(|(connection, state)| {
        json!({
            "connection_id": connection.id,
            "connection_type": connection.connection_type.as_str(),
            "name": connection.name,
            "state": state.as_str(),
        })
    });
    json!({
        "object": "organization_setup",
        "organization_id": details.organization.id,
        "features": features,
        "domains": details.domains.iter().map(|domain| domain_view(domain, &app.config().dns)).collect::<Vec<_>>(),
        "sso": sso,
        "directory": directory.map(|directory| json!({
            "directory_id": directory.id,
            "type": directory.directory_type.as_str(),
            "name": directory.name,
            "state": rest_state(directory.state),
        })),
        "it_contacts": [],
        // What has to be there before single sign-on can be set up.
        "unmet_prerequisites": if verified { vec![] } else { vec!["verified_domain"] },
        // A feature outside of the plan isn't shown.
        "sso_button_label": features.sso.then_some(label),
    })
}
