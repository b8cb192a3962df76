//! An organization's setup: all that its settings pages rest on, in one read; its IT contacts; the screen where somebody
//! left.

use super::item::{self, Item, Versioned};
use super::organizations::organization_item;
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, domains, keys};
use crate::domain::connection::Connection;
use crate::domain::directory::Directory;
use crate::domain::event::NewEvent;
use crate::domain::ids::{DirectoryId, OrganizationId};
use crate::domain::organization::{Features, Organization, OrganizationDetails, Policy};
use crate::domain::portal::{ItContact, SetupProgress};

/// What a read of the whole partition takes at the most: the organization, its policy and its progress, its connections,
/// contacts, directories and domains.
const MOST_ROWS: usize = 3
    + Connection::MOST_OF_AN_ORGANIZATION
    + ItContact::MOST_OF_AN_ORGANIZATION
    + Directory::MOST_OF_AN_ORGANIZATION
    + 1
    + Features::MOST_DOMAINS as usize;

/// An organization with all that hangs on it.
#[derive(Debug, Clone)]
pub struct OrganizationSetup {
    /// The organization, its domains and its policy.
    pub details: Versioned<OrganizationDetails>,
    /// Its connections, oldest first, without their states.
    pub connections: Vec<Connection>,
    /// Its IT contacts, oldest first.
    pub contacts: Vec<ItContact>,
    /// Its directories, oldest first.
    pub directories: Vec<DirectoryId>,
    /// How far its setup has come; version 0 where nothing is kept.
    pub progress: Versioned<SetupProgress>,
}

/// Why an IT contact, or the progress of a setup, isn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteSetupError {
    /// Somebody else changed it since it was read.
    #[error("the setup was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError<()>> for WriteSetupError {
    fn from(error: CommitError<()>) -> Self {
        match error {
            CommitError::Refused(()) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl Store {
    /// An organization with all that hangs on it, in one round trip.
    pub async fn organization_setup(
        &self,
        id: OrganizationId,
    ) -> Result<Option<OrganizationSetup>, StoreError> {
        let (pk, now) = (keys::organization_partition(id), self.clock.now());
        let (mut organization, mut policy) = (None, Policy::default());
        let (mut domains, mut connections) = (Vec::new(), Vec::new());
        let (mut contacts, mut directories) = (Vec::new(), Vec::new());
        let mut progress = Versioned { value: SetupProgress::default(), version: 0 };
        for row in self.read_range(&pk, keys::SETUP_RANGE, MOST_ROWS, false).await? {
            let sk = item::text(&row, "sk").unwrap_or_default();
            match sk.split_once('#').map_or(sk, |(kind, _)| kind) {
                "connection" => {
                    connections.extend(item::read::<Connection>(row, now)?.map(|read| read.value))
                }
                "contact" => contacts.extend(item::read::<ItContact>(row, now)?.map(|read| read.value)),
                "directory" => {
                    directories.extend(item::read::<DirectoryId>(row, now)?.map(|read| read.value))
                }
                "domain" => domains.extend(domains::read_claim(row, now)?),
                keys::ORGANIZATION => organization = item::read::<Organization>(row, now)?,
                keys::POLICY => policy = item::read(row, now)?.map(|read| read.value).unwrap_or_default(),
                keys::SETUP => progress = item::read(row, now)?.unwrap_or(progress),
                _ => {}
            }
        }
        Ok(organization.map(|read| OrganizationSetup {
            details: Versioned {
                version: read.version,
                value: OrganizationDetails { organization: read.value, domains, policy },
            },
            connections,
            contacts,
            directories,
            progress,
        }))
    }

    /// Names more IT contacts of an organization that is as it was read: how many it has was counted there.
    pub async fn create_it_contacts(
        &self,
        read: &Versioned<OrganizationDetails>,
        contacts: Vec<(&ItContact, NewEvent)>,
    ) -> Result<(), WriteSetupError> {
        let mut transaction = Transaction::new(self);
        transaction.replace((), organization_item(&read.value.organization)?, read.version);
        for (contact, event) in contacts {
            let key = keys::it_contact(contact.organization_id, contact.id);
            transaction.put_new((), Item::new(key, contact)?);
            transaction.event(event);
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Removes an IT contact who is there.
    pub async fn delete_it_contact(
        &self,
        contact: &ItContact,
        event: NewEvent,
    ) -> Result<(), WriteSetupError> {
        let mut transaction = Transaction::new(self);
        let key = keys::it_contact(contact.organization_id, contact.id);
        transaction.delete_if((), &key, Condition::Present);
        transaction.event(event);
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps how far a setup has come.
    pub async fn keep_progress(
        &self,
        organization: OrganizationId,
        read: u64,
        progress: &SetupProgress,
    ) -> Result<(), WriteSetupError> {
        let mut transaction = Transaction::new(self);
        let exists = Condition::BodyText("id", organization.to_string());
        transaction.check((), &keys::organization(organization), exists);
        put_progress(&mut transaction, (), NewProgress { organization, read, progress })?;
        transaction.commit().await?;
        Ok(())
    }
}

/// How far a setup has come by what is written together with it.
#[derive(Debug, Clone, Copy)]
pub struct NewProgress<'a> {
    /// Whose.
    pub organization: OrganizationId,
    /// The version that was read; 0 where nothing was kept.
    pub read: u64,
    /// How far.
    pub progress: &'a SetupProgress,
}

/// Keeps how far a setup has come, unless somebody else has since it was read.
pub(super) fn put_progress<L: Copy>(
    transaction: &mut Transaction<'_, L>,
    raced: L,
    new: NewProgress<'_>,
) -> Result<(), StoreError> {
    let item = Item::new(keys::setup(new.organization), new.progress)?;
    match new.read {
        0 => transaction.put_new(raced, item),
        read => transaction.replace(raced, item, read),
    }
    Ok(())
}
