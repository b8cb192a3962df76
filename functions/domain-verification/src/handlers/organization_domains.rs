//! Domains of organizations, as their own objects.

use axum::Json;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::domain_box::read_box;
use portico_shared::domain::domain_check::DomainCheck;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::ids::{OrganizationDomainId, OrganizationId};
use portico_shared::domain::organization::{OrganizationDetails, OrganizationDomain};
use portico_shared::operations::domains::{self, Claim, Refused, VerifyError};
use portico_shared::store::{Due, Versioned};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::FieldError;
use portico_shared::web::json::JsonBody;
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use serde::Deserialize;
use serde_json::Value;

use crate::error::RouteError;
use crate::view::shown;

/// The body of `POST /organization_domains`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewOrganizationDomain {
    organization_id: String,
    domain: String,
}

/// `POST /organization_domains`
pub(crate) async fn create(
    ApiKeyAuth(app): ApiKeyAuth,
    JsonBody(body): JsonBody<NewOrganizationDomain>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let domain = one_domain(&body.domain)?;
    let (claim, check) = retried(|| create_once(&app, &body.organization_id, &domain)).await?;
    Ok((StatusCode::CREATED, Json(shown(&app, &claim, &check))))
}

/// The one domain that a text names: an address or an e-mail address is taken for its domain.
fn one_domain(text: &str) -> Result<DomainName, RouteError> {
    let wrong =
        |code, message: String| Err(RouteError::Invalid(vec![FieldError::new("domain", code, message)]));
    let mut named = read_box(text).into_iter();
    match (named.next(), named.next()) {
        (None, _) => wrong(
            "domain_malformed",
            "domain: expected a domain name such as acme.com, got nothing.".to_owned(),
        ),
        (Some(_), Some(_)) => {
            wrong("too_many", "domain: expected one domain, got several; make a request for each.".to_owned())
        }
        (Some(entry), None) => match entry.domain {
            Ok(domain) => Ok(domain),
            Err(error) => wrong(error.code(), format!("domain: {error}; got “{}”.", entry.typed)),
        },
    }
}

async fn create_once(
    app: &App,
    organization: &str,
    domain: &DomainName,
) -> Result<(OrganizationDomain, Due<DomainCheck>), RouteError> {
    let read = organization_of(app, organization).await?;
    Ok(domains::claim(app, &read, domain).await?)
}

async fn organization_of(app: &App, id: &str) -> Result<Versioned<OrganizationDetails>, RouteError> {
    let missing = || RouteError::OrganizationNotFound(id.to_owned());
    let parsed = OrganizationId::parse(id).map_err(|_| missing())?;
    app.store().organization(parsed).await?.ok_or_else(missing)
}

/// `GET /organization_domains/{id}`
pub(crate) async fn find(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let claim = load(&app, &id).await?;
    Ok(Json(shown(&app, &claim.domain, &claim.check.value)))
}

/// `DELETE /organization_domains/{id}`
pub(crate) async fn delete(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    retried(|| async {
        let claim = load(&app, &id).await?;
        domains::give_up(&app, &claim.domain).await.map_err(RouteError::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /organization_domains/{id}/verify`: looks at once, and starts a claim again that has failed.
pub(crate) async fn verify(
    ApiKeyAuth(app): ApiKeyAuth,
    PathOf(id): PathOf<String>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let missing = || RouteError::DomainNotFound(id.clone());
    let parsed = OrganizationDomainId::parse(&id).map_err(|_| missing())?;
    let settled = domains::verify(&app, parsed).await.map_err(|error| match error {
        VerifyError::NotFound => missing(),
        VerifyError::AlreadyVerified => RouteError::AlreadyVerified,
        VerifyError::Write(error) => error.into(),
    })?;
    match settled.refused {
        Some(Refused::Taken) => Err(RouteError::Taken(settled.domain.domain)),
        Some(Refused::Contested(until)) => Err(RouteError::Contested(
            settled.domain.domain,
            until.format("%H:%M UTC on %-d %B %Y").to_string(),
        )),
        None => Ok((StatusCode::CREATED, Json(shown(&app, &settled.domain, &settled.check)))),
    }
}

/// The claim that a path names.
pub(super) async fn load(app: &App, id: &str) -> Result<Claim, RouteError> {
    let missing = || RouteError::DomainNotFound(id.to_owned());
    let parsed = OrganizationDomainId::parse(id).map_err(|_| missing())?;
    domains::read(app, parsed).await?.ok_or_else(missing)
}
