//! What an organization is allowed: its plan, and how its people may sign in.

use axum::Json;
use portico_shared::app::App;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::organization::{Features, OrganizationDetails, Policy};
use portico_shared::store::WriteOrganizationError;
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::json::JsonBody;
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use serde::Deserialize;
use serde_json::{Value, json};

use super::organizations;
use crate::error::RouteError;
use crate::input::Problems;

/// The body of `PUT /organizations/{id}/policy`. What it leaves out stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PolicyBody {
    features: FeaturesBody,
    jit: Option<bool>,
    default_role: Option<String>,
    allow_profiles_outside_organization: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FeaturesBody {
    sso: Option<bool>,
    directory_sync: Option<bool>,
    domains: Option<u32>,
    audit_logs: Option<bool>,
}

impl PolicyBody {
    fn check(&self) -> Result<(), RouteError> {
        let mut problems = Problems::default();
        let most = Features::MOST_DOMAINS;
        if let Some(domains) = self.features.domains.filter(|domains| *domains > most) {
            let message = format!("features.domains must be a whole number from 0 to {most}, got {domains}.");
            problems.add("features.domains", "invalid", message);
        }
        if self.default_role.as_deref().is_some_and(|role| !Policy::may_be_default_role(role)) {
            let message = format!(
                "default_role must be a role's slug of 1 to {} characters (a-z, 0-9, - and _), and not an \
                 administrator's: everybody whom the identity provider lets in gets it.",
                Policy::MOST_ROLE_CHARACTERS
            );
            problems.add("default_role", "invalid", message);
        }
        problems.finish()
    }

    fn apply(&self, policy: Policy) -> Policy {
        let (given, before) = (&self.features, policy.features);
        Policy {
            features: Features {
                sso: given.sso.unwrap_or(before.sso),
                directory_sync: given.directory_sync.unwrap_or(before.directory_sync),
                domains: given.domains.unwrap_or(before.domains),
                audit_logs: given.audit_logs.unwrap_or(before.audit_logs),
            },
            jit: self.jit.unwrap_or(policy.jit),
            default_role: self.default_role.clone().unwrap_or(policy.default_role),
            allow_profiles_outside_organization: self
                .allow_profiles_outside_organization
                .unwrap_or(policy.allow_profiles_outside_organization),
        }
    }
}

/// `GET /organizations/{id}/policy`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let details = organizations::load(&app, &id).await?.value;
    Ok(Json(view(details.organization.id, &details.policy)))
}

/// `PUT /organizations/{id}/policy`
pub(crate) async fn update(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
    JsonBody(body): JsonBody<PolicyBody>,
) -> Result<Json<Value>, RouteError> {
    body.check()?;
    retried(|| update_once(&app, &id, &body)).await.map(Json)
}

async fn update_once(app: &App, id: &str, body: &PolicyBody) -> Result<Value, RouteError> {
    let read = organizations::load(app, id).await?;
    let OrganizationDetails { organization, policy: before, .. } = &read.value;
    let policy = body.apply(before.clone());
    let shown = view(organization.id, &policy);
    if policy == *before {
        return Ok(shown);
    }
    let details = OrganizationDetails { policy: policy.clone(), ..read.value.clone() };
    let event = organizations::event(app, EventName::OrganizationUpdated, &details)
        .changing(json!({ "policy": view(organization.id, before) }), json!({ "policy": shown }));
    app.store().set_policy(&read, &policy, event).await.map_err(|error| match error {
        WriteOrganizationError::Store(error) => error.into(),
        // The organization is all that the write depends on.
        WriteOrganizationError::NotFound
        | WriteOrganizationError::ExternalIdTaken
        | WriteOrganizationError::DomainTaken(_)
        | WriteOrganizationError::TooManyDomains
        | WriteOrganizationError::Raced => RouteError::Raced,
    })?;
    Ok(shown)
}

fn view(id: OrganizationId, policy: &Policy) -> Value {
    json!({
        "object": "organization_policy",
        "organization_id": id,
        "features": policy.features,
        "jit": policy.jit,
        "default_role": policy.default_role,
        "allow_profiles_outside_organization": policy.allow_profiles_outside_organization,
    })
}
