//! Route 53's refusals.

use super::answers;
use crate::dns::ZonesError;
use axum::http::StatusCode;

/// Why a request is refused, by the code that an SDK sees.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServiceError {
    #[error("[{}]", .0.join(", "))]
    InvalidChangeBatch(Vec<String>),
    #[error("{0}")]
    InvalidInput(String),
    #[error("The domain name is not valid: {0:?}")]
    InvalidDomainName(String),
    #[error("No hosted zone found with ID: {0}")]
    NoSuchHostedZone(String),
    #[error("Could not find resource with ID: {0}")]
    NoSuchChange(String),
    #[error("The request was rejected because Route 53 was still processing a prior request.")]
    PriorRequestNotComplete,
    #[error("Rate exceeded")]
    Throttling,
    #[error("User: arn:aws:iam::000000000000:user/local is not authorized to access this resource")]
    AccessDenied,
    #[error("This stand-in for Route 53 does not know the operation.")]
    InvalidAction,
    #[error("{0}")]
    InternalFailure(String),
}

impl ServiceError {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::InvalidChangeBatch(_)
            | Self::InvalidInput(_)
            | Self::InvalidDomainName(_)
            | Self::PriorRequestNotComplete
            | Self::Throttling
            | Self::InvalidAction => StatusCode::BAD_REQUEST,
            Self::AccessDenied => StatusCode::FORBIDDEN,
            Self::NoSuchHostedZone(_) | Self::NoSuchChange(_) => StatusCode::NOT_FOUND,
            Self::InternalFailure(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::InvalidChangeBatch(_) => "InvalidChangeBatch",
            Self::InvalidInput(_) => "InvalidInput",
            Self::InvalidDomainName(_) => "InvalidDomainName",
            Self::NoSuchHostedZone(_) => "NoSuchHostedZone",
            Self::NoSuchChange(_) => "NoSuchChange",
            Self::PriorRequestNotComplete => "PriorRequestNotComplete",
            Self::Throttling => "Throttling",
            Self::AccessDenied => "AccessDenied",
            Self::InvalidAction => "InvalidAction",
            Self::InternalFailure(_) => "InternalFailure",
        }
    }

    /// The body. A batch that is refused is answered in this form too, its messages in one line: the SDK for Rust reads no
    /// other, though the service's reference shows a document of its own for it.
    pub(super) fn body(&self, request_id: &str) -> String {
        let blame = if self.status().is_server_error() { "Receiver" } else { "Sender" };
        answers::error(blame, self.code(), &self.to_string(), request_id)
    }
}

impl From<ZonesError> for ServiceError {
    fn from(problem: ZonesError) -> Self {
        match problem {
            ZonesError::NoSuchZone(id) => Self::NoSuchHostedZone(id),
            ZonesError::Refused(refused) => {
                Self::InvalidChangeBatch(refused.iter().map(ToString::to_string).collect())
            }
            other => Self::InternalFailure(other.to_string()),
        }
    }
}
