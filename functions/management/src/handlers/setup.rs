//! How far an organization's setup has come: what the application's own settings page shows.

use axum::Json;
use portico_shared::app::App;
use portico_shared::domain::ids::OrganizationId;
use portico_shared::operations::setup::{Prerequisite, Standing};
use portico_shared::store::OrganizationSetup;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::directory::rest_state;
use portico_shared::web::organization_domain::domain_view;
use portico_shared::web::path::PathOf;
use portico_shared::web::portal::contact_view;
use serde_json::{Value, json};

use crate::error::RouteError;

/// `GET /organizations/{id}/setup`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let missing = || RouteError::OrganizationNotFound(id.clone());
    let parsed = OrganizationId::parse(&id).map_err(|_| missing())?;
    let setup = app.store().organization_setup(parsed).await?.ok_or_else(missing)?;
    let standing = Standing::read(&app, &setup).await?;
    Ok(Json(view(&app, &setup, &standing)))
}

fn view(app: &App, setup: &OrganizationSetup, standing: &Standing) -> Value {
    let details = &setup.details.value;
    let features = &details.policy.features;
    let sso = standing.sso.as_ref().map(|(connection, state)| {
        json!({
            "connection_id": connection.id,
            "connection_type": connection.connection_type.as_str(),
            "name": connection.name,
            "state": state.as_str(),
        })
    });
    let unmet: Vec<_> = setup.unmet().into_iter().map(Prerequisite::as_str).collect();
    json!({
        "object": "organization_setup",
        "organization_id": details.organization.id,
        "features": features,
        "domains": details.domains.iter().map(|domain| domain_view(domain, &app.config().dns)).collect::<Vec<_>>(),
        "sso": sso,
        "directory": standing.directory.as_ref().map(|directory| json!({
            "directory_id": directory.id,
            "type": directory.directory_type.as_str(),
            "name": directory.name,
            "state": rest_state(directory.state),
        })),
        "it_contacts": setup.contacts.iter().map(contact_view).collect::<Vec<_>>(),
        // What has to be there before single sign-on can be set up.
        "unmet_prerequisites": unmet,
        // A feature outside of the plan isn't shown.
        "sso_button_label": features.sso.then(|| standing.button()),
    })
}
