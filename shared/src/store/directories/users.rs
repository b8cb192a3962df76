//! Users of a directory: each change with its guards, its numbers, its event, and what it means for the person's access.

use chrono::{DateTime, Utc};

use super::super::change::Change;
use super::super::due::Due;
use super::super::item::{self, Item, Versioned};
use super::super::transaction::{CommitError, Condition, Transaction};
use super::super::{Store, StoreError, keys};
use super::members::Edge;
use super::rows::{Rows, Unique};
use super::{LEFTOVERS, Leftovers};
use crate::domain::directory::DirectoryUser;
use crate::domain::domain_name::EmailAddress;
use crate::domain::event::NewEvent;
use crate::domain::ids::PersonId;
use crate::domain::person::{AddressHolder, IdpIdHolder, Person, PersonStatus};

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
    /// Somebody whom it knows; they may sign in or not from now on as the user says.
    Known(PersonId),
}

/// What a new user brings.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The user.
    pub user: &'a DirectoryUser,
    /// The person.
    pub person: UserPerson,
    /// To whom the address leads from now on, and the version that was read of it.
    pub holder: Option<(AddressHolder, Option<u64>)>,
    /// Whether the provider's own id leads to the person from now on, and the version that was read of that.
    pub idp_id: Option<Option<u64>>,
    /// What happens.
    pub event: NewEvent,
}

/// What a changed user means for the person.
#[derive(Debug, Default)]
pub struct PersonChange<'a> {
    /// Whether they may sign in from now on, where that changes.
    pub status: Option<PersonStatus>,
    /// Addresses: what led to the person and leads nowhere from now on, and what leads to them.
    pub address: (Option<&'a EmailAddress>, Option<&'a EmailAddress>),
    /// The provider's own ids, likewise.
    pub idp_id: (Option<&'a str>, Option<&'a str>),
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
        let person = match new.person {
            UserPerson::New(person) => {
                transaction.put_new(Refused::Identity, Item::new(keys::person(person.id), &person)?);
                person.id
            }
            UserPerson::Known(person) => {
                let change = match user.status() {
                    PersonStatus::Active => admit_person(person, user.created_at),
                    ended => turn_person(person, ended, user.created_at),
                };
                transaction.change(Some(Refused::Identity), change);
                person
            }
        };
        if let (Some(email), Some((holder, read))) = (user.email(), new.holder) {
            let key = keys::person_by_email(user.organization_id, &email.folded());
            let item = Item::new(key, &holder)?;
            match read {
                None => transaction.put_new(Refused::Identity, item),
                Some(version) => transaction.replace(Refused::Identity, item, version),
            }
        }
        if let (Some(idp_id), Some(read)) = (user.document.external_id(), new.idp_id) {
            let key = keys::person_by_idp_id(user.organization_id, idp_id);
            let item = Item::new(key, &IdpIdHolder { person_id: person, in_directory: true })?;
            match read {
                None => transaction.put_new(Refused::Identity, item),
                Some(version) => transaction.replace(Refused::Identity, item, version),
            }
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
        person: &PersonChange<'_>,
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
        if let Some(status) = person.status {
            transaction.change(Some(Refused::Raced), turn_person(user.person_id, status, user.updated_at));
        }
        self.lead_to_person(&mut transaction, user, person)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Lets addresses and ids lead to the person of a user, or no longer.
    fn lead_to_person(
        &self,
        transaction: &mut Transaction<'_, Refused>,
        user: &DirectoryUser,
        person: &PersonChange<'_>,
    ) -> Result<(), StoreError> {
        let organization = user.organization_id;
        let theirs = || Condition::AbsentOrBodyText("person_id", user.person_id.to_string());
        if let Some(former) = person.address.0 {
            let key = keys::person_by_email(organization, &former.folded());
            transaction.delete_if(Refused::Identity, &key, theirs());
        }
        if let Some(email) = person.address.1 {
            let holder = AddressHolder {
                person_id: user.person_id,
                connections: Vec::new(),
                directories: vec![user.directory_id],
            };
            let key = keys::person_by_email(organization, &email.folded());
            transaction.put_new(Refused::Identity, Item::new(key, &holder)?);
        }
        if let Some(former) = person.idp_id.0 {
            transaction.delete_if(Refused::Identity, &keys::person_by_idp_id(organization, former), theirs());
        }
        if let Some(idp_id) = person.idp_id.1 {
            let key = keys::person_by_idp_id(organization, idp_id);
            let holder = IdpIdHolder { person_id: user.person_id, in_directory: true };
            transaction.put_if(Refused::Identity, Item::new(key, &holder)?, theirs());
        }
        Ok(())
    }

    /// Deletes a user, ends the person's access, and removes the memberships among `edges`. Whatever is left of them, or is
    /// written by somebody who read the user just before, goes later: the work for it is set in the same transaction.
    pub async fn delete_directory_user(
        &self,
        read: &Versioned<DirectoryUser>,
        person: &PersonChange<'_>,
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
        transaction.change(None, turn_person(user.person_id, PersonStatus::Deactivated, self.clock.now()));
        self.lead_to_person(&mut transaction, user, person)?;
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
