//! Why a request about a domain isn't done, and how its caller reads that.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::organization::Features;
use portico_shared::net::route53::Route53Error;
use portico_shared::operations::domains::ClaimError;
use portico_shared::store::{StoreError, WriteDomainError};
use portico_shared::web::error::{FieldError, RestError, Trouble};
use portico_shared::web::retried::MayRace;

/// Why a request isn't done.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// No organization has this id.
    OrganizationNotFound(String),
    /// No claim has this id.
    DomainNotFound(String),
    /// Fields of the request are wrong.
    Invalid(Vec<FieldError>),
    /// The organization claims this domain already.
    AlreadyClaimed(DomainName),
    /// The organization's plan includes no more domains, of which it has this many.
    PlanIsFull(u32),
    /// The claim is verified already.
    AlreadyVerified,
    /// Another organization owns the domain. Which one is not said.
    Taken(DomainName),
    /// Another organization owns the domain without a proof, and has some days to bring one. Which one is not said.
    Contested(DomainName, String),
    /// The record couldn't be published or withdrawn.
    Route53(Route53Error),
    /// Somebody else changed the same thing at the same time.
    Raced,
    /// What any function can run into.
    Trouble(Trouble),
}

impl From<StoreError> for RouteError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<WriteDomainError> for RouteError {
    /// A domain that was free when it was looked at and isn't any more: the next attempt meets its owner.
    fn from(error: WriteDomainError) -> Self {
        match error {
            WriteDomainError::Taken | WriteDomainError::Raced => Self::Raced,
            WriteDomainError::Store(error) => error.into(),
        }
    }
}

impl From<ClaimError> for RouteError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::AlreadyClaimed(domain) => Self::AlreadyClaimed(domain),
            ClaimError::PlanIsFull(plan) => Self::PlanIsFull(plan),
            ClaimError::Write(error) => error.into(),
        }
    }
}

impl MayRace for RouteError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

impl From<RouteError> for RestError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::OrganizationNotFound(id) => Self::not_found("Organization", id),
            RouteError::DomainNotFound(id) => Self::not_found("Organization Domain", id),
            RouteError::Invalid(errors) => Self::invalid(errors),
            RouteError::AlreadyClaimed(domain) => Self::conflict(
                "domain_already_exists",
                format!("The domain '{domain}' already exists for this organization."),
            ),
            RouteError::PlanIsFull(plan) => {
                let more = if plan < Features::MOST_DOMAINS {
                    "; features.domains of its policy says how many"
                } else {
                    ""
                };
                let message =
                    format!("The organization's plan includes {plan} domains, and it has them{more}.");
                Self::invalid_field("domain", "too_many", message)
            }
            RouteError::AlreadyVerified => Self::new(
                StatusCode::BAD_REQUEST,
                "domain_already_verified",
                "The domain is already verified.",
            ),
            RouteError::Taken(domain) => Self::conflict(
                "domain_verified_by_other_organization",
                format!(
                    "The record is right, but the domain '{domain}' has been verified by another organization. It stays \
                     there as long as that organization's own record stands."
                ),
            ),
            RouteError::Contested(domain, until) => Self::conflict(
                "domain_contested",
                format!(
                    "The record is right, but another organization holds the domain '{domain}' without one. Both have been \
                     told. Unless it publishes a record of its own, the domain becomes yours at {until}: leave the record \
                     in place."
                ),
            ),
            RouteError::Route53(error) => of_route53(&error),
            RouteError::Raced => Trouble::Conflict.into(),
            RouteError::Trouble(trouble) => trouble.into(),
        }
    }
}

/// Whoever has an API key is the deployer: what is wrong with the zones may be said as it is.
fn of_route53(error: &Route53Error) -> RestError {
    let (status, code) = match error {
        Route53Error::NoZone { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "no_hosted_zone"),
        Route53Error::NoSuchZone(_) => (StatusCode::BAD_GATEWAY, "hosted_zone_missing"),
        Route53Error::PrivateZone(_) => (StatusCode::UNPROCESSABLE_ENTITY, "hosted_zone_private"),
        Route53Error::AccessDenied { .. } => (StatusCode::BAD_GATEWAY, "route53_access_denied"),
        Route53Error::CnameInTheWay { .. } => (StatusCode::CONFLICT, "cname_in_the_way"),
        Route53Error::NotSimple { .. } => (StatusCode::CONFLICT, "record_not_simple"),
        Route53Error::Contended => (StatusCode::CONFLICT, "record_contended"),
        Route53Error::NoSuchChange(_) | Route53Error::Refused(_) => {
            (StatusCode::BAD_GATEWAY, "route53_refused")
        }
        Route53Error::Throttled | Route53Error::Unreachable => {
            (StatusCode::SERVICE_UNAVAILABLE, "route53_busy")
        }
    };
    let text = error.to_string();
    let mut letters = text.chars();
    let sentence: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(60);
    RestError { retry_after, ..RestError::new(status, code, format!("{sentence}.")) }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        RestError::from(self).into_response()
    }
}
