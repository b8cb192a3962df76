//! Which hosted zone holds a name.
//!
//! Looking zones up by name would need a permission over all zones of the account, and answers with the next zone where
//! there is none of that name. So each zone that was given is read by its id, once an instance.

use std::collections::HashMap;

use tokio::task::JoinSet;

use super::Route53;
use super::error::{Route53Error, Subject, cause};
use super::names::{HostedZoneId, RecordName, WrittenName};

/// The most hosted zones that are used, since each of them is read when an instance looks for its first zone.
pub const MOST_ZONES: usize = 20;

/// What a hosted zone is, as far as it matters here.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    name: WrittenName,
    private: bool,
}

impl Route53 {
    /// The hosted zone that holds a name: of the public ones, that with the longest name, as in DNS. Of two with the same
    /// name it is the one that was given first.
    ///
    /// A zone that is missing or forbidden doesn't take the others along: it is reported where no other holds the name.
    ///
    /// # Errors
    /// [`Route53Error`], one variant per cause.
    pub async fn zone_of(&self, name: &RecordName) -> Result<HostedZoneId, Route53Error> {
        let mut best: Option<(HostedZoneId, usize)> = None;
        let mut otherwise = None;
        for (id, zone) in self.zones().await {
            match zone {
                Ok(zone) if !name.is_within(&zone.name) => {}
                Ok(zone) if zone.private => {
                    otherwise.get_or_insert(Route53Error::PrivateZone(id));
                }
                Ok(zone) if best.as_ref().is_none_or(|(_, labels)| zone.name.labels() > *labels) => {
                    best = Some((id, zone.name.labels()));
                }
                Ok(_) => {}
                Err(error @ (Route53Error::NoSuchZone(_) | Route53Error::AccessDenied { .. })) => {
                    otherwise.get_or_insert(error);
                }
                // This zone may be the one: better no answer than another zone's.
                Err(error) => return Err(error),
            }
        }
        let none = || Route53Error::NoZone { name: name.clone() };
        best.map(|(id, _)| id).ok_or_else(|| otherwise.unwrap_or_else(none))
    }

    /// Refuses a zone that wasn't given, isn't there or isn't public.
    pub(super) async fn check_zone(&self, wanted: &HostedZoneId) -> Result<(), Route53Error> {
        let zones = self.zones().await;
        match zones.into_iter().find(|(id, _)| id == wanted) {
            Some((_, Ok(zone))) if zone.private => Err(Route53Error::PrivateZone(wanted.clone())),
            Some((_, Ok(_))) => Ok(()),
            Some((_, Err(error))) => Err(error),
            None => Err(Route53Error::NoSuchZone(wanted.clone())),
        }
    }

    /// All zones in the order in which they were given. Those that aren't known yet are read side by side, and an error is
    /// forgotten, so that the next look is a new chance.
    async fn zones(&self) -> Vec<(HostedZoneId, Result<Zone, Route53Error>)> {
        let mut known = self.zones.lock().await;
        let mut reads = JoinSet::new();
        for id in self.zone_ids.iter().filter(|id| !known.contains_key(*id)) {
            let (route53, id) = (self.clone(), id.clone());
            reads.spawn(async move { (route53.read_zone(&id).await, id) });
        }
        let mut errors = HashMap::new();
        while let Some(read) = reads.join_next().await {
            match read {
                Ok((Ok(zone), id)) => drop(known.insert(id, zone)),
                Ok((Err(error), id)) => drop(errors.insert(id, error)),
                Err(_) => {} // a read that never ended has no zone
            }
        }
        let mut look = |id: &HostedZoneId| {
            let error = || errors.remove(id).unwrap_or(Route53Error::Unreachable);
            known.get(id).cloned().ok_or_else(error)
        };
        self.zone_ids.iter().map(|id| (id.clone(), look(id))).collect()
    }

    async fn read_zone(&self, id: &HostedZoneId) -> Result<Zone, Route53Error> {
        self.pace.turn().await;
        let answer = self
            .client
            .get_hosted_zone()
            .id(id.as_str())
            .send()
            .await
            .map_err(|error| cause(&error, "route53:GetHostedZone", Subject::Zone(id)))?;
        let zone = answer.hosted_zone.ok_or_else(|| Route53Error::NoSuchZone(id.clone()))?;
        let private = zone.config.is_some_and(|config| config.private_zone);
        Ok(Zone { name: WrittenName::read(&zone.name), private })
    }
}
