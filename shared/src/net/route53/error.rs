//! Why Route 53 didn't do what it was asked.

use aws_sdk_route53::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_route53::operation::RequestId;

use super::names::{ChangeId, HostedZoneId, RecordName};

/// The most characters of Route 53's own explanation that are passed on.
const MOST_CHARACTERS: usize = 200;

/// Why a record wasn't published, withdrawn or followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Route53Error {
    /// No hosted zone that was given holds the name.
    #[error(
        "expected a hosted zone that holds {name}, and none that is listed does; add the zone's id to the parameter RecordZoneIds"
    )]
    NoZone {
        /// The name of the record.
        name: RecordName,
    },
    /// The hosted zone isn't there, or isn't one of those given.
    #[error(
        "expected the hosted zone {0} to be there and to be listed, and it isn't; correct the parameter RecordZoneIds"
    )]
    NoSuchZone(HostedZoneId),
    /// The hosted zone answers only inside of virtual networks, so nothing in it proves anything to the world.
    #[error(
        "expected a public hosted zone, and {0} is private; put the public zone's id into the parameter RecordZoneIds"
    )]
    PrivateZone(HostedZoneId),
    /// IAM doesn't allow it.
    #[error(
        "the function's role may not use {action}; allow it for the hosted zones of the parameter RecordZoneIds (and for changes), and look for a policy that denies it"
    )]
    AccessDenied {
        /// The action that was refused, as IAM names it.
        action: &'static str,
    },
    /// Route 53 asked us to slow down, or was at work on another change of the zone, also after several attempts.
    #[error("Route 53 takes 5 requests a second from an account, and got more; try again in a minute")]
    Throttled,
    /// There is a CNAME at the name, beside which nothing else may stand.
    #[error(
        "a TXT record can't stand beside a CNAME record, and {name} has one; delete the CNAME record, or prove the domain by it"
    )]
    CnameInTheWay {
        /// The name of the record.
        name: RecordName,
    },
    /// The TXT records at the name are of a kind that is only changed by whoever made them.
    #[error(
        "expected plain TXT records at {name}, and found some with a routing policy or of a traffic policy; replace them by plain ones"
    )]
    NotSimple {
        /// The name of the record.
        name: RecordName,
    },
    /// Others changed the same records each time that we wanted to.
    #[error("others keep changing the same records at the same time; try again in a minute")]
    Contended,
    /// Route 53 knows no such change, or no longer.
    #[error(
        "expected a change that Route 53 knows, and it knows none of the id {0}; look the record up in DNS instead"
    )]
    NoSuchChange(ChangeId),
    /// Route 53 refused for a reason that has no variant of its own.
    #[error("Route 53 refused the request, so the record or the zone needs a look in its console: {0}")]
    Refused(String),
    /// Route 53 couldn't be reached in time, or failed. A change may have been made all the same; asking again does no harm.
    #[error("Route 53 didn't answer in time; try again in a minute")]
    Unreachable,
}

/// What a request was about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// A hosted zone.
    Zone(&'a HostedZoneId),
    /// A change.
    Change(&'a ChangeId),
}

/// Names the cause of a failed request. `action` is IAM's name for it.
pub(super) fn cause<E: ProvideErrorMetadata>(
    error: &SdkError<E>,
    action: &'static str,
    subject: Subject<'_>,
) -> Route53Error {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    // Who handles the error logs it; by this id AWS finds the request.
    tracing::info!(action, code, request_id = error.request_id(), "Route 53 didn't do what it was asked");
    let failed = error.raw_response().is_none_or(|response| response.status().is_server_error());
    match (code, subject) {
        (Some("Throttling" | "ThrottlingException" | "TooManyRequestsException"), _)
        | (Some("PriorRequestNotComplete" | "RequestLimitExceeded" | "SlowDown"), _) => {
            Route53Error::Throttled
        }
        (Some("NoSuchHostedZone"), Subject::Zone(zone)) => Route53Error::NoSuchZone(zone.clone()),
        (Some("NoSuchChange"), Subject::Change(change)) => Route53Error::NoSuchChange(change.clone()),
        (Some("AccessDenied" | "AccessDeniedException"), _) => Route53Error::AccessDenied { action },
        _ if failed => Route53Error::Unreachable,
        _ => Route53Error::Refused(explanation(error)),
    }
}

/// Route 53's own words, cut off where they get long.
pub(super) fn explanation<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    let service = error.as_service_error();
    let text = service.and_then(|service| service.message().or(service.code()));
    let text = text.unwrap_or("it gave no reason");
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_CHARACTERS).collect()
}
