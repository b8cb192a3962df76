//! The rows by which a user or a group of a directory is found: guards, which only one may hold, and index rows, which many
//! may. A change writes the difference.

use std::collections::BTreeMap;

use portico_protocol::scim::fold;

use super::super::StoreError;
use super::super::item::Item;
use super::super::keys::{self, Key};
use super::super::transaction::Transaction;
use crate::domain::directory::{DirectoryGroup, DirectoryUser};
use crate::domain::ids::DirectoryId;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// Only one may have it.
    Guard(Unique),
    /// Many may.
    Index,
    /// In which directory the user or the group is.
    Place(DirectoryId),
}

/// What only one may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unique {
    /// A user's userName, or the name of a group that has no externalId.
    Name,
    /// An externalId.
    ExternalId,
}

/// The rows of one user or group.
pub(super) struct Rows {
    of: String,
    rows: BTreeMap<(String, String), Row>,
}

impl Rows {
    fn new(of: String) -> Self {
        Self { of, rows: BTreeMap::new() }
    }

    fn guard(&mut self, Key { pk, sk }: Key, unique: Unique) {
        self.rows.insert((pk, sk), Row::Guard(unique));
    }

    fn place(&mut self, directory: DirectoryId) {
        let Key { pk, sk } = keys::directory_of(&self.of);
        self.rows.insert((pk, sk), Row::Place(directory));
    }

    fn index(&mut self, index: &str) {
        let Key { pk, sk } = keys::directory_index_row(index, &self.of);
        self.rows.insert((pk, sk), Row::Index);
    }

    /// The rows by which a user is found.
    pub(super) fn of_user(user: &DirectoryUser) -> Self {
        let (id, document) = (user.directory_id, &user.document);
        let mut rows = Self::new(user.id.to_string());
        rows.place(id);
        if let Some(name) = document.user_name() {
            rows.guard(keys::user_by_user_name(id, &fold(name)), Unique::Name);
        }
        if let Some(external_id) = document.external_id() {
            rows.guard(keys::user_by_external_id(id, external_id), Unique::ExternalId);
        }
        for email in document.emails() {
            rows.index(&keys::directory_index(id, "email", &fold(email)));
        }
        if let Some(name) = document.display_name() {
            rows.index(&keys::directory_index(id, "user_display_name", &fold(name)));
        }
        rows
    }

    /// The rows by which a group is found. A group is told from others by its externalId; where it has none, by its name
    /// among those that have none.
    pub(super) fn of_group(group: &DirectoryGroup) -> Self {
        let (id, document) = (group.directory_id, &group.document);
        let mut rows = Self::new(group.id.to_string());
        rows.place(id);
        let name = document.display_name().map(fold).unwrap_or_default();
        match document.external_id() {
            Some(external_id) => rows.guard(keys::group_by_external_id(id, external_id), Unique::ExternalId),
            None => rows.guard(keys::group_by_name_alone(id, &name), Unique::Name),
        }
        rows.index(&keys::directory_index(id, "group_display_name", &name));
        rows
    }

    /// Writes them, each guard under the label of what is unique about it.
    pub(super) fn put<L: Copy>(
        &self,
        transaction: &mut Transaction<'_, L>,
        label: impl Fn(Unique) -> L,
    ) -> Result<(), StoreError> {
        self.put_beyond(&Self::new(String::new()), transaction, label)
    }

    /// Writes what `before` lacks and removes what it had beyond these.
    pub(super) fn replace<L: Copy>(
        &self,
        before: &Self,
        transaction: &mut Transaction<'_, L>,
        label: impl Fn(Unique) -> L,
    ) -> Result<(), StoreError> {
        self.put_beyond(before, transaction, label)?;
        before.keys().filter(|key| !self.contains(key)).for_each(|key| transaction.delete(&key));
        Ok(())
    }

    /// Removes them.
    pub(super) fn delete<L: Copy>(&self, transaction: &mut Transaction<'_, L>) {
        self.keys().for_each(|key| transaction.delete(&key));
    }

    /// The items that they are.
    pub(super) fn items(&self) -> Result<Vec<Item>, StoreError> {
        let item = |((pk, sk), row): (&(String, String), &Row)| {
            let key = Key { pk: pk.clone(), sk: sk.clone() };
            match row {
                Row::Guard(_) | Row::Index => Item::new(key, &self.of),
                Row::Place(directory) => Item::new(key, directory),
            }
        };
        self.rows.iter().map(item).collect()
    }

    /// Their keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.rows.keys().map(|(pk, sk)| Key { pk: pk.clone(), sk: sk.clone() })
    }

    fn contains(&self, key: &Key) -> bool {
        self.rows.contains_key(&(key.pk.clone(), key.sk.clone()))
    }

    fn put_beyond<L: Copy>(
        &self,
        before: &Self,
        transaction: &mut Transaction<'_, L>,
        label: impl Fn(Unique) -> L,
    ) -> Result<(), StoreError> {
        for ((pk, sk), row) in &self.rows {
            let key = Key { pk: pk.clone(), sk: sk.clone() };
            if before.contains(&key) {
                continue;
            }
            match row {
                Row::Guard(unique) => transaction.put_new(label(*unique), Item::new(key, &self.of)?),
                Row::Index => transaction.put(Item::new(key, &self.of)?),
                Row::Place(directory) => transaction.put(Item::new(key, directory)?),
            }
        }
        Ok(())
    }
}
