//! Domains of organizations, as their own objects.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portico_shared::app::App;
use portico_shared::domain::domain_box::read_box;
use portico_shared::domain::domain_check::DomainCheck;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::domain_proof::Sighting;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{OrganizationDomainId, OrganizationId};
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, OrganizationDetails, OrganizationDomain,
};
use portico_shared::store::{Due, NewDomain, Versioned, domain_check_due};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::error::FieldError;
use portico_shared::web::json::JsonBody;
use portico_shared::web::organization_domain::domain_event;
use portico_shared::web::path::PathOf;
use portico_shared::web::retried::retried;
use serde::Deserialize;
use serde_json::Value;

use crate::error::RouteError;
use crate::look::{Closely, look};
use crate::ownership::read;
use crate::settle::{Claim, Refused, Settled, settle};
use crate::view::shown;

/// The body of `POST /organization_domains`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewOrganizationDomain {
    organization_id: String,
    domain: String,
}

/// `POST /organization_domains`
pub(crate) async fn create(
    _: ApiKeyAuth,
    State(app): State<App>,
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
    let OrganizationDetails { organization, domains, policy } = &read.value;
    if domains.iter().any(|known| known.domain == *domain) {
        return Err(RouteError::AlreadyClaimed(domain.clone()));
    }
    let plan = policy.features.domains;
    if domains.len() >= usize::try_from(plan).unwrap_or(usize::MAX) {
        return Err(RouteError::PlanIsFull(plan));
    }
    let now = app.clock().now();
    let id = OrganizationDomainId::mint(now, app.rng());
    let claim = OrganizationDomain::claim(id, organization.id, domain.clone(), now, app.rng());
    let created = domain_event(EventName::OrganizationDomainCreated, &claim, &app.config().dns);
    let new = NewDomain::new(claim, vec![created], now);
    app.store().claim_domain(&read, &new).await?;
    Ok((new.domain, new.check))
}

async fn organization_of(app: &App, id: &str) -> Result<Versioned<OrganizationDetails>, RouteError> {
    let missing = || RouteError::OrganizationNotFound(id.to_owned());
    let parsed = OrganizationId::parse(id).map_err(|_| missing())?;
    app.store().organization(parsed).await?.ok_or_else(missing)
}

/// `GET /organization_domains/{id}`
pub(crate) async fn find(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<Json<Value>, RouteError> {
    let claim = load(&app, &id).await?;
    Ok(Json(shown(&app, &claim.domain, &claim.check.value)))
}

/// `DELETE /organization_domains/{id}`
pub(crate) async fn delete(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, RouteError> {
    retried(|| async {
        let claim = load(&app, &id).await?;
        let deleted = domain_event(EventName::OrganizationDomainDeleted, &claim.domain, &app.config().dns);
        app.store().remove_domain(&claim.domain, deleted).await.map_err(RouteError::from)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /organization_domains/{id}/verify`: looks at once, and starts a claim again that has failed.
pub(crate) async fn verify(
    _: ApiKeyAuth,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<(StatusCode, Json<Value>), RouteError> {
    let claim = retried(|| start_again(&app, &id)).await?;
    let sighting = look(&app, &claim.domain, Closely::Nearby).await;
    let settled = match settle(&app, &claim, &sighting).await {
        Err(RouteError::Raced) => settle_afresh(&app, &id, &sighting).await?,
        other => other?,
    };
    match settled.refused {
        Some(Refused::Taken) => Err(RouteError::Taken(settled.domain.domain)),
        Some(Refused::Contested(until)) => Err(RouteError::Contested(
            settled.domain.domain,
            until.format("%H:%M UTC on %-d %B %Y").to_string(),
        )),
        None => Ok((StatusCode::CREATED, Json(shown(&app, &settled.domain, &settled.check)))),
    }
}

/// The same look, at what the claim has become meanwhile.
async fn settle_afresh(app: &App, id: &str, sighting: &Sighting) -> Result<Settled, RouteError> {
    retried(|| async {
        let claim = load(app, id).await?;
        // Somebody else's look at the same record may have been faster.
        match claim.domain.state {
            DomainState::Verified => {
                Ok(Settled { domain: claim.domain, check: claim.check.value, refused: None })
            }
            _ => settle(app, &claim, sighting).await,
        }
    })
    .await
}

/// The claim as it is looked at: one that has failed waits from now on, and the next looks come soon after this one.
async fn start_again(app: &App, id: &str) -> Result<Claim, RouteError> {
    let mut claim = load(app, id).await?;
    match claim.domain.state {
        DomainState::Verified => return Err(RouteError::AlreadyVerified),
        DomainState::Failed => {}
        DomainState::Pending | DomainState::AtRisk | DomainState::Lapsed => {
            claim.check.value.work.looks = 0;
            return Ok(claim);
        }
    }
    let now = app.clock().now();
    let domain = claim.domain.turned(DomainState::Pending, DomainStrategy::Dns, now);
    let check = domain_check_due(DomainCheck::new(&domain, now), Some(now));
    let updated = domain_event(EventName::OrganizationDomainUpdated, &domain, &app.config().dns);
    app.store().restart_domain(&claim.check, &check, &domain, updated).await?;
    load(app, id).await
}

/// The claim that a path names.
pub(super) async fn load(app: &App, id: &str) -> Result<Claim, RouteError> {
    let missing = || RouteError::DomainNotFound(id.to_owned());
    let parsed = OrganizationDomainId::parse(id).map_err(|_| missing())?;
    read(app, parsed).await?.ok_or_else(missing)
}
