//! Claims to domains: made, looked at, started again, given up. [`look()`] asks DNS, [`settle()`] decides what that means and
//! writes it; an API key, an admin in the portal and the schedule do both alike. The rules of a claim's life are
//! [`domain_check`](crate::domain::domain_check).

mod look;
mod ownership;
mod settle;

use crate::app::App;
use crate::domain::domain_check::DomainCheck;
use crate::domain::domain_name::DomainName;
use crate::domain::domain_proof::Sighting;
use crate::domain::event::EventName;
use crate::domain::ids::OrganizationDomainId;
use crate::domain::organization::{DomainState, DomainStrategy, OrganizationDetails, OrganizationDomain};
use crate::store::{Due, NewDomain, Versioned, WriteDomainError, domain_check_due};
use crate::web::organization_domain::domain_event;
use crate::web::retried::{MayRace, retried};

pub use look::{Closely, look};
pub use ownership::read;
pub use settle::{Claim, Refused, Settled, settle};

/// Why a domain isn't claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The organization claims it already.
    #[error("the organization claims {0} already")]
    AlreadyClaimed(DomainName),
    /// The plan includes no more domains than this.
    #[error("the plan includes {0} domains")]
    PlanIsFull(u32),
    /// The table, or a lost race.
    #[error(transparent)]
    Write(#[from] WriteDomainError),
}

impl MayRace for ClaimError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Write(error) if error.is_raced())
    }
}

/// Claims a domain for an organization, as it was read.
///
/// # Errors
/// [`ClaimError`]; [`WriteDomainError::Raced`] where the organization has changed since it was read.
pub async fn claim(
    app: &App,
    read: &Versioned<OrganizationDetails>,
    domain: &DomainName,
) -> Result<(OrganizationDomain, Due<DomainCheck>), ClaimError> {
    let OrganizationDetails { organization, domains, policy } = &read.value;
    if domains.iter().any(|known| known.domain == *domain) {
        return Err(ClaimError::AlreadyClaimed(domain.clone()));
    }
    let plan = policy.features.domains;
    if domains.len() >= usize::try_from(plan).unwrap_or(usize::MAX) {
        return Err(ClaimError::PlanIsFull(plan));
    }
    let now = app.clock().now();
    let id = OrganizationDomainId::mint(now, app.rng());
    let claim = OrganizationDomain::claim(id, organization.id, domain.clone(), now, app.rng());
    let created = domain_event(EventName::OrganizationDomainCreated, &claim, &app.config().dns);
    let new = NewDomain::new(claim, vec![created], now);
    app.store().claim_domain(read, &new).await?;
    Ok((new.domain, new.check))
}

/// Gives a claim up.
///
/// # Errors
/// [`WriteDomainError::Raced`] where it has changed since it was read.
pub async fn give_up(app: &App, domain: &OrganizationDomain) -> Result<(), WriteDomainError> {
    let deleted = domain_event(EventName::OrganizationDomainDeleted, domain, &app.config().dns);
    app.store().remove_domain(domain, deleted).await
}

/// Why a claim isn't looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such claim.
    #[error("there is no such claim")]
    NotFound,
    /// It is verified already.
    #[error("the domain is verified already")]
    AlreadyVerified,
    /// The table, or a lost race.
    #[error(transparent)]
    Write(#[from] WriteDomainError),
}

impl MayRace for VerifyError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Write(error) if error.is_raced())
    }
}

impl From<crate::store::StoreError> for VerifyError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Write(error.into())
    }
}

/// Looks at a claim at once, for somebody who waits for it, and starts one again that has failed.
///
/// # Errors
/// [`VerifyError`].
pub async fn verify(app: &App, id: OrganizationDomainId) -> Result<Settled, VerifyError> {
    let claim = retried(|| start_again(app, id)).await?;
    let sighting = look(app, &claim.domain, Closely::Nearby).await;
    match settle(app, &claim, &sighting).await {
        Err(WriteDomainError::Raced | WriteDomainError::Taken) => settle_afresh(app, id, &sighting).await,
        other => Ok(other?),
    }
}

/// The same look, at what the claim has become meanwhile.
async fn settle_afresh(
    app: &App,
    id: OrganizationDomainId,
    sighting: &Sighting,
) -> Result<Settled, VerifyError> {
    retried(|| async {
        let claim = read(app, id).await?.ok_or(VerifyError::NotFound)?;
        // Somebody else's look at the same record may have been faster.
        match claim.domain.state {
            DomainState::Verified => {
                Ok(Settled { domain: claim.domain, check: claim.check.value, refused: None })
            }
            _ => Ok(settle(app, &claim, sighting).await?),
        }
    })
    .await
}

/// The claim as it is looked at: one that has failed waits from now on, and the next looks come soon after this one.
async fn start_again(app: &App, id: OrganizationDomainId) -> Result<Claim, VerifyError> {
    let mut claim = read(app, id).await?.ok_or(VerifyError::NotFound)?;
    match claim.domain.state {
        DomainState::Verified => return Err(VerifyError::AlreadyVerified),
        DomainState::Failed => {}
        DomainState::Pending | DomainState::AtRisk | DomainState::Lapsed => {
            claim.check.value.work.looks = 0;
            return Ok(claim);
        }
    }
    let now = app.clock().now();
    let domain = claim.domain.turned(DomainState::Pending, DomainStrategy::Dns, now);
    let check = domain_check_due(DomainCheck::new(&domain, now), Some(now));
    let updated = domain_event(EventName::OrganizationDomainUpdated, &domain, &app.config().dns);
    app.store().restart_domain(&claim.check, &check, &domain, updated).await?;
    read(app, id).await?.ok_or(VerifyError::NotFound)
}
