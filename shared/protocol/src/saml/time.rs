//! Times in SAML messages: `xs:dateTime` in UTC (saml-core §1.3.3).

use chrono::{DateTime, TimeDelta, Utc};

use super::refusal::{Reason, Refusal};
use crate::xml::Element;

/// Largest clock skew a connection may allow, in seconds.
const MAX_SKEW_SECONDS: u32 = 300;

/// The present as a span: an IdP's clock may be this much ahead of ours, or behind it.
#[derive(Clone, Copy)]
pub(super) struct Present {
    now: DateTime<Utc>,
    skew: TimeDelta,
}

impl Present {
    pub(super) fn new(now: DateTime<Utc>, skew_seconds: u32) -> Self {
        Self { now, skew: TimeDelta::seconds(i64::from(skew_seconds.min(MAX_SKEW_SECONDS))) }
    }

    /// `NotOnOrAfter`: the first instant at which it is too late.
    pub(super) fn is_past(self, not_on_or_after: DateTime<Utc>) -> bool {
        self.now - self.skew >= not_on_or_after
    }

    /// `NotBefore`: the first instant at which it is not too early.
    pub(super) fn is_before(self, not_before: DateTime<Utc>) -> bool {
        self.now + self.skew < not_before
    }

    /// What a time was compared with, for the admin's log.
    pub(super) fn describe(self) -> String {
        format!("{} give or take {} seconds", self.now.format("%Y-%m-%dT%H:%M:%SZ"), self.skew.num_seconds())
    }
}

/// Reads a time, with or without fractions of a second. A zone other than `Z` is read as what it says.
pub(super) fn parse_time(text: &str) -> Result<DateTime<Utc>, Refusal> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    parsed.map_err(|_| Refusal::new(Reason::TimeMalformed).expected("YYYY-MM-DDThh:mm:ssZ").received(text))
}

/// Reads the time in an attribute, if it is there.
pub(super) fn time_attribute(element: Element<'_>, name: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
    element.attribute(name).map(parse_time).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_may_have_any_number_of_fraction_digits() {
        let whole = parse_time("2026-01-02T03:04:05Z").unwrap();
        assert_eq!(parse_time("2026-01-02T03:04:05.000Z").unwrap(), whole);
        assert_eq!(parse_time("2026-01-02T03:04:05.0000000Z").unwrap(), whole);
        assert_eq!(parse_time("2026-01-02T04:04:05+01:00").unwrap(), whole);
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        for text in ["2026-01-02T03:04:05", "2026-01-02", "", "tomorrow"] {
            assert_eq!(parse_time(text).unwrap_err().reason, Reason::TimeMalformed, "{text}");
        }
    }

    #[test]
    fn the_edges_of_the_skew_are_exact_and_the_skew_is_capped() {
        let now = parse_time("2026-01-02T03:00:00Z").unwrap();
        let present = Present::new(now, 9_999);
        assert!(present.is_past(parse_time("2026-01-02T02:55:00Z").unwrap()));
        assert!(!present.is_past(parse_time("2026-01-02T02:55:00.001Z").unwrap()));
        assert!(!present.is_before(parse_time("2026-01-02T03:05:00Z").unwrap()));
        assert!(present.is_before(parse_time("2026-01-02T03:05:00.001Z").unwrap()));
    }
}
