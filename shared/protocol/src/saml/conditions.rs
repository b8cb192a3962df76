//! Conditions: for whom and when an assertion means anything at all (saml-core §2.5).

use chrono::{DateTime, Utc};

use super::ASSERTION_NS;
use super::refusal::{Reason, Refusal};
use super::response::Expectations;
use super::time::{Present, time_attribute};
use crate::xml::Element;

/// Checks validity and audience; returns NotOnOrAfter, which is optional here because the bearer confirmation has one.
/// OneTimeUse needs nothing more: every assertion is used once. ProxyRestriction is for those who issue assertions.
pub(super) fn check_conditions(
    assertion: Element<'_>,
    e: &Expectations<'_>,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let conditions = assertion.only_child(ASSERTION_NS, "Conditions").ok_or(Reason::ConditionsMissing)?;
    let present = Present::new(e.now, e.skew_seconds);
    if let Some(start) = time_attribute(conditions, "NotBefore")?.filter(|start| present.is_before(*start)) {
        let received = format!("NotBefore {}", start.format("%Y-%m-%dT%H:%M:%SZ"));
        let expected = format!("no later than {}", present.describe());
        return Err(Refusal::new(Reason::NotYetValid).expected(expected).received(&received));
    }
    let end = time_attribute(conditions, "NotOnOrAfter")?;
    if let Some(end) = end.filter(|end| present.is_past(*end)) {
        let received = format!("NotOnOrAfter {}", end.format("%Y-%m-%dT%H:%M:%SZ"));
        let expected = format!("later than {}", present.describe());
        return Err(Refusal::new(Reason::Expired).expected(expected).received(&received));
    }
    check_audience(conditions, e.audiences)?;
    Ok(end)
}

/// Restrictions are joined by "and", the audiences of one restriction by "or" (saml-core §2.5.1.4).
fn check_audience(conditions: Element<'_>, ours: &[&str]) -> Result<(), Refusal> {
    let named_first = ours.first().copied().unwrap_or_default();
    let mut restrictions = conditions.children(ASSERTION_NS, "AudienceRestriction").peekable();
    if restrictions.peek().is_none() {
        return Err(Refusal::new(Reason::AudienceMissing).expected(named_first));
    }
    for restriction in restrictions {
        let named: Vec<_> =
            restriction.children(ASSERTION_NS, "Audience").filter_map(Element::leaf_text).collect();
        if !named.iter().any(|audience| ours.contains(&audience.as_str())) {
            let refusal = Refusal::new(Reason::AudienceMismatch).expected(named_first);
            return Err(refusal.received(&named.join(", ")));
        }
    }
    Ok(())
}
