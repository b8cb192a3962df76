//! How many requests a directory may make: a rate that lasts, and a burst on top of it.

use chrono::{DateTime, TimeDelta, Utc};

/// The generic cell rate algorithm: one instant says all. It lies as far ahead of now as the requests so far would have
/// needed at the lasting rate; further ahead than the burst allows, nobody gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a second that may last.
    pub per_second: u32,
    /// Requests on top of that, at once.
    pub burst: u32,
}

impl RateLimit {
    /// What every directory has: twice what Entra ID asks of a server for one tenant, with a burst of ten seconds.
    pub const OF_A_DIRECTORY: Self = Self { per_second: 50, burst: 500 };

    /// How long so many requests take at the lasting rate.
    pub fn cost(self, requests: u32) -> TimeDelta {
        TimeDelta::microseconds(i64::from(requests) * 1_000_000 / i64::from(self.per_second.max(1)))
    }

    /// After how many seconds a caller may come again who has used up everything until `full_at`; `None` where one more
    /// request is all right.
    pub fn wait(self, full_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<u32> {
        let beyond = full_at? - now - self.cost(self.burst);
        let seconds = (beyond.num_milliseconds() + 999) / 1000;
        (beyond > TimeDelta::zero()).then(|| u32::try_from(seconds).unwrap_or(u32::MAX).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_five_a_second_are_never_refused_and_a_burst_is_refused_after_five_hundred() {
        let limit = RateLimit::OF_A_DIRECTORY;
        let begin = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let mut full_at = begin;
        for request in 0..25 * 3600 {
            let now = begin + TimeDelta::milliseconds(40 * request);
            assert_eq!(limit.wait(Some(full_at), now), None);
            full_at = full_at.max(now) + limit.cost(1);
        }
        let now = begin + TimeDelta::days(1);
        let full = now + limit.cost(500);
        assert_eq!(limit.wait(Some(full), now), None);
        assert_eq!(limit.wait(Some(full + limit.cost(1)), now), Some(1));
        assert_eq!(limit.wait(Some(full + limit.cost(75)), now), Some(2));
        assert_eq!(limit.wait(None, now), None);
    }
}
