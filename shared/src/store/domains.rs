//! Claims to domains: the claim beside its organization, the guard that gives a domain one owner, and the check that waits
//! for its time.

use chrono::{DateTime, Utc};

use super::due::Due;
use super::item::{self, Attributes, Item, Versioned};
use super::page::PageRequest;
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::domain_check::DomainCheck;
use crate::domain::domain_name::DomainName;
use crate::domain::event::NewEvent;
use crate::domain::ids::{OrganizationDomainId, OrganizationId};
use crate::domain::organization::{DomainOwner, OrganizationDetails, OrganizationDomain};

/// The work that waits for a claim's next check, by the claim's id.
pub const DOMAIN_CHECK: &str = "domain_check";

/// The most claims to one domain that are looked through: only one of them can be proved.
const MOST_CLAIMS: usize = 100;

/// A claim that is made, or changed otherwise than by its check, and what it says in the event log.
#[derive(Debug, Clone)]
pub struct NewDomain {
    /// The claim, as it is from now on. One that owns its domain takes the domain's ownership.
    pub domain: OrganizationDomain,
    /// Its check, from the start.
    pub check: Due<DomainCheck>,
    /// What the log says of it.
    pub events: Vec<NewEvent>,
}

impl NewDomain {
    /// A claim, and its check from now on.
    pub fn new(domain: OrganizationDomain, events: Vec<NewEvent>, now: DateTime<Utc>) -> Self {
        let check = domain_check_due(DomainCheck::new(&domain, now), DomainCheck::first_due(&domain, now));
        Self { domain, check, events }
    }
}

/// A claim as it becomes, with what the log says of it.
#[derive(Debug, Clone)]
pub struct ChangedDomain {
    /// The claim. Its version is the one that it was read with.
    pub domain: OrganizationDomain,
    /// What happened.
    pub events: Vec<NewEvent>,
}

/// What becomes of a domain's ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// It stays where it is.
    Stays,
    /// The claim takes it: nobody has it.
    Taken,
    /// The claim takes it from this one.
    TakenFrom(OrganizationDomainId),
    /// The claim gives it up.
    Released,
}

/// What a check of a claim comes to.
#[derive(Debug, Clone)]
pub struct CheckedDomain {
    /// The check as it was read.
    pub read: Versioned<Due<DomainCheck>>,
    /// The check from now on.
    pub check: Due<DomainCheck>,
    /// The claim, if it changes.
    pub changed: Option<ChangedDomain>,
    /// What becomes of the domain.
    pub ownership: Ownership,
}

/// Why what a check came to wasn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteDomainError {
    /// Another organization owns the domain.
    #[error("another organization has verified this domain")]
    Taken,
    /// The claim, its check or its domain's owner has changed since it was read.
    #[error("the domain was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    Taken,
    Raced,
}

impl From<CommitError<Refused>> for WriteDomainError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::Taken) => Self::Taken,
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// A check that waits for `at`.
pub fn domain_check_due(check: DomainCheck, at: Option<DateTime<Utc>>) -> Due<DomainCheck> {
    Due { kind: DOMAIN_CHECK.to_owned(), subject: check.organization_domain_id.to_string(), at, work: check }
}

impl Store {
    /// Who owns a domain.
    pub async fn domain_owner(&self, domain: &DomainName) -> Result<Option<DomainOwner>, StoreError> {
        Ok(self.read_one(&keys::domain_owner(domain)).await?.map(|found| found.value))
    }

    /// The organizations that claim a domain, proved or not: for lists, so from an index.
    pub async fn organizations_claiming(
        &self,
        domain: &DomainName,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let request = PageRequest { limit: MOST_CLAIMS, ..PageRequest::default() };
        let parent = keys::domain_claims(domain);
        let claims = self.list_children(&parent, &request, |_: &OrganizationDomain| true).await?;
        Ok(claims.items.into_iter().map(|claim| claim.organization_id).collect())
    }

    /// A claim's check, by the claim's id.
    pub async fn domain_check(
        &self,
        id: OrganizationDomainId,
    ) -> Result<Option<Versioned<Due<DomainCheck>>>, StoreError> {
        self.work(DOMAIN_CHECK, &id.to_string()).await
    }

