//! A large directory at once, where nobody uses it yet: what tests and benches measure against. Nothing is checked, nothing is
//! told; the same load twice is the same as once, but for the numbers.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::super::change::Change;
use super::super::item::Item;
use super::super::keys;
use super::super::transaction::Transaction;
use super::super::{Store, StoreError};
use super::groups::group_item;
use super::members::membership_items;
use super::rows::Rows;
use super::users::{numbers, user_item};
use crate::domain::directory::{DirectoryGroup, DirectoryUser};
use crate::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId};

/// The most items that DynamoDB takes in one request.
const BATCH: usize = 25;
/// How many requests are under way at once.
const BATCHES_AT_ONCE: usize = 8;

impl Store {
    /// Writes users with all by which they are found, but without their persons.
    pub async fn load_directory_users(
        &self,
        id: DirectoryId,
        users: &[DirectoryUser],
    ) -> Result<(), StoreError> {
        let mut items = Vec::new();
        let mut counts = BTreeMap::new();
        for user in users {
            items.push(user_item(user)?);
            items.extend(Rows::of_user(user).items()?);
            let count = keys::directory_count(id, user.id.to_bytes());
            let [(_, active), (_, inactive)] = numbers(user, 1);
            let sum: &mut (i64, i64) = counts.entry((count.pk, count.sk)).or_default();
            *sum = (sum.0 + active, sum.1 + inactive);
        }
        self.load(items).await?;
        for ((pk, sk), (active, inactive)) in counts {
            self.add_to(keys::Key { pk, sk }, &[("active", active), ("inactive", inactive)]).await?;
        }
        Ok(())
    }

    /// Writes a group with all by which it is found, and its members.
    pub async fn load_directory_group(
        &self,
        group: &DirectoryGroup,
        members: impl Iterator<Item = DirectoryUserId>,
    ) -> Result<(), StoreError> {
        let (id, group_id): (DirectoryId, DirectoryGroupId) = (group.directory_id, group.id);
        let mut items = vec![group_item(group)?];
        items.extend(Rows::of_group(group).items()?);
        for user in members {
            items.extend(membership_items(id, group_id, user)?);
        }
        self.load(items).await?;
        self.add_to(keys::directory_count(id, group_id.to_bytes()), &[("groups", 1)]).await
    }

    async fn add_to(&self, key: keys::Key, numbers: &[(&str, i64)]) -> Result<(), StoreError> {
        let mut transaction = Transaction::<()>::new(self);
        transaction.change(None, Change::count(key, numbers));
        transaction.commit().await.map(drop).map_err(|error| match error {
            super::super::transaction::CommitError::Store(error) => error,
            super::super::transaction::CommitError::Refused(()) => StoreError::Conflict,
        })
    }

    async fn load(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let put = |item: Item| {
            let request = PutRequest::builder().set_item(Some(item.into_attributes())).build().ok()?;
            Some(WriteRequest::builder().put_request(request).build())
        };
        let writes: Vec<WriteRequest> = items.into_iter().filter_map(put).collect();
        let batches: Vec<Vec<WriteRequest>> = writes.chunks(BATCH).map(<[WriteRequest]>::to_vec).collect();
        stream::iter(batches)
            .map(|batch| self.write_batch(batch))
            .buffer_unordered(BATCHES_AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }
}
