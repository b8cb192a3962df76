//! Users of a directory: each change with its guards, its numbers, its event, and what it means for the person's access.

use chrono::{DateTime, Utc};

use super::super::change::Change;
use super::super::due::Due;
use super::super::item::{self, Item, Versioned};
use super::super::transaction::{CommitError, Condition, Transaction};
use super::super::{Store, StoreError, keys};
use super::identity::Holding;
use super::members::Edge;
use super::rows::{Rows, Unique};
use super::{LEFTOVERS, Leftovers};
use crate::domain::directory::DirectoryUser;
use crate::domain::event::NewEvent;
use crate::domain::ids::PersonId;
use crate::domain::person::{Person, PersonStatus};

/// Why a user wasn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteUserError {
    /// Another user of the directory has the userName.
    #[error("another user of the directory has this userName")]
    UserNameTaken,
    /// Another user of the directory has the externalId.
    #[error("another user of the directory has this externalId")]
    ExternalIdTaken,
    /// The address, or the provider's id, leads to somebody by now.
    #[error("somebody took the address or the provider's id at the same time")]
    IdentityTaken,
    /// Somebody else changed the user since it was read.
    #[error("the user was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    UserName,
    ExternalId,
    Identity,
    Raced,
}

impl From<Unique> for Refused {
    fn from(unique: Unique) -> Self {
        match unique {
            Unique::Name => Self::UserName,
            Unique::ExternalId => Self::ExternalId,
        }
    }
}

impl From<CommitError<Refused>> for WriteUserError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::UserName) => Self::UserNameTaken,
            CommitError::Refused(Refused::ExternalId) => Self::ExternalIdTaken,
            CommitError::Refused(Refused::Identity) => Self::IdentityTaken,
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// The member of the organization behind a new user.
#[derive(Debug)]
pub enum UserPerson {
    /// Nobody whom the organization knows.
    New(Person),
    /// Those whom it knows already; they may sign in or not from now on as the user says.
    Known,
}

/// What a new user brings.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The user.
    pub user: &'a DirectoryUser,
    /// The person.
    pub person: UserPerson,
    /// To whom the address and the provider's own id lead from now on.
    pub holdings: Vec<Holding>,
    /// What happens.
    pub event: NewEvent,
}

/// What a request says of the access of the people who are a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It ends, or is given back; whatever came of earlier sign-ins is dead.
    Turned(PersonStatus),
    /// They may sign in; nothing ends that they are signed in to.
    Admitted,
}

/// What a changed user means for the people who they are.
#[derive(Debug, Default)]
pub struct UserChange {
    /// What is said of their access, if anything is.
    pub word: Option<Word>,
    /// To whom addresses and ids lead from now on.
    pub holdings: Vec<Holding>,
}

pub(super) fn user_item(user: &DirectoryUser) -> Result<Item, StoreError> {
    Item::new(keys::directory_user(user.directory_id, user.id), user)
}

