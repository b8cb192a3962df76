//! What a look at a claim's record means, written down: a step in the claim's life, its events, and the time of the next
//! look, in one transaction.

use crate::app::App;
use crate::domain::domain_check::{DomainCheck, Step};
use crate::domain::domain_proof::Sighting;
use crate::domain::event::{EventName, NewEvent};
use crate::domain::organization::{DomainState, DomainStrategy, OrganizationDomain};
use crate::store::{
    ChangedDomain, CheckedDomain, Due, Ownership, Versioned, WriteDomainError, domain_check_due,
};
use crate::web::organization_domain::{domain_event, verification_failed};
use chrono::{DateTime, Utc};

use super::look::Proof;
use super::ownership;

/// A claim with its check, as they were read.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The claim.
    pub domain: OrganizationDomain,
    /// Its check.
    pub check: Versioned<Due<DomainCheck>>,
}

/// How a claim stands after a look.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The claim.
    pub domain: OrganizationDomain,
    /// Its check.
    pub check: Due<DomainCheck>,
    /// Why it doesn't own its domain, though its record stands.
    pub refused: Option<Refused>,
}

/// Why a claim whose record stands doesn't own its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Another organization has proved it, too, and was first.
    Taken,
    /// Another organization owns it without a proof, until then.
    Contested(DateTime<Utc>),
}

/// Takes note of a look at a claim.
///
/// # Errors
/// [`WriteDomainError::Raced`] where anything has changed since the claim was read.
pub async fn settle(app: &App, claim: &Claim, sighting: &Sighting) -> Result<Settled, WriteDomainError> {
    let now = app.clock().now();
    let mut check = claim.check.value.work.clone();
    let proof = Proof::of(app, &claim.domain);
    let step = check.note(&claim.domain, sighting, &proof.wanted(), now);
    if step == Step::Proved {
        return ownership::claim(app, claim, check, sighting).await;
    }
    let (state, events) = after(&claim.domain, step);
    let ownership = if step == Step::Lapsed { Ownership::Released } else { Ownership::Stays };
    let next = Next { state, strategy: claim.domain.strategy, ownership, events };
    let checked = next.of(app, claim, check);
    keep(app, claim, checked).await
}

/// What a claim becomes.
pub(super) struct Next {
    pub(super) state: DomainState,
    pub(super) strategy: DomainStrategy,
    pub(super) ownership: Ownership,
    /// What happened. A claim to which nothing happens isn't written.
    pub(super) events: Vec<(EventName, Option<&'static str>)>,
}

impl Next {
    /// The claim as it becomes, with its check.
    pub(super) fn of(self, app: &App, claim: &Claim, check: DomainCheck) -> CheckedDomain {
        let now = app.clock().now();
        let same = (self.state, self.strategy) == (claim.domain.state, claim.domain.strategy);
        let domain =
            if same { claim.domain.clone() } else { claim.domain.turned(self.state, self.strategy, now) };
        let at = check.next_due(&domain, now);
        let events: Vec<NewEvent> = self.events.iter().map(|event| told(app, &domain, *event)).collect();
        CheckedDomain {
            read: claim.check.clone(),
            check: domain_check_due(check, at),
            changed: (!events.is_empty()).then_some(ChangedDomain { domain, events }),
            ownership: self.ownership,
        }
    }
}

fn told(app: &App, domain: &OrganizationDomain, (name, reason): (EventName, Option<&str>)) -> NewEvent {
    let dns = &app.config().dns;
    match reason {
        Some(reason) => verification_failed(reason, domain, dns),
        None => domain_event(name, domain, dns),
    }
}

fn after(domain: &OrganizationDomain, step: Step) -> (DomainState, Vec<(EventName, Option<&'static str>)>) {
    match step {
        Step::Waits | Step::Proved => (domain.state, Vec::new()),
        Step::Recovered => (DomainState::Verified, vec![(EventName::OrganizationDomainVerified, None)]),
        Step::AtRisk => (DomainState::AtRisk, vec![(EventName::OrganizationDomainAtRisk, None)]),
        Step::Lapsed => {
            let updated = (EventName::OrganizationDomainUpdated, None);
            (DomainState::Lapsed, vec![(EventName::OrganizationDomainLapsed, None), updated])
        }
        Step::Expired => (DomainState::Failed, vec![EXPIRED]),
    }
}

/// The record never came.
pub(super) const EXPIRED: (EventName, Option<&'static str>) =
    (EventName::OrganizationDomainVerificationFailed, Some("domain_verification_period_expired"));

/// Writes what became of a claim.
pub(super) async fn keep(
    app: &App,
    claim: &Claim,
    checked: CheckedDomain,
) -> Result<Settled, WriteDomainError> {
    app.store().keep_checked(std::slice::from_ref(&checked)).await?;
    Ok(settled(claim, checked, None))
}

/// How the claim stands once that is written.
pub(super) fn settled(claim: &Claim, checked: CheckedDomain, refused: Option<Refused>) -> Settled {
    let domain = checked.changed.map_or_else(|| claim.domain.clone(), |changed| changed.domain);
    Settled { domain, check: checked.check, refused }
}
