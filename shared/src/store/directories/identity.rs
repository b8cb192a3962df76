//! To whom addresses and the providers' own ids lead within an organization, from a change of a directory's user on.

use std::collections::HashMap;

use super::super::item::{Item, Versioned};
use super::super::keys::{self, Key};
use super::super::transaction::{Condition, Transaction};
use super::super::{Store, StoreError};
use crate::domain::ids::{DirectoryId, OrganizationId, PersonId};
use crate::domain::person::{AddressHolder, IdpIdHolder};

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
    /// It led to nobody, or to this person, and this directory alone said so.
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
            Condition::AbsentOrHeldBy { person: person.to_string(), directory: directory.to_string() }
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
}
