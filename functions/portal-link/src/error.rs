//! Why a link isn't made or ended, and how its caller reads that.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portico_shared::domain::portal::Intent;
use portico_shared::operations::contacts::ContactError;
use portico_shared::store::{StoreError, WriteLinkError, WriteSetupError};
use portico_shared::web::error::{FieldError, RestError, Trouble};
use portico_shared::web::retried::MayRace;

/// Why a request isn't done.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// No organization has this id.
    OrganizationNotFound(String),
    /// No link has this id, or it was ended before.
    LinkNotFound(String),
    /// Fields of the request are wrong.
    Invalid(Vec<FieldError>),
    /// The organization's plan doesn't include what the link would be for.
    NotInPlan(Intent),
    /// The organization has an open invitation.
    InvitationOpen,
    /// Somebody else changed the same thing at the same time.
    Raced,
    /// What any function can run into.
    Trouble(Trouble),
}

impl RouteError {
    /// One field is wrong.
    pub(crate) fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, code, message)])
    }
}

impl From<StoreError> for RouteError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<WriteLinkError> for RouteError {
    fn from(error: WriteLinkError) -> Self {
        match error {
            // It was there a moment ago: somebody is deleting it.
            WriteLinkError::NoOrganization | WriteLinkError::VisitOver | WriteLinkError::Raced => Self::Raced,
            WriteLinkError::InvitationOpen => Self::InvitationOpen,
            WriteLinkError::Store(error) => error.into(),
        }
    }
}

impl From<ContactError> for RouteError {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Known(_) | ContactError::Write(WriteSetupError::Raced) => Self::Raced,
            ContactError::TooMany => Self::field("it_contact_emails", "too_many", format!("{error}.")),
            ContactError::Write(WriteSetupError::Store(error)) => error.into(),
        }
    }
}

impl MayRace for RouteError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

/// What a plan lacks, in words that the application may show as they are.
fn not_in_plan(intent: Intent) -> &'static str {
    match intent {
        Intent::Sso => "Single sign-on is not part of this organization's plan.",
        Intent::Dsync => "Directory sync is not part of this organization's plan.",
        Intent::DomainVerification => "Domain verification is not part of this organization's plan.",
        Intent::Settings => "This is not part of this organization's plan.",
    }
}

impl From<RouteError> for RestError {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::OrganizationNotFound(id) => Self::not_found("Organization", id),
            RouteError::LinkNotFound(id) => Self::not_found("Portal Link", id),
            RouteError::Invalid(errors) => Self::invalid(errors),
            RouteError::NotInPlan(intent) => {
                Self::new(StatusCode::FORBIDDEN, "feature_not_in_plan", not_in_plan(intent))
            }
            RouteError::InvitationOpen => Self::conflict(
                "invitation_open",
                "The organization has an open invitation, and has at most one. Revoke it, or send replace: true to end \
                 it by the new one.",
            ),
            RouteError::Raced => Trouble::Conflict.into(),
            RouteError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        RestError::from(self).into_response()
    }
}