pub(super) fn numbers(user: &DirectoryUser, by: i64) -> [(&'static str, i64); 2] {
    match user.status() {
        PersonStatus::Active => [("active", by), ("inactive", 0)],
        PersonStatus::Deactivated => [("active", 0), ("inactive", by)],
    }
}

fn count(user: &DirectoryUser, numbers: &[(&str, i64)]) -> Change {
    Change::count(keys::directory_count(user.directory_id, user.id.to_bytes()), numbers)
}

fn say(word: Word, person: PersonId, now: DateTime<Utc>) -> Change {
    match word {
        Word::Turned(status) => turn_person(person, status, now),
        Word::Admitted => admit_person(person, now),
    }
}

/// Ends a person's access, or gives it back. Whoever gets it back signs in again: what came of an earlier sign-in is dead.
fn turn_person(person: PersonId, status: PersonStatus, now: DateTime<Utc>) -> Change {
    let status = match status {
        PersonStatus::Active => "active",
        PersonStatus::Deactivated => "deactivated",
    };
    let now = item::body_time(now);
    let texts = [("status", status.to_owned()), ("revoked_before", now.clone()), ("updated_at", now)];
    Change::body(keys::person(person), &texts)
}

/// Lets a person whom the organization knows sign in, without ending what they are signed in to.
fn admit_person(person: PersonId, now: DateTime<Utc>) -> Change {
    let texts = [("status", "active".to_owned()), ("updated_at", item::body_time(now))];
    Change::body(keys::person(person), &texts)
}

impl Store {
    /// Keeps a new user.
    pub async fn create_directory_user(&self, new: NewUser<'_>) -> Result<(), WriteUserError> {
        let user = new.user;
        let mut transaction = Transaction::new(self);
        transaction.put_new(Refused::Raced, user_item(user)?);
        transaction.event_of_last(new.event);
        Rows::of_user(user).put(&mut transaction, Refused::from)?;
        transaction.change(None, count(user, &numbers(user, 1)));
        match new.person {
            UserPerson::New(person) => {
                transaction.put_new(Refused::Identity, Item::new(keys::person(person.id), &person)?);
            }
            UserPerson::Known => {
                let word = match user.status() {
                    PersonStatus::Active => Word::Admitted,
                    ended => Word::Turned(ended),
                };
                for person in user.people() {
                    transaction.change(Some(Refused::Identity), say(word, person, user.created_at));
                }
            }
        }
        for holding in new.holdings {
            holding.write(&mut transaction, Refused::Identity, user.organization_id)?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a changed user, and what that means for the person, or nothing of it. `event` says what happens; the next
    /// version is the one that was read and one.
    pub async fn update_directory_user(
        &self,
        read: &Versioned<DirectoryUser>,
        user: &DirectoryUser,
        change: UserChange,
        event: NewEvent,
    ) -> Result<(), WriteUserError> {
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, user_item(user)?, read.version);
        transaction.event_of_last(event.exceeding(read.value.last_event_id));
        Rows::of_user(user).replace(&Rows::of_user(&read.value), &mut transaction, Refused::from)?;
        if user.status() != read.value.status() {
            let [(active, one), (inactive, other)] = numbers(user, 1);
            // What one number gains the other loses.
            transaction.change(None, count(user, &[(active, one - other), (inactive, other - one)]));
        }
        for person in user.people() {
            let said = change.word.map(|word| say(word, person, user.updated_at));
            said.into_iter().for_each(|said| transaction.change(Some(Refused::Raced), said));
        }
        for holding in change.holdings {
            holding.write(&mut transaction, Refused::Identity, user.organization_id)?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Says of the people who are a user whether they may sign in, where another directory said otherwise. The user stays as
    /// it was read.
    pub async fn repeat_of_user(
        &self,
        read: &Versioned<DirectoryUser>,
        word: Word,
    ) -> Result<(), WriteUserError> {
        let user = &read.value;
        let mut transaction = Transaction::new(self);
        let own = keys::directory_user(user.directory_id, user.id);
        transaction.check(Refused::Raced, &own, Condition::Version(read.version));
        for person in user.people() {
            transaction.change(Some(Refused::Raced), say(word, person, self.clock.now()));
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Whether all the people who are a user may sign in, or may not, as `status` says: one read.
    pub async fn people_are(&self, user: &DirectoryUser, status: PersonStatus) -> Result<bool, StoreError> {
        let keys: Vec<_> = user.people().map(keys::person).collect();
        let mut found = self.read_many(&keys).await?;
        for key in &keys {
            let person = found.take::<Person>(self, key)?;
            if person.is_none_or(|read| read.value.status != status) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes a user, ends the person's access, and removes the memberships among `edges`. Whatever is left of them, or is
    /// written by somebody who read the user just before, goes later: the work for it is set in the same transaction.
    pub async fn delete_directory_user(
        &self,
        read: &Versioned<DirectoryUser>,
        holdings: Vec<Holding>,
        edges: &[Edge],
        (event, leftovers): (NewEvent, &Due<Leftovers>),
    ) -> Result<(), WriteUserError> {
        let user = &read.value;
        let id = user.directory_id;
        let mut transaction = Transaction::new(self);
        let own = keys::directory_user(id, user.id);
        transaction.delete_if(Refused::Raced, &own, Condition::Version(read.version));
        Rows::of_user(user).delete(&mut transaction);
        transaction.change(None, count(user, &numbers(user, -1)));
        for person in user.people() {
            let ended = Word::Turned(PersonStatus::Deactivated);
            transaction.change(None, say(ended, person, self.clock.now()));
        }
        for holding in holdings {
            holding.write(&mut transaction, Refused::Identity, user.organization_id)?;
        }
        for edge in edges {
            transaction.delete(&keys::member(id, edge.group, edge.user));
            transaction.delete(&keys::membership(id, edge.user, edge.group));
        }
        debug_assert_eq!(leftovers.kind, LEFTOVERS);
        transaction.put(leftovers.item()?);
        let last = edges.iter().map(|edge| edge.event_id).max().flatten();
        transaction.event(event.exceeding(user.last_event_id).exceeding(last));
        transaction.commit().await?;
        Ok(())
    }
}
