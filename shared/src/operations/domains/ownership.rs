//! A claim whose record stands, and the one owner that its domain may have: a proof beats an owner that has none, after
//! three days' notice; between proofs, the owner stays as long as its own record stands.

use crate::app::App;
use crate::domain::domain_check::{CLAIM_LIFETIME, CONTEST, Contesting, DomainCheck};
use crate::domain::domain_proof::Sighting;
use crate::domain::event::EventName;
use crate::domain::organization::{DomainState, DomainStrategy, OrganizationDomain};
use crate::store::{CheckedDomain, Ownership, WriteDomainError};

use super::look::{Closely, Proof, look};
use super::settle::{Claim, Next, Refused, Settled, keep, settled};

/// The domain went to an organization that proved it.
const SUPERSEDED: (EventName, Option<&str>) =
    (EventName::OrganizationDomainVerificationFailed, Some("domain_verified_by_other_organization"));

/// Lets a claim whose record stands own its domain, if nobody else has the better right.
pub(super) async fn claim(
    app: &App,
    claim: &Claim,
    check: DomainCheck,
    sighting: &Sighting,
) -> Result<Settled, WriteDomainError> {
    let Some(owner) = app.store().domain_owner(&claim.domain.domain).await? else {
        return keep(app, claim, won(app, claim, check, Ownership::Taken)).await;
    };
    if owner.organization_domain_id == claim.domain.id {
        // Somebody has vouched for this very claim meanwhile.
        return Err(WriteDomainError::Raced);
    }
    let Some(other) = read(app, owner.organization_domain_id).await? else {
        // A claim that is being given up, and its domain with it: the next attempt finds neither.
        return Err(WriteDomainError::Raced);
    };
    let proof = Proof::of(app, &other.domain);
    // The same name has the owner's record, so this look has seen it, too.
    let seen = sighting.servers.iter().any(|(_, said)| proof.wanted().is_met(said));
    match other.domain.strategy {
        DomainStrategy::Dns => {
            // That it is gone has to be beyond doubt.
            let gone = !seen && look(app, &other.domain, Closely::Twice).await.disproves(&proof.wanted());
            if gone {
                lapse(app, claim, check, &other).await
            } else {
                refuse(app, claim, check, Refused::Taken).await
            }
        }
        DomainStrategy::Manual if sighting.proves(&proof.wanted()) => defend(app, claim, check, &other).await,
        DomainStrategy::Manual if seen => refuse(app, claim, check, Refused::Taken).await,
        DomainStrategy::Manual => contest(app, claim, check, &other).await,
    }
}

/// Reads a claim with its check.
pub async fn read(
    app: &App,
    id: crate::domain::ids::OrganizationDomainId,
) -> Result<Option<Claim>, WriteDomainError> {
    let Some(check) = app.store().domain_check(id).await? else { return Ok(None) };
    let domain = app.store().claims_of(&[&check.value.work]).await?.pop().transpose()?.flatten();
    Ok(domain.map(|domain| Claim { domain, check }))
}

fn won(app: &App, claim: &Claim, check: DomainCheck, ownership: Ownership) -> CheckedDomain {
    let check = DomainCheck { misses: 0, lost_since: None, contesting: None, contested_until: None, ..check };
    let events = vec![(EventName::OrganizationDomainVerified, None)];
    Next { state: DomainState::Verified, strategy: DomainStrategy::Dns, ownership, events }
        .of(app, claim, check)
}

/// The record of the owner is gone: its domain lapses at once, since somebody else proves it.
async fn lapse(
    app: &App,
    claim: &Claim,
    check: DomainCheck,
    other: &Claim,
) -> Result<Settled, WriteDomainError> {
    let lost = DomainCheck { lost_since: Some(app.clock().now()), ..other.check.value.work.clone() };
    let events =
        vec![(EventName::OrganizationDomainLapsed, None), (EventName::OrganizationDomainUpdated, None)];
    let loser = stays(&other.domain, DomainState::Lapsed, events).of(app, other, lost);
    take_over(app, claim, check, other, loser).await
}

