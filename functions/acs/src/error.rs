//! What can go wrong on the way to an answer, and the page that says so.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portico_shared::store::StoreError;
use portico_shared::vault::VaultError;
use portico_shared::web::error::{ErrorPage, Trouble};

use crate::refused::Refused;

/// Why a request is answered by an error page.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// The body is not a form.
    NotAForm,
    /// The form can't be read: a field twice, or too many.
    MalformedForm,
    /// The form has no `SAMLResponse`.
    NoResponse,
    /// There is no connection whose metadata could be shown.
    NoMetadata,
    /// The sign-in was sent to the table, and whether it was written is not known.
    OutcomeUnknown,
    /// What any function can run into.
    Trouble(Trouble),
}

impl From<Trouble> for RouteError {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<VaultError> for RouteError {
    fn from(error: VaultError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<StoreError> for RouteError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        const UNREADABLE: &str = "The sign-in could not be read";
        const AGAIN: &str =
            "Go back to the application and sign in again. If it happens again, tell your administrator.";
        const RELOAD: &str = "Wait a few seconds and reload this page: your sign-in is not used up. If your browser asks whether to send the form again, agree.";
        const UNKNOWN: &str = "Wait a few seconds, then go back to the application: you may be signed in already. If you are not, sign in again there.";
        let page = match self {
            Self::NotAForm => ErrorPage::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_a_form",
                UNREADABLE,
                "An answer to a sign-in has to be posted as a form (application/x-www-form-urlencoded).",
                AGAIN,
            ),
            Self::MalformedForm => ErrorPage::new(
                StatusCode::BAD_REQUEST,
                "malformed_form",
                UNREADABLE,
                "The form has a field twice, or more fields than an answer to a sign-in can have.",
                AGAIN,
            ),
            Self::NoResponse => ErrorPage::new(
                StatusCode::BAD_REQUEST,
                "saml_response_missing",
                UNREADABLE,
                "The form has no field SAMLResponse. The identity provider has to answer by HTTP-POST.",
                AGAIN,
            ),
            Self::NoMetadata => ErrorPage::new(
                StatusCode::NOT_FOUND,
                "unknown_connection",
                "No such connection",
                "There is no connection at this address. It may have been deleted.",
                "Compare the address with the one that you were given.",
            ),
            Self::OutcomeUnknown => {
                let mut page = ErrorPage::from(Trouble::Busy);
                UNKNOWN.clone_into(&mut page.what_to_do);
                page
            }
            // A conflict is one of many people of an organization at once: nothing that a person could read again.
            Self::Trouble(Trouble::Busy | Trouble::Conflict) => {
                let mut page = ErrorPage::from(Trouble::Busy);
                RELOAD.clone_into(&mut page.what_to_do);
                page
            }
            Self::Trouble(
                trouble @ (Trouble::NoRoute
                | Trouble::WrongMethod
                | Trouble::BodyTooLarge { .. }
                | Trouble::BodyIncomplete
                | Trouble::Internal),
            ) => ErrorPage::from(trouble),
        };
        page.into_response()
    }
}

/// Why a sign-in stopped before its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It was refused.
    Refused(Refused),
    /// It could not be decided, or not be written.
    Failed(RouteError),
}

impl<R: Into<Refused>> From<R> for Stopped {
    fn from(refused: R) -> Self {
        Self::Refused(refused.into())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Stopped {
    /// The writing of a sign-in failed. Only a conflict says for certain that nothing was written: behind the others may be
    /// an attempt that was never heard of again.
    pub(crate) fn in_writing(error: StoreError) -> Self {
        Self::Failed(match error.into() {
            Trouble::Busy => RouteError::OutcomeUnknown,
            trouble => RouteError::Trouble(trouble),
        })
    }
}
