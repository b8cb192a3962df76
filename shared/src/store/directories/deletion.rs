//! What goes later: the memberships of deleted users and groups, and directories with all that is in them. Every step
//! removes what is found first and the thing itself last, so that whoever goes on finds what is left.

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, ReturnConsumedCapacity, WriteRequest};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::super::due::Due;
use super::super::item::{self, Versioned};
use super::super::keys::Key;
use super::super::transaction::{CommitError, Condition, Transaction};
use super::super::{Store, StoreError, keys};
use super::members::Edge;
use super::rows::Rows;
use super::{Refused, WriteDirectoryError, directory_item};
use crate::domain::directory::{Directory, DirectoryState};
use crate::domain::event::NewEvent;
use crate::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId};

/// The kind of work that removes what is left of a deleted user or group.
pub const LEFTOVERS: &str = "directory_leftovers";
/// The kind of work that deletes a directory.
pub const DELETION: &str = "directory_deletion";

/// Whoever read a thing before it was deleted has given up, or written, by then: a function has 30 seconds.
const QUIET: TimeDelta = TimeDelta::seconds(60);
/// How many users or groups a step of a deletion removes.
const STEP: usize = 100;
/// How many memberships a step removes.
const EDGES: usize = 500;
/// The most deletions that DynamoDB takes in one request.
const BATCH: usize = 25;
/// How many such requests are under way at once.
const BATCHES_AT_ONCE: usize = 4;
/// How often what DynamoDB left undone is sent again.
const UNPROCESSED_RETRIES: u32 = 8;

/// A deleted user or group whose memberships may be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftovers {
    /// The directory.
    pub directory_id: DirectoryId,
    /// The user.
    #[serde(default)]
    pub user: Option<DirectoryUserId>,
    /// The group.
    #[serde(default)]
    pub group: Option<DirectoryGroupId>,
}

impl Leftovers {
    /// The work that removes what is left of a user.
    pub fn of_user(directory_id: DirectoryId, user: DirectoryUserId, now: DateTime<Utc>) -> Due<Self> {
        Self::due(Self { directory_id, user: Some(user), group: None }, user.to_string(), now)
    }

    /// The work that removes what is left of a group.
    pub fn of_group(directory_id: DirectoryId, group: DirectoryGroupId, now: DateTime<Utc>) -> Due<Self> {
        Self::due(Self { directory_id, user: None, group: Some(group) }, group.to_string(), now)
    }

    fn due(work: Self, subject: String, now: DateTime<Utc>) -> Due<Self> {
        Due { kind: LEFTOVERS.to_owned(), subject, at: Some(now + QUIET), work }
    }
}

/// A directory that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    /// Which.
    pub directory_id: DirectoryId,
}

impl Deletion {
    fn due(directory_id: DirectoryId, now: DateTime<Utc>) -> Due<Self> {
        let subject = directory_id.to_string();
        Due { kind: DELETION.to_owned(), subject, at: Some(now + QUIET), work: Self { directory_id } }
    }
}

impl Store {
    /// Begins to delete a directory: from now on its tokens open nothing, and the rest is work that is due. `false` where
    /// that has begun already.
    pub async fn begin_directory_deletion(
        &self,
        read: &Versioned<Directory>,
    ) -> Result<bool, WriteDirectoryError> {
        if read.value.state == DirectoryState::Deleting {
            return Ok(false);
        }
        let now = self.clock.now();
        let mut transaction = Transaction::new(self);
        let deleting = read.value.turned(DirectoryState::Deleting, now);
        transaction.replace(Refused::Raced, directory_item(&deleting)?, read.version);
        transaction.put(Deletion::due(read.value.id, now).item()?);
        // Its organization may have another one at once.
        transaction.delete(&keys::organization_directory(read.value.organization_id, read.value.id));
        transaction.commit().await?;
        Ok(true)
    }

