//! Organizations: one partition holds the organization, its policy and its domains; guards hold external ids and the
//! ownership of domains.

use super::domains::NewDomain;
use super::item::{self, Item, Versioned};
use super::page::{Page, PageRequest};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, domains, keys};
use crate::domain::event::NewEvent;
use crate::domain::ids::OrganizationId;
use crate::domain::organization::{Features, Organization, OrganizationDetails, OrganizationDomain, Policy};
use crate::domain::portal::ItContact;

/// What a read of an organization's partition takes at the most: itself, its policy, its domains.
const MOST_ROWS: usize = 2 + Features::MOST_DOMAINS as usize;

/// Why an organization wasn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteOrganizationError {
    /// There is none with this id.
    #[error("the organization doesn't exist")]
    NotFound,
    /// Another organization has this external id.
    #[error("another organization has this external id")]
    ExternalIdTaken,
    /// Another organization has proved this domain. (The index of the domain in the request.)
    #[error("another organization has verified this domain")]
    DomainTaken(usize),
    /// It would have more domains than any organization can have.
    #[error("an organization has at most {} domains", Features::MOST_DOMAINS)]
    TooManyDomains,
    /// Somebody else changed it since it was read.
    #[error("the organization was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an organization wasn't deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteOrganizationError {
    /// It still has connections: they go first.
    #[error("the organization still has connections")]
    HasConnections,
    /// Somebody else changed it since it was read.
    #[error("the organization was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    ExternalId,
    Domain(usize),
    Raced,
}

impl From<CommitError<Refused>> for WriteOrganizationError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::ExternalId) => Self::ExternalIdTaken,
            CommitError::Refused(Refused::Domain(index)) => Self::DomainTaken(index),
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

pub(super) fn organization_item(organization: &Organization) -> Result<Item, StoreError> {
    Ok(Item::new(keys::organization(organization.id), organization)?
        .listed(keys::organizations(), organization.id))
}

impl Store {
    /// Adds claims, each under its number among them.
    fn add_domains(
        &self,
        transaction: &mut Transaction<'_, Refused>,
        domains: &[NewDomain],
    ) -> Result<(), StoreError> {
        for (index, new) in domains.iter().enumerate() {
            domains::add(transaction, (Refused::Raced, Refused::Domain(index)), new)?;
        }
        Ok(())
    }

    /// An organization with its domains and policy; the version is the organization's own.
    pub async fn organization(
        &self,
        id: OrganizationId,
    ) -> Result<Option<Versioned<OrganizationDetails>>, StoreError> {
        let pk = keys::organization_partition(id);
        // domain#… < organization < policy: one range takes all three, and leaves the connections out.
        let rows = self.read_range(&pk, (keys::DOMAIN_PREFIX, keys::POLICY), MOST_ROWS, false).await?;
        let now = self.clock.now();
        let (mut organization, mut policy, mut domains) = (None, Policy::default(), Vec::new());
        for row in rows {
            match item::text(&row, "sk").unwrap_or_default() {
                keys::ORGANIZATION => organization = item::read::<Organization>(row, now)?,
                keys::POLICY => policy = item::read(row, now)?.map(|read| read.value).unwrap_or_default(),
                _ => domains.extend(domains::read_claim(row, now)?),
            }
        }
        Ok(organization.map(|read| Versioned {
            version: read.version,
            value: OrganizationDetails { organization: read.value, domains, policy },
        }))
    }

    /// The organization with the application's own id for it.
    pub async fn organization_by_external_id(
        &self,
        external_id: &str,
    ) -> Result<Option<OrganizationId>, StoreError> {
        Ok(self.read_one(&keys::external_id(external_id)).await?.map(|found| found.value))
    }

    /// A page of all organizations that `keep` keeps, without what hangs on them.
    pub async fn list_organizations(
        &self,
        request: &PageRequest,
        keep: impl Fn(&Organization) -> bool,
    ) -> Result<Page<Organization>, StoreError> {
        self.list_children(&keys::organizations(), request, keep).await
    }

