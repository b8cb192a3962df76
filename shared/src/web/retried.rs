//! Changes that lost a race, made again on what the winner left.

use crate::store::{WriteConnectionError, WriteDomainError};

/// How often a change is made at the most. Whoever publishes a domain's record lets all claims to it be looked at at once.
const ATTEMPTS: usize = 8;

/// A function's error, of which one kind says that somebody else changed the same thing at the same time.
pub trait MayRace {
    /// Whether it is of that kind.
    fn is_raced(&self) -> bool;
}

impl MayRace for WriteDomainError {
    /// A domain that was free when it was looked at and isn't any more: the next attempt meets its owner.
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced | Self::Taken)
    }
}

impl MayRace for WriteConnectionError {
    /// An organization that was there a moment ago: somebody is deleting it.
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced | Self::NoOrganization)
    }
}

/// Does `change` until it doesn't lose a race, 8 times at the most. `change` reads afresh each time.
///
/// # Errors
/// Those of `change`.
pub async fn retried<T, E: MayRace, F>(change: impl Fn() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    for _ in 1..ATTEMPTS {
        match change().await {
            Err(error) if error.is_raced() => {}
            other => return other,
        }
    }
    change().await
}
