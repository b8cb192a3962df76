//! To whom addresses and the providers' own ids lead within an organization, from a change of a directory's user on.

use std::collections::{HashMap, HashSet};

use portico_protocol::scim::fold;

use super::super::item::{Item, Versioned};
use super::super::keys::{self, Key};
use super::super::transaction::{CommitError, Condition, Transaction};
use super::super::{Store, StoreError};
use super::lists::DirectoryIndex;
use crate::domain::directory::DirectoryUser;
use crate::domain::ids::{DirectoryId, OrganizationId, PersonId};
use crate::domain::person::PersonStatus;
use crate::domain::person::{AddressHolder, IdpIdHolder};

/// Among how many other users with the same address somebody is looked for to whom it is left.
const OTHERS: usize = 50;
/// Of how many users addresses and ids are changed in one transaction: three each, of a hundred actions.
const USERS_AT_ONCE: usize = 30;

/// To whom an address, or a provider's own id of somebody, leads from now on; to nobody where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leads {
    /// The address, folded.
    Address(String, Option<AddressHolder>),
    /// The id.
    IdpId(String, Option<IdpIdHolder>),
}

/// What must be so for it to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It led to nobody.
    Nobody,
    /// It is as it was read, in this version.
    Version(u64),
    /// It led to nobody, or to this person, and this directory alone said so, of one user.
    NobodyOr(PersonId, DirectoryId),
}

/// What is to be kept of an address or an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// To whom it leads.
    pub leads: Leads,
    /// What must be so.
    pub expected: Expected,
}

impl Holding {
    pub(super) fn write<L: Copy>(
        self,
        transaction: &mut Transaction<'_, L>,
        label: L,
        organization: OrganizationId,
    ) -> Result<(), StoreError> {
        let (key, item) = match self.leads {
            Leads::Address(address, holder) => {
                let key = keys::person_by_email(organization, &address);
                let item = holder.map(|holder| Item::new(key.clone(), &holder)).transpose()?;
                (key, item)
            }
            Leads::IdpId(idp_id, holder) => {
                let key = keys::person_by_idp_id(organization, &idp_id);
                let item = holder.map(|holder| Item::new(key.clone(), &holder)).transpose()?;
                (key, item)
            }
        };
        match (item, self.expected) {
            (Some(item), Expected::Version(version)) => transaction.replace(label, item, version),
            (Some(item), expected) => transaction.put_if(label, item, condition(expected)),
            (None, expected) => transaction.delete_if(label, &key, condition(expected)),
        }
        Ok(())
    }
}

fn condition(expected: Expected) -> Condition {
    match expected {
        Expected::Nobody => Condition::Absent,
        Expected::Version(version) => Condition::Version(version),
        Expected::NobodyOr(person, directory) => {
            let directories = vec![directory.to_string()];
            Condition::AbsentOrHeldBy { person: person.to_string(), directories }
        }
    }
}

/// To whom some addresses and ids lead, as it was read.
#[derive(Debug, Default)]
pub struct Holders {
    /// By address, folded.
    pub addresses: HashMap<String, Versioned<AddressHolder>>,
    /// By the provider's own id.
    pub idp_ids: HashMap<String, Versioned<IdpIdHolder>>,
}

impl Holders {
    /// What is to be kept of those of which a directory said so, once it says nothing any more.
    fn without(self, id: DirectoryId) -> impl Iterator<Item = Holding> {
        let addresses =
            self.addresses.into_iter().filter(move |(_, held)| held.value.directories.contains(&id));
        let addresses = addresses.map(move |(address, Versioned { value: mut holder, version })| {
            holder.directories.retain(|directory| *directory != id);
            holder.among_several &= !holder.directories.is_empty();
            Holding { leads: Leads::Address(address, Some(holder)), expected: Expected::Version(version) }
        });
        let idp_ids = self.idp_ids.into_iter().filter(move |(_, held)| held.value.directories.contains(&id));
        let idp_ids = idp_ids.map(move |(idp_id, Versioned { value: mut holder, version })| {
            holder.forget(id);
            Holding { leads: Leads::IdpId(idp_id, Some(holder)), expected: Expected::Version(version) }
        });
        addresses.chain(idp_ids)
    }
}

impl Store {
    /// To whom folded addresses and ids lead: one read.
    pub async fn holders(
        &self,
        organization: OrganizationId,
        addresses: &[&str],
        idp_ids: &[&str],
    ) -> Result<Holders, StoreError> {
        let by_email = |address: &&str| keys::person_by_email(organization, address);
        let by_idp_id = |idp_id: &&str| keys::person_by_idp_id(organization, idp_id);
        let wanted: Vec<Key> = addresses.iter().map(by_email).chain(idp_ids.iter().map(by_idp_id)).collect();
        let mut found = self.read_many(&wanted).await?;
        let mut holders = Holders::default();
        for address in addresses {
            let read = found.take(self, &by_email(address))?;
            holders.addresses.extend(read.map(|read| ((*address).to_owned(), read)));
        }
        for idp_id in idp_ids {
            let read = found.take(self, &by_idp_id(idp_id))?;
            holders.idp_ids.extend(read.map(|read| ((*idp_id).to_owned(), read)));
        }
        Ok(holders)
    }

    /// Another user of a directory who has a folded address as this one had it, an active one rather than another: a few
    /// reads.
    pub async fn another_with_address(
        &self,
        user: &DirectoryUser,
        address: &str,
    ) -> Result<Option<DirectoryUser>, StoreError> {
        let id = user.directory_id;
        let mut having = Vec::new();
        // An index has addresses as they were written; in a domain with umlauts that isn't how they lead to somebody.
        let written = user.document.primary_email().map(fold);
        for spelling in written.into_iter().chain([address.to_owned()]) {
            let index = (DirectoryIndex::Email, spelling.as_str());
            let found =
                tokio::try_join!(self.users_having(id, index, OTHERS), self.user_with_name(id, &spelling))?;
            having.extend(found.0.into_iter().chain(found.1));
        }
        having.retain(|other| *other != user.id);
        let mut others: Vec<_> =
            self.directory_users(id, &having).await?.into_iter().map(|read| read.value).collect();
        others.retain(|other| other.email().is_some_and(|email| email.folded() == address));
        others.sort_by_key(|other| other.status() != PersonStatus::Active);
        Ok(others.into_iter().next())
    }

    /// Takes what a directory says of these users' people out of what addresses and ids lead to: they go on leading there, as
    /// if a sign-in had said so. `false` where somebody else changed one of them meanwhile: then some of it is done.
    pub(super) async fn disown(&self, id: DirectoryId, users: &[DirectoryUser]) -> Result<bool, StoreError> {
        for users in users.chunks(USERS_AT_ONCE) {
            let Some(organization) = users.first().map(|user| user.organization_id) else { continue };
            let addresses: HashSet<String> =
                users.iter().filter_map(|user| Some(user.email()?.folded())).collect();
            let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
            let idp_ids: HashSet<_> = users.iter().flat_map(DirectoryUser::idp_ids).collect();
            let idp_ids: Vec<_> = idp_ids.into_iter().collect();
            let holders = self.holders(organization, &addresses, &idp_ids).await?;
            let mut left = holders.without(id).peekable();
            if left.peek().is_none() {
                continue;
            }
            let mut transaction = Transaction::new(self);
            for holding in left {
                holding.write(&mut transaction, (), organization)?;
            }
            match transaction.commit().await {
                Err(CommitError::Refused(())) => return Ok(false),
                Err(CommitError::Store(error)) => return Err(error),
                Ok(_) => {}
            }
        }
        Ok(true)
    }
}
