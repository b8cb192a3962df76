//! Words that several pages share: how something stands, as a badge of icon, word and colour; and how long ago something
//! was.

use chrono::{DateTime, TimeDelta, Utc};
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::directory::DirectoryState;
use portico_shared::domain::organization::DomainState;
use portico_shared::domain::sign_in::{Outcome, SignInRecord};

/// A badge: what the stylesheet calls it, its icon in the sprite, its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Badge {
    /// `ok`, `busy`, `warn`, `bad` or `none`.
    pub(crate) tone: &'static str,
    /// The icon's name.
    pub(crate) icon: &'static str,
    /// The word.
    pub(crate) word: &'static str,
}

impl Badge {
    const fn new(tone: &'static str, icon: &'static str, word: &'static str) -> Self {
        Self { tone, icon, word }
    }

    /// What isn't set up.
    pub(crate) const NOT_SET_UP: Self = Self::new("none", "empty", "Not set up");

    /// A domain's.
    pub(crate) fn of_domain(state: DomainState) -> Self {
        match state {
            DomainState::Pending => Self::new("busy", "clock", "Pending"),
            DomainState::Verified => Self::new("ok", "check", "Verified"),
            DomainState::AtRisk => Self::new("warn", "warning", "At risk"),
            DomainState::Lapsed => Self::new("bad", "cross", "Lapsed"),
            DomainState::Failed => Self::new("bad", "cross", "Failed"),
        }
    }

    /// That of single sign-on.
    pub(crate) fn of_connection(state: Option<ConnectionState>) -> Self {
        match state {
            None => Self::NOT_SET_UP,
            Some(ConnectionState::Draft) => Self::new("busy", "half", "In progress"),
            Some(ConnectionState::Validating) => Self::new("busy", "half", "Ready to test"),
            Some(ConnectionState::Active) => Self::new("ok", "check", "Configured, active"),
            Some(ConnectionState::Inactive) => Self::new("warn", "warning", "Switched off"),
        }
    }

    /// That of directory sync.
    pub(crate) fn of_directory(state: Option<DirectoryState>) -> Self {
        match state {
            None | Some(DirectoryState::Deleting) => Self::NOT_SET_UP,
            Some(DirectoryState::Validating) => Self::new("busy", "wait", "Waiting"),
            Some(DirectoryState::Active) => Self::new("ok", "check", "Configured"),
        }
    }
}

impl Badge {
    /// That of an entry of the sign-in log.
    pub(crate) fn of_sign_in(record: &SignInRecord) -> Self {
        match (&record.outcome, record.test) {
            (Outcome::Succeeded { .. }, _) => Self::new("ok", "check", "Success"),
            (Outcome::Tested, _) => Self::new("ok", "check", "Test successful"),
            (Outcome::Refused { .. }, true) => Self::new("bad", "cross", "Test failed"),
            (Outcome::Refused { .. }, false) => Self::new("bad", "cross", "Failed"),
        }
    }
}

/// How long ago something was: `just now`, `7 minutes ago`, `3 hours ago`, then the day.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let age = now - at;
    if age < TimeDelta::minutes(1) {
        "just now".to_owned()
    } else if age < TimeDelta::hours(1) {
        counted(age.num_minutes(), "minute") + " ago"
    } else if age < TimeDelta::days(1) {
        counted(age.num_hours(), "hour") + " ago"
    } else {
        format!("on {}", day(at))
    }
}

/// How long it takes until something comes.
pub(crate) fn within(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let left = at - now;
    if left <= TimeDelta::minutes(1) {
        "within a minute".to_owned()
    } else if left < TimeDelta::hours(1) {
        format!("in {}", counted(left.num_minutes(), "minute"))
    } else if left < TimeDelta::days(1) {
        format!("in {}", counted(left.num_hours(), "hour"))
    } else {
        format!("on {}", day(at))
    }
}

/// A day: `3 March 2026`.
pub(crate) fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

/// An instant: `3 March 2026, 14:02 UTC`.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// `1 minute`, `2 minutes`.
pub(crate) fn counted(many: i64, what: &str) -> String {
    if many == 1 { format!("1 {what}") } else { format!("{many} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = DateTime::from_timestamp(1_774_000_000, 0).unwrap();
        for (seconds, past, to_come) in [
            (10, "just now", "within a minute"),
            (60, "1 minute ago", "within a minute"),
            (300, "5 minutes ago", "in 5 minutes"),
            (7200, "2 hours ago", "in 2 hours"),
        ] {
            let gap = TimeDelta::seconds(seconds);
            assert_eq!((ago(now - gap, now).as_str(), within(now + gap, now).as_str()), (past, to_come));
        }
        assert_eq!(ago(now - TimeDelta::days(2), now), "on 18 March 2026");
    }
}
