//! Groups of a directory, apart from who is in them.

use super::super::change::Change;
use super::super::due::Due;
use super::super::item::{Item, Versioned};
use super::super::transaction::{CommitError, Condition, Transaction};
use super::super::{Store, StoreError, keys};
use super::Leftovers;
use super::members::MemberEvents;
use super::rows::{Rows, Unique};
use crate::domain::directory::DirectoryGroup;
use crate::domain::event::NewEvent;

/// Why a group wasn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteGroupError {
    /// Another group of the directory has the externalId.
    #[error("another group of the directory has this externalId")]
    ExternalIdTaken,
    /// Another group of the directory, without an externalId as this one, has the name.
    #[error("another group of the directory has this displayName and no externalId either")]
    NameTaken,
    /// Somebody else changed it since it was read.
    #[error("the group was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    ExternalId,
    Name,
    Raced,
}

impl From<Unique> for Refused {
    fn from(unique: Unique) -> Self {
        match unique {
            Unique::Name => Self::Name,
            Unique::ExternalId => Self::ExternalId,
        }
    }
}

impl From<CommitError<Refused>> for WriteGroupError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::ExternalId) => Self::ExternalIdTaken,
            CommitError::Refused(Refused::Name) => Self::NameTaken,
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// A new group with its first members, at most [`NewGroup::MOST_MEMBERS`].
#[derive(Debug)]
pub struct NewGroup<'a> {
    /// The group.
    pub group: &'a DirectoryGroup,
    /// What happens.
    pub event: NewEvent,
    /// Who comes; nobody goes.
    pub members: MemberEvents,
}

impl NewGroup<'_> {
    /// How many members are written together with the group: what its own rows and event leave of a hundred actions.
    pub const MOST_MEMBERS: usize = 22;
}

pub(super) fn group_item(group: &DirectoryGroup) -> Result<Item, StoreError> {
    Item::new(keys::directory_group(group.directory_id, group.id), group)
}

fn count(group: &DirectoryGroup, by: i64) -> Change {
    Change::count(keys::directory_count(group.directory_id, group.id.to_bytes()), &[("groups", by)])
}

impl Store {
    /// Keeps a new group with its first members.
    pub async fn create_directory_group(&self, new: NewGroup<'_>) -> Result<(), WriteGroupError> {
        let group = new.group;
        let mut transaction = Transaction::new(self);
        transaction.put_new(Refused::Raced, group_item(group)?);
        let keeper = transaction.last();
        transaction.event_of_last(new.event);
        Rows::of_group(group).put(&mut transaction, Refused::from)?;
        transaction.change(None, count(group, 1));
        new.members.write(&mut transaction, Refused::Raced, (group, keeper))?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a changed group.
    pub async fn update_directory_group(
        &self,
        read: &Versioned<DirectoryGroup>,
        group: &DirectoryGroup,
        event: NewEvent,
    ) -> Result<(), WriteGroupError> {
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, group_item(group)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.last_event_id));
        Rows::of_group(group).replace(&Rows::of_group(&read.value), &mut transaction, Refused::from)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that the request that made a group has all its members written.
    pub async fn finish_directory_group(
        &self,
        read: &Versioned<DirectoryGroup>,
    ) -> Result<(), WriteGroupError> {
        let mut transaction = Transaction::new(self);
        let finished = DirectoryGroup { unfinished: false, ..read.value.clone() };
        transaction.replace(Refused::Raced, group_item(&finished)?, read.version);
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes a group. Its memberships go later: the work for it is set in the same transaction.
    pub async fn delete_directory_group(
        &self,
        read: &Versioned<DirectoryGroup>,
        event: NewEvent,
        leftovers: &Due<Leftovers>,
    ) -> Result<(), WriteGroupError> {
        let group = &read.value;
        let mut transaction = Transaction::new(self);
        let own = keys::directory_group(group.directory_id, group.id);
        transaction.delete_if(Refused::Raced, &own, Condition::Version(read.version));
        Rows::of_group(group).delete(&mut transaction);
        transaction.change(None, count(group, -1));
        transaction.put(leftovers.item()?);
        transaction.event(event.exceeding(group.last_event_id));
        transaction.commit().await?;
        Ok(())
    }
}
