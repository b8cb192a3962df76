//! The clock that comes in through `App`, so that a test sets it.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

/// Where the time comes from. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    #[allow(clippy::disallowed_methods)] // the one place that may ask the machine
    pub fn system() -> Self {
        Self(Arc::new(|| DateTime::<Utc>::from(std::time::SystemTime::now())))
    }

    /// A clock that a test turns by hand.
    pub fn new(now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>) -> Self {
        Self(now)
    }

    /// The time now, in whole milliseconds: what the REST API shows and what is stored are then the same instant.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(3)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