    /// The checks of some claims, at most 100, in the claims' order: one round trip.
    pub async fn domain_checks(
        &self,
        ids: &[OrganizationDomainId],
    ) -> Result<Vec<Option<Due<DomainCheck>>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| keys::due(DOMAIN_CHECK, &id.to_string())).collect();
        let mut found = self.read_many(&keys).await?;
        keys.iter().map(|key| Ok(found.take(self, key)?.map(|read| read.value))).collect()
    }

    /// The claims of some checks, at most 100, in the checks' order; `None` where a claim is gone, an error where one can't be
    /// read, which is no reason not to read the others.
    pub async fn claims_of(
        &self,
        checks: &[&DomainCheck],
    ) -> Result<Vec<Result<Option<OrganizationDomain>, StoreError>>, StoreError> {
        if checks.is_empty() {
            return Ok(Vec::new());
        }
        let key = |check: &&DomainCheck| {
            keys::organization_domain(check.organization_id, check.organization_domain_id)
        };
        let keys: Vec<_> = checks.iter().map(key).collect();
        let mut found = self.read_many(&keys).await?;
        let claim = |key| {
            let read = found.take::<OrganizationDomain>(self, key)?;
            Ok(read.map(|read| OrganizationDomain { version: read.version, ..read.value }))
        };
        Ok(keys.iter().map(claim).collect())
    }

    /// Adds a claim to an organization that is as it was read: what its plan allows was counted there.
    pub async fn claim_domain(
        &self,
        read: &Versioned<OrganizationDetails>,
        new: &NewDomain,
    ) -> Result<(), WriteDomainError> {
        let mut transaction = Transaction::new(self);
        let organization = super::organizations::organization_item(&read.value.organization)?;
        transaction.replace(Refused::Raced, organization, read.version);
        add(&mut transaction, (Refused::Raced, Refused::Taken), new)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives a claim up, and the domain with it, if it is this claim that owns it.
    pub async fn remove_domain(
        &self,
        domain: &OrganizationDomain,
        event: NewEvent,
    ) -> Result<(), WriteDomainError> {
        let mut transaction = Transaction::new(self);
        give_up(&mut transaction, Refused::Raced, domain);
        transaction.event(event.exceeding(domain.last_event_id));
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps what checks came to: of a claim, and of another that loses its domain to it. All of it or nothing.
    pub async fn keep_checked(&self, checked: &[CheckedDomain]) -> Result<(), WriteDomainError> {
        let mut transaction = Transaction::new(self);
        for CheckedDomain { read, check, changed, ownership } in checked {
            transaction.replace(Refused::Raced, check.item()?, read.version);
            let Some(ChangedDomain { domain, events }) = changed else { continue };
            put_claim(&mut transaction, Refused::Raced, domain, events)?;
            let guard = keys::domain_owner(&domain.domain);
            match ownership {
                Ownership::Stays => {}
                Ownership::Taken => transaction.put_new(Refused::Taken, owner_item(domain)?),
                Ownership::TakenFrom(other) => {
                    transaction.put_if(Refused::Taken, owner_item(domain)?, owned_by(*other));
                }
                Ownership::Released => transaction.delete_if(Refused::Raced, &guard, owned_by(domain.id)),
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

impl Store {
    /// Starts a claim again, with a new check.
    pub async fn restart_domain(
        &self,
        read: &Versioned<Due<DomainCheck>>,
        check: &Due<DomainCheck>,
        domain: &OrganizationDomain,
        event: NewEvent,
    ) -> Result<(), WriteDomainError> {
        let changed = Some(ChangedDomain { domain: domain.clone(), events: vec![event] });
        let (read, check) = (read.clone(), check.clone());
        self.keep_checked(&[CheckedDomain { read, check, changed, ownership: Ownership::Stays }]).await
    }
}

/// A claim as its row has it.
pub(super) fn read_claim(
    row: Attributes,
    now: DateTime<Utc>,
) -> Result<Option<OrganizationDomain>, StoreError> {
    let read = item::read::<OrganizationDomain>(row, now)?;
    Ok(read.map(|read| OrganizationDomain { version: read.version, ..read.value }))
}

/// Writes a claim, new or changed, with its check; `labels` are those of a lost race and of a domain that is owned.
pub(super) fn add<L: Copy>(
    transaction: &mut Transaction<'_, L>,
    labels: (L, L),
    new: &NewDomain,
) -> Result<(), StoreError> {
    let (raced, taken) = labels;
    put_claim(transaction, raced, &new.domain, &new.events)?;
    transaction.put(new.check.item()?);
    if new.domain.state.owns() {
        // It may own the domain already: somebody vouches for one that is at risk.
        let id = new.domain.id.to_string();
        let free = Condition::AbsentOrBodyText("organization_domain_id", id);
        transaction.put_if(taken, owner_item(&new.domain)?, free);
    }
    Ok(())
}

/// Gives a claim up, and the domain with it, if it is this claim that owns it.
pub(super) fn give_up<L: Copy>(transaction: &mut Transaction<'_, L>, raced: L, domain: &OrganizationDomain) {
    let key = keys::organization_domain(domain.organization_id, domain.id);
    transaction.delete_if(raced, &key, Condition::Version(domain.version));
    transaction.delete(&keys::due(DOMAIN_CHECK, &domain.id.to_string()));
    if domain.state.owns() {
        transaction.delete_if(raced, &keys::domain_owner(&domain.domain), owned_by(domain.id));
    }
}

fn put_claim<L: Copy>(
    transaction: &mut Transaction<'_, L>,
    raced: L,
    domain: &OrganizationDomain,
    events: &[NewEvent],
) -> Result<(), StoreError> {
    let key = keys::organization_domain(domain.organization_id, domain.id);
    let item = Item::new(key, domain)?.listed(keys::domain_claims(&domain.domain), domain.id);
    match domain.version {
        0 => transaction.put_new(raced, item),
        read => transaction.replace(raced, item, read),
    }
    for event in events {
        transaction.event_of_last(event.clone().exceeding(domain.last_event_id));
    }
    Ok(())
}

fn owner_item(domain: &OrganizationDomain) -> Result<Item, StoreError> {
    let owner = DomainOwner {
        domain: domain.domain.clone(),
        organization_id: domain.organization_id,
        organization_domain_id: domain.id,
    };
    Item::new(keys::domain_owner(&domain.domain), &owner)
}

fn owned_by(id: OrganizationDomainId) -> Condition {
    Condition::BodyText("organization_domain_id", id.to_string())
}
