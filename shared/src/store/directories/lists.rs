//! Lists of a directory: ranges of its partitions in the order of ids, read consistently; places where pages began; and who
//! has a value.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::item::{self, Attributes, Item, Versioned};
use super::super::keys::Key;
use super::super::reads::Part;
use super::super::{Store, StoreError, keys};
use crate::domain::directory::{DirectoryGroup, DirectoryUser};
use crate::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId};

/// For how long it is known where a page began.
const CHECKPOINT_LIFETIME: TimeDelta = TimeDelta::hours(6);

/// A part of a list, in the order of reading.
#[derive(Debug)]
pub struct Listed<T> {
    /// What was read.
    pub items: Vec<Versioned<T>>,
    /// Whether there may be more behind it.
    pub more: bool,
}

/// By what many can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryIndex {
    /// Users by an address.
    Email,
    /// Users by displayName.
    UserDisplayName,
    /// Groups by displayName.
    GroupDisplayName,
}

impl DirectoryIndex {
    fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::UserDisplayName => "user_display_name",
            Self::GroupDisplayName => "group_display_name",
        }
    }
}

/// Which of the two lists of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryList {
    /// Its users.
    Users,
    /// Its groups.
    Groups,
}

impl DirectoryList {
    fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }

    fn partition(self, id: DirectoryId) -> String {
        match self {
            Self::Users => keys::directory_users(id),
            Self::Groups => keys::directory_groups(id),
        }
    }
}

/// Where a page of a list began: behind which entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The number of the page's first entry, from 1.
    pub start_index: u64,
    /// The entry before it.
    pub after: String,
    /// When the page was read.
    pub at: DateTime<Utc>,
}

/// Every id is between these.
const ALL: (&str, &str) = ("!", "~");

impl Store {
    /// Users of a directory in the order of their ids, oldest first unless `descending`.
    pub async fn list_directory_users(
        &self,
        id: DirectoryId,
        after: Option<DirectoryUserId>,
        (limit, descending): (usize, bool),
    ) -> Result<Listed<DirectoryUser>, StoreError> {
        let after = after.map(|user| user.to_string());
        self.list_part(&keys::directory_users(id), Part { after: after.as_deref(), limit, descending }).await
    }

    /// Groups of a directory in the order of their ids, oldest first unless `descending`.
    pub async fn list_directory_groups(
        &self,
        id: DirectoryId,
        after: Option<DirectoryGroupId>,
        (limit, descending): (usize, bool),
    ) -> Result<Listed<DirectoryGroup>, StoreError> {
        let after = after.map(|group| group.to_string());
        self.list_part(&keys::directory_groups(id), Part { after: after.as_deref(), limit, descending }).await
    }

    async fn list_part<T: DeserializeOwned>(
        &self,
        pk: &str,
        part: Part<'_>,
    ) -> Result<Listed<T>, StoreError> {
        let (rows, more) = self.read_part(pk, ALL, part).await?;
        let now = self.clock.now();
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            items.extend(item::read(row, now)?);
        }
        Ok(Listed { items, more })
    }

    /// The ids of users who have a folded value, at most `limit`, smallest first.
    pub async fn users_having(
        &self,
        id: DirectoryId,
        (index, folded): (DirectoryIndex, &str),
        limit: usize,
    ) -> Result<Vec<DirectoryUserId>, StoreError> {
        let rows = self.index_rows(id, (index, folded), limit).await?;
        Ok(rows.iter().filter_map(|row| DirectoryUserId::parse(item::text(row, "sk")?).ok()).collect())
    }

    /// The ids of groups that have a folded value, at most `limit`, smallest first.
    pub async fn groups_having(
        &self,
        id: DirectoryId,
        (index, folded): (DirectoryIndex, &str),
        limit: usize,
    ) -> Result<Vec<DirectoryGroupId>, StoreError> {
        let rows = self.index_rows(id, (index, folded), limit).await?;
        Ok(rows.iter().filter_map(|row| DirectoryGroupId::parse(item::text(row, "sk")?).ok()).collect())
    }

    async fn index_rows(
        &self,
        id: DirectoryId,
        (index, folded): (DirectoryIndex, &str),
        limit: usize,
    ) -> Result<Vec<Attributes>, StoreError> {
        let pk = keys::directory_index(id, index.as_str(), folded);
        self.read_range(&pk, ALL, limit, false).await
    }

    /// In which directory a user is.
    pub async fn directory_of_user(&self, id: DirectoryUserId) -> Result<Option<DirectoryId>, StoreError> {
        Ok(self.read_one(&keys::directory_of(&id.to_string())).await?.map(|read| read.value))
    }

    /// In which directory a group is.
    pub async fn directory_of_group(&self, id: DirectoryGroupId) -> Result<Option<DirectoryId>, StoreError> {
        Ok(self.read_one(&keys::directory_of(&id.to_string())).await?.map(|read| read.value))
    }

    /// The user of a directory with this userName, folded.
    pub async fn user_with_name(
        &self,
        id: DirectoryId,
        folded: &str,
    ) -> Result<Option<DirectoryUserId>, StoreError> {
        Ok(self.read_one(&keys::user_by_user_name(id, folded)).await?.map(|read| read.value))
    }

    /// The user of a directory with this externalId.
    pub async fn user_with_external_id(
        &self,
        id: DirectoryId,
        external_id: &str,
    ) -> Result<Option<DirectoryUserId>, StoreError> {
        Ok(self.read_one(&keys::user_by_external_id(id, external_id)).await?.map(|read| read.value))
    }

    /// The nearest place at or before a number of a list where a page began.
    pub async fn nearest_checkpoint(
        &self,
        id: DirectoryId,
        list: DirectoryList,
        start_index: u64,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let pk = keys::checkpoints(id, list.name());
        let Key { sk, .. } = keys::checkpoint(id, list.name(), start_index);
        // One that has expired is no reason to begin at the very first: the next is looked at.
        for row in self.read_range(&pk, ("0", &sk), 2, true).await? {
            if let Some(read) = item::read::<Checkpoint>(row, self.clock.now())? {
                return Ok(Some(read.value));
            }
        }
        Ok(None)
    }

    /// Keeps where a page begins.
    pub async fn keep_checkpoint(
        &self,
        id: DirectoryId,
        list: DirectoryList,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let item = Item::new(keys::checkpoint(id, list.name(), checkpoint.start_index), checkpoint)?;
        self.put(item.expiring(checkpoint.at + CHECKPOINT_LIFETIME)).await
    }

    /// Goes on in a list by so many entries, reading nothing but where they stand: the last of them, and how many there
    /// were.
    pub async fn walk(
        &self,
        (id, list): (DirectoryId, DirectoryList),
        after: Option<String>,
        by: usize,
    ) -> Result<(Option<String>, usize), StoreError> {
        let pk = list.partition(id);
        let (mut reached, mut walked) = (after, 0);
        while walked < by {
            let behind = |sk: &String| item::key_attributes(&Key { pk: pk.clone(), sk: sk.clone() });
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .projection_expression("sk")
                .consistent_read(true)
                .limit(i32::try_from(by - walked).unwrap_or(i32::MAX))
                .set_exclusive_start_key(reached.as_ref().map(behind))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            let rows = answer.items.unwrap_or_default();
            walked += rows.len();
            reached = rows.last().and_then(|row| item::text(row, "sk")).map(str::to_owned).or(reached);
            if answer.last_evaluated_key.is_none() {
                break;
            }
        }
        Ok((reached, walked))
    }
}
