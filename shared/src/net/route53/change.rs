//! How far a change has come.

use std::time::Duration;

use super::Route53;
use super::error::{Route53Error, Subject, cause};
use super::names::ChangeId;

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// Not all of Route 53's name servers have it yet. That takes a minute as a rule.
    Pending,
    /// All of Route 53's name servers have it. Resolvers may still hold what was there before.
    InSync,
}

/// How often a change is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Polling {
    /// The pause before the first question.
    pub(super) first: Duration,
    /// The pause before every other.
    pub(super) then: Duration,
}

impl Default for Polling {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), then: Duration::from_secs(2) }
    }
}

impl Route53 {
    /// How far a change has come.
    ///
    /// # Errors
    /// [`Route53Error`], one variant per cause.
    pub async fn change_status(&self, id: &ChangeId) -> Result<ChangeStatus, Route53Error> {
        self.pace.turn().await;
        let answer = self
            .client
            .get_change()
            .id(id.as_str())
            .send()
            .await
            .map_err(|error| cause(&error, "route53:GetChange", Subject::Change(id)))?;
        let status = answer.change_info.map(|info| info.status);
        Ok(match status {
            Some(aws_sdk_route53::types::ChangeStatus::Insync) => ChangeStatus::InSync,
            _ => ChangeStatus::Pending,
        })
    }

    /// Waits until all of Route 53's name servers have a change, but no longer than `most`: then it is still pending, which
    /// is no error. It asks after 1 second, then every 2 seconds, and goes on asking where Route 53 throttles.
    ///
    /// # Errors
    /// [`Route53Error`], one variant per cause.
    pub async fn wait_in_sync(&self, id: &ChangeId, most: Duration) -> Result<ChangeStatus, Route53Error> {
        let followed = tokio::time::timeout(most, self.follow(id)).await;
        followed.unwrap_or(Ok(ChangeStatus::Pending))
    }

    async fn follow(&self, id: &ChangeId) -> Result<ChangeStatus, Route53Error> {
        let mut pause = self.polling.first;
        loop {
            tokio::time::sleep(pause).await;
            match self.change_status(id).await {
                Ok(ChangeStatus::Pending) | Err(Route53Error::Throttled) => pause = self.polling.then,
                known => return known,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_asked_for_after_a_second_and_then_every_two() {
        let Polling { first, then } = Polling::default();
        assert_eq!((first, then), (Duration::from_secs(1), Duration::from_secs(2)));
    }
}
