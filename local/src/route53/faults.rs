//! What the stand-in does wrong, when a test wants it to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A handle on the stand-in's faults. Cheap to clone; all clones set the same faults.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Settings>>);

#[derive(Debug)]
struct Settings {
    throttled: u32,
    denied: bool,
    unfinished: u32,
    stuck: bool,
    insync_after: u32,
    settle_within: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            throttled: 0,
            denied: false,
            unfinished: 0,
            stuck: false,
            insync_after: 1,
            settle_within: Duration::from_secs(60),
        }
    }
}

impl Faults {
    /// The next requests, whatever they ask, are answered by `Throttling`.
    pub fn throttle_next(&self, requests: u32) {
        self.lock().throttled = requests;
    }

    /// Every request is answered by `AccessDenied`.
    pub fn deny_access(&self, denied: bool) {
        self.lock().denied = denied;
    }

    /// The next changes of record sets are answered by `PriorRequestNotComplete`.
    pub fn leave_prior_request_unfinished(&self, changes: u32) {
        self.lock().unfinished = changes;
    }

    /// Changes stay `PENDING`, however often they are asked after, and are not served.
    pub fn stay_pending(&self, stuck: bool) {
        self.lock().stuck = stuck;
    }

    /// How many times GetChange answers `PENDING` before it answers `INSYNC`: once, unless set.
    pub fn insync_after(&self, answers: u32) {
        self.lock().insync_after = answers;
    }

    /// How long it takes at the most until a change made from now on is served when nobody asks after it: a minute,
    /// unless set.
    pub fn settle_within(&self, time: Duration) {
        self.lock().settle_within = time;
    }

    pub(super) fn throttles(&self) -> bool {
        take_one(&mut self.lock().throttled)
    }

    pub(super) fn denies(&self) -> bool {
        self.lock().denied
    }

    pub(super) fn prior_request_is_unfinished(&self) -> bool {
        take_one(&mut self.lock().unfinished)
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.lock().stuck
    }

    pub(super) fn is_insync_after(&self, answers: u32) -> bool {
        let settings = self.lock();
        !settings.stuck && answers >= settings.insync_after
    }

    pub(super) fn settles_within(&self) -> Duration {
        self.lock().settle_within
    }

    fn lock(&self) -> MutexGuard<'_, Settings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there was one left.
fn take_one(left: &mut u32) -> bool {
    let taken = *left > 0;
    *left = left.saturating_sub(1);
    taken
}