    /// Removes some of what is in a directory. `true` once nothing but the directory itself is left.
    pub async fn empty_directory(&self, id: DirectoryId) -> Result<bool, StoreError> {
        let users = self.list_directory_users(id, None, (STEP, false)).await?.items;
        let users: Vec<_> = users.into_iter().map(|read| read.value).collect();
        if let (Some(first), Some(last)) = (users.first(), users.last()) {
            let range = (first.id, last.id);
            // The next directory of the same people must find them.
            if !self.disown(id, &users).await? {
                return Ok(false);
            }
            while self.forget_memberships(id, range).await? {}
            let rows = users.iter().flat_map(|user| Rows::of_user(user).keys().collect::<Vec<_>>());
            self.delete_all(rows.collect()).await?;
            self.delete_all(users.iter().map(|user| keys::directory_user(id, user.id)).collect()).await?;
            return Ok(false);
        }
        let groups = self.list_directory_groups(id, None, (STEP, false)).await?.items;
        if !groups.is_empty() {
            let rows =
                groups.iter().flat_map(|group| Rows::of_group(&group.value).keys().collect::<Vec<_>>());
            self.delete_all(rows.collect()).await?;
            self.delete_all(groups.iter().map(|group| keys::directory_group(id, group.value.id)).collect())
                .await?;
            return Ok(false);
        }
        let rest = [
            keys::members(id),
            keys::memberships(id),
            keys::directory_counts(id),
            keys::checkpoints(id, "users"),
            keys::checkpoints(id, "groups"),
        ];
        for partition in rest {
            if self.empty_partition(&partition).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes some rows of a partition; `false` where there was none.
    async fn empty_partition(&self, pk: &str) -> Result<bool, StoreError> {
        let rows = self.read_range(pk, ("!", "~"), EDGES, false).await?;
        let key =
            |row: &item::Attributes| Some(Key { pk: pk.to_owned(), sk: item::text(row, "sk")?.to_owned() });
        let gone: Vec<_> = rows.iter().filter_map(key).collect();
        let some = !gone.is_empty();
        self.delete_all(gone).await?;
        Ok(some)
    }

    async fn forget_memberships(
        &self,
        id: DirectoryId,
        range: (DirectoryUserId, DirectoryUserId),
    ) -> Result<bool, StoreError> {
        let edges = self.memberships_between(id, range, EDGES).await?;
        self.forget_edges(&edges, id).await?;
        Ok(edges.len() == EDGES)
    }

    /// Removes memberships whose group or user is gone, from both ranges, without events.
    pub async fn forget_edges(&self, edges: &[Edge], id: DirectoryId) -> Result<(), StoreError> {
        let gone = edges.iter().flat_map(|edge| {
            [keys::member(id, edge.group, edge.user), keys::membership(id, edge.user, edge.group)]
        });
        self.delete_all(gone.collect()).await
    }

    /// Ends a directory of which nothing but itself is left: its tokens, what it used, itself, and the work under way.
    /// `false` where somebody else holds the lease by now.
    pub async fn finish_directory_deletion(
        &self,
        leased: &Versioned<Due<Deletion>>,
        event: Option<NewEvent>,
    ) -> Result<bool, StoreError> {
        let id = leased.value.work.directory_id;
        let tokens = self.directory_tokens(id).await?;
        let mut transaction = Transaction::new(self);
        let work = keys::due(&leased.value.kind, &leased.value.subject);
        transaction.delete_if((), &work, Condition::Version(leased.version));
        tokens.iter().for_each(|token| transaction.delete(&keys::directory_token(id, &token.hash)));
        transaction.delete(&keys::directory_usage(id));
        transaction.delete(&keys::directory(id));
        event.into_iter().for_each(|event| transaction.event(event));
        match transaction.commit().await {
            Ok(_) => Ok(true),
            Err(CommitError::Refused(())) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Removes what is left of the memberships of a deleted user or group. `true` once nothing is.
    pub async fn forget_leftovers(&self, of: &Leftovers) -> Result<bool, StoreError> {
        let id = of.directory_id;
        let edges = match (of.user, of.group) {
            (Some(user), _) => self.memberships_between(id, (user, user), EDGES).await?,
            (None, Some(group)) => self.members_between(id, (group, group), EDGES).await?,
            (None, None) => Vec::new(),
        };
        self.forget_edges(&edges, id).await?;
        Ok(edges.len() < EDGES)
    }

    /// Removes items, those that aren't there any more, too.
    pub(super) async fn delete_all(&self, gone: Vec<Key>) -> Result<(), StoreError> {
        let batches: Vec<Vec<WriteRequest>> =
            gone.chunks(BATCH).map(|keys| keys.iter().filter_map(deletion).collect()).collect();
        stream::iter(batches)
            .map(|batch| self.write_batch(batch))
            .buffer_unordered(BATCHES_AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    /// Writes and removes at most 25 items, one by one for the table; what it left undone is sent again.
    pub(super) async fn write_batch(&self, mut batch: Vec<WriteRequest>) -> Result<(), StoreError> {
        for attempt in 0..=UNPROCESSED_RETRIES {
            let answer = self
                .client
                .batch_write_item()
                .request_items(&*self.table, batch)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            batch = answer.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.back_off(attempt).await;
        }
        Err(StoreError::Throttled)
    }
}

fn deletion(key: &Key) -> Option<WriteRequest> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let request = DeleteRequest::builder().key("pk", text(&key.pk)).key("sk", text(&key.sk)).build().ok()?;
    Some(WriteRequest::builder().delete_request(request).build())
}