/// The owner has none but the word of the SaaS team, which a proof beats once three days are over.
async fn contest(
    app: &App,
    claim: &Claim,
    check: DomainCheck,
    other: &Claim,
) -> Result<Settled, WriteDomainError> {
    let now = app.clock().now();
    let known = check.contesting.filter(|contest| contest.owner == other.domain.id);
    let contest = known.unwrap_or(Contesting { owner: other.domain.id, since: now });
    let (until, owners) = (contest.since + CONTEST, other.check.value.work.clone());
    if until <= now {
        let lost = DomainCheck { contested_until: None, ..owners };
        let loser = stays(&other.domain, DomainState::Failed, vec![SUPERSEDED]).of(app, other, lost);
        return take_over(app, claim, check, other, loser).await;
    }
    if known.is_some() {
        return refuse(app, claim, check, Refused::Contested(until)).await;
    }
    let told = || vec![(EventName::OrganizationDomainContested, None)];
    let mine = DomainCheck { contesting: Some(contest), ..check };
    let mine = stays(&claim.domain, claim.domain.state, told()).of(app, claim, mine);
    // Of several contests the first decides.
    let first = owners.contested_until.filter(|first| *first > now).map_or(until, |first| first.min(until));
    let theirs = DomainCheck { contested_until: Some(first), ..owners };
    let theirs = stays(&other.domain, other.domain.state, told()).of(app, other, theirs);
    app.store().keep_checked(&[mine.clone(), theirs]).await?;
    Ok(settled(claim, mine, Some(Refused::Contested(until))))
}

/// The owner has published a record of its own meanwhile: from now on it owns the domain by that.
async fn defend(
    app: &App,
    claim: &Claim,
    check: DomainCheck,
    other: &Claim,
) -> Result<Settled, WriteDomainError> {
    let check = DomainCheck { contesting: None, ..check };
    let mine = stays(&claim.domain, claim.domain.state, Vec::new()).of(app, claim, check);
    let theirs = DomainCheck { contested_until: None, ..other.check.value.work.clone() };
    let events = vec![(EventName::OrganizationDomainUpdated, None)];
    let proved = Next { strategy: DomainStrategy::Dns, ..stays(&other.domain, other.domain.state, events) };
    let theirs = proved.of(app, other, theirs);
    app.store().keep_checked(&[mine.clone(), theirs]).await?;
    Ok(settled(claim, mine, Some(Refused::Taken)))
}

async fn take_over(
    app: &App,
    claim: &Claim,
    check: DomainCheck,
    other: &Claim,
    loser: CheckedDomain,
) -> Result<Settled, WriteDomainError> {
    let winner = won(app, claim, check, Ownership::TakenFrom(other.domain.id));
    app.store().keep_checked(&[loser, winner.clone()]).await?;
    Ok(settled(claim, winner, None))
}

/// The owner stays. A claim that is refused for as long as a claim may wait has failed like any other.
async fn refuse(
    app: &App,
    claim: &Claim,
    check: DomainCheck,
    why: Refused,
) -> Result<Settled, WriteDomainError> {
    let over = why == Refused::Taken
        && claim.domain.state == DomainState::Pending
        && app.clock().now() - check.since >= CLAIM_LIFETIME;
    let (state, events) =
        if over { (DomainState::Failed, vec![SUPERSEDED]) } else { (claim.domain.state, Vec::new()) };
    let checked = stays(&claim.domain, state, events).of(app, claim, check);
    app.store().keep_checked(std::slice::from_ref(&checked)).await?;
    Ok(settled(claim, checked, Some(why)))
}

fn stays(
    domain: &OrganizationDomain,
    state: DomainState,
    events: Vec<(EventName, Option<&'static str>)>,
) -> Next {
    Next { state, strategy: domain.strategy, ownership: Ownership::Stays, events }
}
