//! Why a request of an identity provider isn't done, and how its admin reads that.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portico_protocol::scim::{ResourceKind, ScimError, ScimType};
use portico_shared::store::StoreError;
use portico_shared::web::error::{ScimFault, Trouble};
use portico_shared::web::retried::MayRace;

/// Why a request isn't done.
#[derive(Debug)]
pub(crate) enum RouteError {
    /// No token was shown.
    NoToken,
    /// The token isn't a live one of the directory.
    WrongToken,
    /// The directory makes too many requests; after so many seconds it may come again.
    TooManyRequests(u32),
    /// What was sent breaks a rule of SCIM.
    Scim(ScimError),
    /// The directory has no such user or group.
    NotFound(ResourceKind, String),
    /// Another user has the userName.
    UserNameTaken(String),
    /// Another user or group has the externalId.
    ExternalIdTaken(ResourceKind, String),
    /// Another group has the name, and neither has an externalId.
    GroupNameTaken(String),
    /// The version that was to be met isn't the current one.
    PreconditionFailed,
    /// What the caller has is current.
    NotModified(String),
    /// Some of many members are written; the same request goes on.
    Unfinished,
    /// The page stands so far behind all that were read before that one request doesn't get there; the next goes on.
    FarAway,
    /// The bulk request's time is over before this operation's turn.
    NoTimeLeft,
    /// Somebody else changed the same thing at the same time, again and again.
    Raced,
    /// The table.
    Store(StoreError),
    /// Cannot be, and was: the cause is logged.
    Unexpected(String),
}

impl From<StoreError> for RouteError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ScimError> for RouteError {
    fn from(error: ScimError) -> Self {
        Self::Scim(error)
    }
}

impl MayRace for RouteError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

/// After how many seconds the rest of many members may be sent.
const GO_ON_AFTER: u32 = 1;

/// It isn't done yet, and nothing is wrong.
fn again_soon(detail: &str) -> ScimFault {
    ScimFault {
        retry_after: Some(GO_ON_AFTER),
        ..ScimFault::new(StatusCode::SERVICE_UNAVAILABLE, None, detail)
    }
}

fn conflict(detail: String) -> ScimFault {
    ScimFault::new(StatusCode::CONFLICT, Some(ScimType::Uniqueness.as_str()), detail)
}

impl RouteError {
    /// The error as SCIM has it. Exhaustive, so that no cause is without a face.
    pub(crate) fn fault(self) -> ScimFault {
        match self {
            Self::NoToken => ScimFault::new(
                StatusCode::UNAUTHORIZED,
                None,
                "Expected the directory's bearer token in the header Authorization, as in “Bearer scim_…”.",
            ),
            Self::WrongToken => ScimFault::new(
                StatusCode::UNAUTHORIZED,
                None,
                "The bearer token isn't one of this directory's: it was mistyped, revoked, or belongs to another \
                 address. Copy the address and the token once more.",
            ),
            Self::TooManyRequests(seconds) => ScimFault {
                retry_after: Some(seconds),
                ..ScimFault::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    None,
                    "The directory makes more than 50 requests a second. Come again after the time in Retry-After.",
                )
            },
            Self::Scim(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
                ScimFault::new(status, error.scim_type.map(ScimType::as_str), error.detail)
            }
            Self::NotFound(kind, id) => ScimFault::new(
                StatusCode::NOT_FOUND,
                None,
                format!("The directory has no {} with the id “{id}”.", kind.noun()),
            ),
            Self::UserNameTaken(name) => conflict(format!("Another user has the userName “{name}”.")),
            Self::ExternalIdTaken(kind, id) => {
                conflict(format!("Another {} has the externalId “{id}”.", kind.noun()))
            }
            Self::GroupNameTaken(name) => conflict(format!(
                "Another group has the displayName “{name}”. Groups of the same name need an externalId each."
            )),
            Self::PreconditionFailed => ScimFault::new(
                StatusCode::PRECONDITION_FAILED,
                None,
                "It has changed since the version in If-Match. Read it again and send the change once more.",
            ),
            Self::NotModified(_) => ScimFault::new(StatusCode::NOT_MODIFIED, None, ""),
            Self::Unfinished => again_soon(
                "Some of the members are written. Send the same request again, and it goes on where it stopped.",
            ),
            Self::FarAway => again_soon(
                "The page stands far behind the last one that was read, and is on its way. Send the same request again.",
            ),
            Self::NoTimeLeft => again_soon(
                "The operations before this one took all the time that a request has. Send this one and those behind it again.",
            ),
            Self::Raced => Trouble::Busy.into(),
            Self::Store(error) => match Trouble::from(error) {
                // A 409 would read as a duplicate.
                Trouble::Conflict => Trouble::Busy.into(),
                other => other.into(),
            },
            Self::Unexpected(cause) => {
                tracing::error!(cause, "a request of a directory could not be answered");
                Trouble::Internal.into()
            }
        }
    }
}

/// What an error is, for the log and the alarms.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    /// Its `scimType`; empty where it has none.
    pub(crate) scim_type: &'static str,
    /// Whether it only says that the rest is to be sent again.
    pub(crate) on_its_way: bool,
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        // RFC 6750 §3.1: an error is named only where a token was shown.
        let challenge = match &self {
            Self::NoToken => Some("Bearer realm=\"portico\""),
            Self::WrongToken => Some("Bearer realm=\"portico\", error=\"invalid_token\""),
            _ => None,
        };
        if let Self::NotModified(etag) = &self {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            response.headers_mut().extend(HeaderValue::from_str(etag).ok().map(|etag| (header::ETAG, etag)));
            return response;
        }
        let on_its_way = matches!(self, Self::Unfinished | Self::FarAway | Self::NoTimeLeft);
        let fault = self.fault();
        let told = Told { scim_type: fault.scim_type.unwrap_or_default(), on_its_way };
        let mut response = fault.into_response();
        response.extensions_mut().insert(told);
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
