//! Directories and their tokens; what is in them has files of its own.

mod context;
mod deletion;
mod groups;
mod identity;
mod lists;
mod load;
mod members;
mod rows;
mod usage;
mod users;

use crate::domain::directory::{Directory, DirectoryCounts, DirectoryState, DirectoryToken};
use crate::domain::event::NewEvent;
use crate::domain::ids::{DirectoryId, OrganizationId};
use crate::domain::organization::{OrganizationDetails, Policy};

use super::item::{self, Item, Versioned};
use super::page::{Page, PageRequest};
use super::setup::{NewProgress, put_progress};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};

pub use context::{DirectoryContext, DirectoryIdentity, DirectoryWants, IdentityHints};
pub use deletion::{DELETION, Deletion, LEFTOVERS, Leftovers};
pub use groups::{NewGroup, WriteGroupError};
pub use identity::{Expected, Holders, Holding, Leads};
pub use lists::{Checkpoint, DirectoryIndex, DirectoryList, Listed};
pub use members::{Edge, MEMBERS_A_WRITE, MemberEvents, NewMember, WriteMembersError};
pub use usage::{Charge, DirectoryUsage};
pub use users::{NewUser, UserChange, UserPerson, Word, WriteUserError};

/// Why a directory or a token of it wasn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteDirectoryError {
    /// Its organization doesn't exist (any more).
    #[error("the organization doesn't exist")]
    NoOrganization,
    /// The organization has as many directories as it can have.
    #[error("an organization has at most {} directories", Directory::MOST_OF_AN_ORGANIZATION)]
    TooMany,
    /// The directory has two live tokens.
    #[error("a directory has at most {} tokens", Directory::MOST_TOKENS)]
    TooManyTokens,
    /// Somebody else changed it since it was read.
    #[error("the directory was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    NoOrganization,
    Raced,
}

impl From<CommitError<Refused>> for WriteDirectoryError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::NoOrganization) => Self::NoOrganization,
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

fn directory_item(directory: &Directory) -> Result<Item, StoreError> {
    Ok(Item::new(keys::directory(directory.id), directory)?.listed(keys::directories(), directory.id))
}

fn token_item(token: &DirectoryToken) -> Result<Item, StoreError> {
    Item::new(keys::directory_token(token.directory_id, &token.hash), token)
}

