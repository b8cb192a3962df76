//! Route 53: publishes and withdraws the TXT records that prove a domain, in hosted zones of the deployer's own account and
//! only in those that were named. What others have at the same name stays as it is.
//!
//! Route 53 has no "add a value": a change replaces the whole set of records at a name. So the set is read, and the change
//! says what it was and what it becomes, both in one batch, which Route 53 refuses as a whole where the set isn't as it was.
//! Then it is read again.

mod batch;
mod change;
mod error;
mod escape;
mod names;
mod pace;
mod records;
mod txt;
mod zones;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_sdk_route53::Client;
use tokio::sync::Mutex;

pub use batch::TxtChange;
pub use change::ChangeStatus;
pub use error::Route53Error;
pub use names::{ChangeId, HostedZoneId, InvalidName, RecordName};
pub use zones::MOST_ZONES;

use change::Polling;
use pace::Pace;
use zones::Zone;

/// What came of a wish that a value be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// Route 53 took the change on; [`Route53::wait_in_sync`] follows it to the name servers.
    Sent(ChangeId),
    /// The value was there before, or a change of which we never heard back had put it there.
    Already,
}

/// What came of a wish that a value be withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// Route 53 took the change on; [`Route53::wait_in_sync`] follows it to the name servers.
    Sent(ChangeId),
    /// The value wasn't there.
    NothingThere,
}

/// Some hosted zones of Route 53. Cheap to clone; clones share what they know of the zones and the pace of requests.
#[derive(Clone)]
pub struct Route53 {
    client: Client,
    zone_ids: Arc<[HostedZoneId]>,
    zones: Arc<Mutex<HashMap<HostedZoneId, Zone>>>,
    pace: Arc<Pace>,
    polling: Polling,
}

impl fmt::Debug for Route53 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route53").field("zone_ids", &self.zone_ids).finish_non_exhaustive()
    }
}

impl Route53 {
    /// The hosted zones with these ids, of which the first [`MOST_ZONES`] are used. Nothing is asked yet.
    pub fn new(client: Client, zone_ids: Vec<HostedZoneId>) -> Self {
        Self {
            client,
            zone_ids: zone_ids.into_iter().take(MOST_ZONES).collect(),
            zones: Arc::default(),
            pace: Arc::new(Pace::new(pace::WINDOW)),
            polling: Polling::default(),
        }
    }

    /// Publishes a TXT value at a name, beside whatever values are there.
    ///
    /// # Errors
    /// [`Route53Error`], one variant per cause.
    pub async fn publish_txt(&self, name: &RecordName, value: &str) -> Result<Published, Route53Error> {
        let zone = self.zone_of(name).await?;
        let change = TxtChange::Publish { name: name.clone(), value: value.to_owned() };
        let sent = self.fulfil(&zone, &[change]).await?;
        Ok(sent.into_iter().next_back().map_or(Published::Already, Published::Sent))
    }

    /// Withdraws a TXT value from a name, and nothing else that is there.
    ///
    /// # Errors
    /// [`Route53Error`], one variant per cause.
    pub async fn withdraw_txt(&self, name: &RecordName, value: &str) -> Result<Withdrawn, Route53Error> {
        let zone = self.zone_of(name).await?;
        let change = TxtChange::Withdraw { name: name.clone(), value: value.to_owned() };
        let sent = self.fulfil(&zone, &[change]).await?;
        Ok(sent.into_iter().next_back().map_or(Withdrawn::NothingThere, Withdrawn::Sent))
    }
}

#[cfg(test)]
mod tests;
