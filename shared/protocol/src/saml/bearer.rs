//! The bearer confirmation: to whom this assertion was handed, for which request, until when (saml-profiles §4.1.4.2).

use chrono::{DateTime, Utc};

use super::ASSERTION_NS;
use super::refusal::{Reason, Refusal};
use super::response::Expectations;
use super::time::{Present, time_attribute};
use crate::xml::Element;

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Finds a bearer confirmation that holds, and returns its NotOnOrAfter: the latest, if several hold, so that a record
/// against replay kept until then outlives them all. If none holds, the first one's reason counts.
pub(super) fn check_bearer(subject: Element<'_>, e: &Expectations<'_>) -> Result<DateTime<Utc>, Refusal> {
    let bearers = subject
        .children(ASSERTION_NS, "SubjectConfirmation")
        .filter(|c| c.attribute("Method") == Some(BEARER))
        .filter_map(|c| c.only_child(ASSERTION_NS, "SubjectConfirmationData"));
    let (mut latest, mut refusal) = (None, None);
    for data in bearers {
        match check_data(data, e) {
            Ok(expiry) => latest = latest.max(Some(expiry)),
            Err(cause) => refusal = refusal.or(Some(cause)),
        }
    }
    latest.ok_or_else(|| refusal.unwrap_or_else(|| Reason::ConfirmationMissing.into()))
}

fn check_data(data: Element<'_>, e: &Expectations<'_>) -> Result<DateTime<Utc>, Refusal> {
    let recipient = data.attribute("Recipient").ok_or(Reason::RecipientMissing)?;
    if recipient != e.acs_url {
        return Err(Refusal::new(Reason::RecipientMismatch).expected(e.acs_url).received(recipient));
    }
    let present = Present::new(e.now, e.skew_seconds);
    let late = || present.describe();
    let expiry = time_attribute(data, "NotOnOrAfter")?.ok_or(Reason::ConfirmationExpiryMissing)?;
    if present.is_past(expiry) {
        let received = format!("NotOnOrAfter {}", expiry.format("%Y-%m-%dT%H:%M:%SZ"));
        return Err(Refusal::new(Reason::ConfirmationExpired)
            .expected(format!("later than {}", late()))
            .received(&received));
    }
    // The profile forbids NotBefore here; an IdP that sends it all the same means it.
    if let Some(start) = time_attribute(data, "NotBefore")?.filter(|start| present.is_before(*start)) {
        let received = format!("NotBefore {}", start.format("%Y-%m-%dT%H:%M:%SZ"));
        let expected = format!("no later than {}", late());
        return Err(Refusal::new(Reason::ConfirmationNotYetValid).expected(expected).received(&received));
    }
    check_in_response_to(data.attribute("InResponseTo"), e.in_response_to)?;
    Ok(expiry)
}

/// A solicited response answers exactly our request; an unsolicited one answers none.
pub(super) fn check_in_response_to(received: Option<&str>, expected: Option<&str>) -> Result<(), Refusal> {
    match (expected, received) {
        (Some(expected), Some(received)) if received == expected => Ok(()),
        (Some(expected), Some(received)) => {
            Err(Refusal::new(Reason::InResponseToMismatch).expected(expected).received(received))
        }
        (Some(expected), None) => Err(Refusal::new(Reason::InResponseToMissing).expected(expected)),
        (None, Some(received)) => Err(Refusal::new(Reason::InResponseToUnexpected).received(received)),
        (None, None) => Ok(()),
    }
}
