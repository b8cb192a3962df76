//! The faces of an error: what a caller sees when a request can't be answered.
//!
//! A function has one `RouteError` and one exhaustive `match` that turns it into [`RestError`], [`OAuthError`],
//! [`ScimFault`] or [`ErrorPage`]. What any function can run into, whatever it does, is a [`Trouble`], and every face knows those. A face
//! carries public text only; log the private cause once, where it is met.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

pub use super::error_oauth::OAuthError;
pub use super::error_page::ErrorPage;
pub use super::error_rest::{FieldError, RestError};
pub use super::error_scim::{SCIM_JSON, ScimFault};
use crate::store::StoreError;
use crate::vault::VaultError;

/// After how many seconds a caller may try again when we are too busy.
pub const RETRY_AFTER_SECONDS: u32 = 2;

/// What any function can run into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No route has this path.
    NoRoute,
    /// The route exists for other methods.
    WrongMethod,
    /// The body is larger than the function reads.
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body ended before its end.
    BodyIncomplete,
    /// Somebody else changed the same thing at the same time.
    Conflict,
    /// DynamoDB or KMS is throttling us or does not answer: worth another try.
    Busy,
    /// A defect, or damaged data: another try won't help.
    Internal,
}

impl Trouble {
    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoRoute => "not_found",
            Self::WrongMethod => "method_not_allowed",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyIncomplete => "bad_request",
            Self::Conflict => "conflict",
            Self::Busy => "temporarily_unavailable",
            Self::Internal => "internal_error",
        }
    }

    /// One sentence for people.
    pub fn message(self) -> String {
        match self {
            Self::NoRoute => "There is nothing at this address.".to_owned(),
            Self::WrongMethod => "This address does not take this method.".to_owned(),
            Self::BodyTooLarge { limit } => {
                format!("The request's body is larger than the {limit} bytes that are read.")
            }
            Self::BodyIncomplete => "The request's body ended before it was complete.".to_owned(),
            Self::Conflict => {
                "It was changed by somebody else at the same time. Read it again and try once more."
                    .to_owned()
            }
            Self::Busy => "The service is busy. Try again in a few seconds.".to_owned(),
            Self::Internal => {
                "Something went wrong on our side. It has been recorded under the request id.".to_owned()
            }
        }
    }

    /// After how many seconds another try makes sense.
    pub fn retry_after(self) -> Option<u32> {
        (self == Self::Busy).then_some(RETRY_AFTER_SECONDS)
    }
}

impl From<StoreError> for Trouble {
    /// Logs the cause, too: a store's error is met once, where it becomes a face.
    fn from(error: StoreError) -> Self {
        tracing::error!(cause = %error, "the store could not answer");
        match error {
            StoreError::Conflict => Self::Conflict,
            StoreError::Throttled | StoreError::Unavailable(_) => Self::Busy,
            StoreError::Refused(_) | StoreError::Shape(_) => Self::Internal,
        }
    }
}

impl From<VaultError> for Trouble {
    /// Logs the cause, too.
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Kms(_) | VaultError::Unsealable => {
                tracing::error!(cause = %error, "the vault could not answer");
                if matches!(error, VaultError::Kms(_)) { Self::Busy } else { Self::Internal }
            }
        }
    }
}

/// In which form a caller reads an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The REST API's JSON.
    Rest,
    /// OAuth's JSON (RFC 6749 §5.2).
    OAuth,
    /// SCIM's JSON (RFC 7644 §3.12).
    Scim,
    /// A page for a person.
    Page,
}

impl Face {
    /// `trouble` in this form.
    pub fn response(self, trouble: Trouble) -> Response {
        match self {
            Self::Rest => RestError::from(trouble).into_response(),
            Self::OAuth => OAuthError::from(trouble).into_response(),
            Self::Scim => ScimFault::from(trouble).into_response(),
            Self::Page => ErrorPage::from(trouble).into_response(),
        }
    }
}

/// The stable code of an error response, for the log line of its request.
#[derive(Debug, Clone)]
pub(crate) struct ErrorCode(pub(crate) String);

/// Marks `response` as an error with `code`, and says when to try again.
pub(super) fn marked(mut response: Response, code: &str, retry_after: Option<u32>) -> Response {
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(ErrorCode(code.to_owned()));
    response
}