    /// Keeps a new organization with its policy and domains.
    pub async fn create_organization(
        &self,
        organization: &Organization,
        policy: &Policy,
        domains: &[NewDomain],
        event: NewEvent,
    ) -> Result<(), WriteOrganizationError> {
        check_domains(domains.len())?;
        let mut transaction = Transaction::new(self);
        transaction.put_new(Refused::Raced, organization_item(organization)?);
        transaction.event_of_last(event);
        transaction.put(Item::new(keys::policy(organization.id), policy)?);
        if let Some(external_id) = &organization.external_id {
            let guard = Item::new(keys::external_id(external_id), &organization.id)?;
            transaction.put_new(Refused::ExternalId, guard);
        }
        self.add_domains(&mut transaction, domains)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a changed organization with its policy; `added` are claims that are new or newly proved, `removed` are
    /// given up.
    pub async fn update_organization(
        &self,
        read: &Versioned<OrganizationDetails>,
        (changed, policy): (&Organization, &Policy),
        (added, removed): (&[NewDomain], &[(OrganizationDomain, NewEvent)]),
        event: NewEvent,
    ) -> Result<(), WriteOrganizationError> {
        let known = |new: &&NewDomain| read.value.domains.iter().any(|known| known.id == new.domain.id);
        let new = added.len() - added.iter().filter(known).count();
        check_domains((read.value.domains.len() + new).saturating_sub(removed.len()))?;
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, organization_item(changed)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.organization.last_event_id));
        let before = &read.value.organization.external_id;
        if before != &changed.external_id {
            if let Some(old) = before {
                transaction.delete(&keys::external_id(old));
            }
            if let Some(new) = &changed.external_id {
                transaction.put_new(Refused::ExternalId, Item::new(keys::external_id(new), &changed.id)?);
            }
        }
        if policy != &read.value.policy {
            transaction.put(Item::new(keys::policy(changed.id), policy)?);
        }
        for (domain, event) in removed {
            domains::give_up(&mut transaction, Refused::Raced, domain);
            transaction.event(event.clone().exceeding(domain.last_event_id));
        }
        self.add_domains(&mut transaction, added)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Sets what an organization, as it was read, is allowed.
    pub async fn set_policy(
        &self,
        read: &Versioned<OrganizationDetails>,
        policy: &Policy,
        event: NewEvent,
    ) -> Result<(), WriteOrganizationError> {
        let organization = &read.value.organization;
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, organization_item(organization)?, read.version);
        transaction.event_of_last(event.exceeding(organization.last_event_id));
        transaction.put(Item::new(keys::policy(organization.id), policy)?);
        transaction.commit().await?;
        Ok(())
    }

    /// Removes an organization with its policy, its domains, its IT contacts and what is known of its setup, once its
    /// connections are gone. `told` is what the event log says of a contact.
    pub async fn delete_organization(
        &self,
        read: &Versioned<OrganizationDetails>,
        told: impl Fn(&ItContact) -> NewEvent,
        event: NewEvent,
    ) -> Result<(), DeleteOrganizationError> {
        let organization = &read.value.organization;
        let setup = self.organization_setup(organization.id).await?.ok_or(DeleteOrganizationError::Raced)?;
        if !setup.connections.is_empty() {
            return Err(DeleteOrganizationError::HasConnections);
        }
        let key = keys::organization(organization.id);
        if !setup.contacts.is_empty() {
            // A transaction of their own: with every domain, one holds no more. Another contact would change the organization.
            let mut transaction = Transaction::new(self);
            transaction.check((), &key, Condition::Version(read.version));
            for contact in &setup.contacts {
                transaction.delete(&keys::it_contact(organization.id, contact.id));
                transaction.event(told(contact));
            }
            transaction.commit().await?;
        }
        let mut transaction = Transaction::new(self);
        transaction.delete_if((), &key, Condition::Version(read.version));
        transaction.delete(&keys::policy(organization.id));
        transaction.delete(&keys::setup(organization.id));
        if let Some(external_id) = &organization.external_id {
            transaction.delete(&keys::external_id(external_id));
        }
        read.value.domains.iter().for_each(|domain| domains::give_up(&mut transaction, (), domain));
        transaction.event(event.exceeding(organization.last_event_id));
        transaction.commit().await?;
        Ok(())
    }
}

impl From<CommitError<()>> for DeleteOrganizationError {
    fn from(error: CommitError<()>) -> Self {
        match error {
            CommitError::Refused(()) => Self::Raced,
            CommitError::Store(error) => error.into(),
        }
    }
}

/// The read of an organization's partition is bounded, so what it reads must be, too.
fn check_domains(many: usize) -> Result<(), WriteOrganizationError> {
    if many <= Features::MOST_DOMAINS as usize { Ok(()) } else { Err(WriteOrganizationError::TooManyDomains) }
}