/// What stands beside a new directory from its first moment.
#[derive(Debug, Clone, Copy)]
pub enum BesideDirectory<'a> {
    /// A token.
    Token(&'a DirectoryToken),
    /// The setup that begins with it; its first token comes later.
    Setup(NewProgress<'a>),
}

impl Store {
    /// Keeps a new directory. The organization is written again as it is, so that two directories at the same time can't both
    /// be the last that it may have.
    pub async fn create_directory(
        &self,
        organization: &Versioned<OrganizationDetails>,
        directory: &Directory,
        (beside, event): (BesideDirectory<'_>, NewEvent),
    ) -> Result<(), WriteDirectoryError> {
        let known = self.directories_of(organization.value.organization.id).await?;
        if known.len() >= Directory::MOST_OF_AN_ORGANIZATION {
            return Err(WriteDirectoryError::TooMany);
        }
        let mut transaction = Transaction::new(self);
        transaction.put_new(Refused::Raced, directory_item(directory)?);
        transaction.event_of_last(event);
        match beside {
            BesideDirectory::Token(token) => transaction.put(token_item(token)?),
            BesideDirectory::Setup(progress) => put_progress(&mut transaction, Refused::Raced, progress)?,
        }
        let own = keys::organization_directory(directory.organization_id, directory.id);
        transaction.put(Item::new(own, &directory.id)?);
        let unchanged = super::organizations::organization_item(&organization.value.organization)?;
        transaction.replace(Refused::NoOrganization, unchanged, organization.version);
        transaction.commit().await?;
        Ok(())
    }

    /// A directory, also while it is being deleted.
    pub async fn directory(&self, id: DirectoryId) -> Result<Option<Versioned<Directory>>, StoreError> {
        self.read_one(&keys::directory(id)).await
    }

    /// The ids of an organization's directories, oldest first.
    pub async fn directories_of(&self, organization: OrganizationId) -> Result<Vec<DirectoryId>, StoreError> {
        let pk = keys::organization_partition(organization);
        let most = Directory::MOST_OF_AN_ORGANIZATION + 1;
        let rows = self.read_range(&pk, keys::DIRECTORY_RANGE, most, false).await?;
        let mut ids = Vec::new();
        for row in rows {
            ids.extend(item::read::<DirectoryId>(row, self.clock.now())?.map(|read| read.value));
        }
        Ok(ids)
    }

    /// A page of all directories that `keep` keeps: for people, from an index.
    pub async fn list_directories(
        &self,
        request: &PageRequest,
        keep: impl Fn(&Directory) -> bool,
    ) -> Result<Page<Directory>, StoreError> {
        self.list_children(&keys::directories(), request, keep).await
    }

    /// How many users and groups a directory has, exactly.
    pub async fn directory_counts(&self, id: DirectoryId) -> Result<DirectoryCounts, StoreError> {
        let pk = keys::directory_counts(id);
        let rows = self.read_range(&pk, ("0", "~"), usize::from(keys::COUNT_SHARDS), false).await?;
        let sum = |name: &str| -> u64 {
            let sum: i64 = rows.iter().filter_map(|row| item::number(row, name)).sum();
            u64::try_from(sum).unwrap_or(0)
        };
        Ok(DirectoryCounts {
            active_users: sum("active"),
            inactive_users: sum("inactive"),
            groups: sum("groups"),
        })
    }

    /// Keeps a changed directory.
    pub async fn replace_directory(
        &self,
        read: &Versioned<Directory>,
        changed: &Directory,
        event: NewEvent,
    ) -> Result<(), WriteDirectoryError> {
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, directory_item(changed)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.last_event_id));
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a directory in another state.
    pub async fn turn_directory(
        &self,
        read: &Versioned<Directory>,
        state: DirectoryState,
        event: NewEvent,
    ) -> Result<(), WriteDirectoryError> {
        let mut transaction = Transaction::new(self);
        let turned = read.value.turned(state, self.clock.now());
        transaction.replace(Refused::Raced, directory_item(&turned)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.last_event_id));
        transaction.commit().await?;
        Ok(())
    }

    /// A directory's live tokens, oldest first.
    pub async fn directory_tokens(&self, id: DirectoryId) -> Result<Vec<DirectoryToken>, StoreError> {
        let pk = keys::directory_partition(id);
        let rows =
            self.read_range(&pk, keys::DIRECTORY_TOKEN_RANGE, Directory::MOST_TOKENS + 1, false).await?;
        let mut tokens = Vec::new();
        for row in rows {
            tokens.extend(item::read::<DirectoryToken>(row, self.clock.now())?.map(|read| read.value));
        }
        tokens.sort_by_key(|token| (token.created_at, token.id));
        Ok(tokens)
    }

    /// Keeps another token of a directory.
    pub async fn create_directory_token(
        &self,
        read: &Versioned<Directory>,
        (token, event): (&DirectoryToken, NewEvent),
    ) -> Result<(), WriteDirectoryError> {
        if self.directory_tokens(read.value.id).await?.len() >= Directory::MOST_TOKENS {
            return Err(WriteDirectoryError::TooManyTokens);
        }
        let mut transaction = Transaction::new(self);
        // The directory is written again, so that two tokens at the same time can't both be the second.
        transaction.replace(Refused::Raced, directory_item(&read.value)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.last_event_id));
        transaction.put(token_item(token)?);
        transaction.commit().await?;
        Ok(())
    }

    /// Ends a token of a directory at once.
    pub async fn revoke_directory_token(
        &self,
        read: &Versioned<Directory>,
        (token, event): (&DirectoryToken, NewEvent),
    ) -> Result<(), WriteDirectoryError> {
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, directory_item(&read.value)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.last_event_id));
        let key = keys::directory_token(token.directory_id, &token.hash);
        transaction.delete_if(Refused::Raced, &key, Condition::Present);
        transaction.commit().await?;
        Ok(())
    }

    /// What the plan of a directory's organization includes, and whom its people are.
    pub async fn policy(&self, organization: OrganizationId) -> Result<Policy, StoreError> {
        Ok(self.read_one(&keys::policy(organization)).await?.map(|read| read.value).unwrap_or_default())
    }
}
