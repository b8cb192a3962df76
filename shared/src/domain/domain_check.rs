//! The life of a claim: from checks that find nothing to a proof, and from a proof to its loss. Pure: what was seen and
//! what time it is go in, what has to be written comes out.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::domain_proof::{Finding, Sighting, Wanted};
use super::ids::{OrganizationDomainId, OrganizationId};
use super::organization::{DomainState, DomainStrategy, OrganizationDomain};

/// How soon a claim is looked at again: after the first look, the second, the third, and any later one.
const PAUSES: [Duration; 4] =
    [Duration::minutes(1), Duration::minutes(5), Duration::minutes(15), Duration::hours(1)];
/// How long a claim is looked for before it has failed.
pub const CLAIM_LIFETIME: Duration = Duration::days(30);
/// How often a proved domain is looked at, and how long one that lapsed is looked at every hour.
const RECHECK: Duration = Duration::days(1);
const EAGER: Duration = Duration::days(30);
/// On how many days in a row a record has to be missing before its domain is at risk.
const MISSES: u32 = 3;
/// How long a domain is at risk before it lapses.
pub const GRACE: Duration = Duration::days(14);
/// How long an owner that proved nothing has, once somebody else proved the domain.
pub const CONTEST: Duration = Duration::hours(72);

/// What is known of a claim's proof. It is the work that waits for the claim's next check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// The claim.
    pub organization_domain_id: OrganizationDomainId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Since when it has been looked for.
    pub since: DateTime<Utc>,
    /// How often it was looked at since somebody last asked for it.
    pub looks: u32,
    /// What the last look saw.
    #[serde(default)]
    pub last: Option<Look>,
    /// On how many days in a row the record of a proved domain was missing.
    #[serde(default)]
    pub misses: u32,
    /// Since when the domain has been at risk, or lapsed.
    #[serde(default)]
    pub lost_since: Option<DateTime<Utc>>,
    /// Which claim this one contests: its record stands, and that one owns the domain without a proof.
    #[serde(default)]
    pub contesting: Option<Contesting>,
    /// Until when this claim, which proved nothing, owns a domain that another organization has proved.
    #[serde(default)]
    pub contested_until: Option<DateTime<Utc>>,
}

/// A contest between a claim that is proved and an owner that proved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contesting {
    /// The owner's claim. With another owner it begins anew.
    pub owner: OrganizationDomainId,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What a look saw, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub finding: Finding,
}

/// What a look means for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing has changed.
    Waits,
    /// A claim that owns nothing has its record: it owns the domain, unless somebody else does.
    Proved,
    /// A domain at risk has its record again.
    Recovered,
    /// The record of a proved domain has been missing for three days.
    AtRisk,
    /// It has been missing for another fourteen.
    Lapsed,
    /// The record never came.
    Expired,
}

impl DomainCheck {
    /// The check of a new claim, or of one that is started again.
    pub fn new(claim: &OrganizationDomain, now: DateTime<Utc>) -> Self {
        Self {
            organization_domain_id: claim.id,
            organization_id: claim.organization_id,
            since: now,
            looks: 0,
            last: None,
            misses: 0,
            lost_since: None,
            contesting: None,
            contested_until: None,
        }
    }

    /// When a claim's first check is due: at once, where there is anything to be checked.
    pub fn first_due(claim: &OrganizationDomain, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (claim.strategy == DomainStrategy::Dns).then_some(now)
    }

    /// Takes note of a look.
    pub fn note(
        &mut self,
        claim: &OrganizationDomain,
        sighting: &Sighting,
        wanted: &Wanted<'_>,
        now: DateTime<Utc>,
    ) -> Step {
        self.looks = self.looks.saturating_add(1);
        self.last = Some(Look { at: now, finding: sighting.finding(wanted) });
        let stands = sighting.proves(wanted);
        // What nobody answered ends no contest.
        if sighting.lacks(wanted) {
            self.contesting = None;
        }
        match claim.state {
            DomainState::Pending | DomainState::Failed | DomainState::Lapsed if stands => Step::Proved,
            DomainState::Pending => {
                let over = now - self.since >= CLAIM_LIFETIME && self.contesting.is_none();
                if over { Step::Expired } else { Step::Waits }
            }
            DomainState::Failed | DomainState::Lapsed => Step::Waits,
            DomainState::Verified | DomainState::AtRisk if stands => {
                self.misses = 0;
                self.lost_since = None;
                if claim.state == DomainState::AtRisk { Step::Recovered } else { Step::Waits }
            }
            // What the owner vouches for by hand needs no record.
            DomainState::Verified if claim.strategy == DomainStrategy::Manual => Step::Waits,
            DomainState::Verified | DomainState::AtRisk if !sighting.disproves(wanted) => Step::Waits,
            DomainState::Verified => self.missed(now),
            DomainState::AtRisk => {
                let over = self.lost_since.is_none_or(|since| now - since >= GRACE);
                if over { self.lose(Step::Lapsed, now) } else { Step::Waits }
            }
        }
    }

    fn missed(&mut self, now: DateTime<Utc>) -> Step {
        self.misses = self.misses.saturating_add(1);
        if self.misses < MISSES { Step::Waits } else { self.lose(Step::AtRisk, now) }
    }

    fn lose(&mut self, step: Step, now: DateTime<Utc>) -> Step {
        self.lost_since = Some(now);
        step
    }

    /// When the claim is to be looked at next, once it is in this state; never, where there is nothing to be seen.
    pub fn next_due(&self, claim: &OrganizationDomain, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let [.., hourly] = PAUSES;
        let pause = match claim.state {
            DomainState::Pending => {
                let looks = usize::try_from(self.looks.saturating_sub(1)).unwrap_or(usize::MAX);
                PAUSES.get(looks).copied().unwrap_or(hourly)
            }
            DomainState::Failed => return None,
            DomainState::Verified if claim.strategy == DomainStrategy::Manual => return None,
            DomainState::Verified => RECHECK,
            DomainState::AtRisk => hourly,
            DomainState::Lapsed if self.lost_since.is_some_and(|since| now - since < EAGER) => hourly,
            DomainState::Lapsed => RECHECK,
        };
        Some(now + pause)
    }
}

#[cfg(test)]
mod tests;
