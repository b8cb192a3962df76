//! What must happen later: an item with a due time, taken with a lease. A schedule reads only what is due; whoever holds
//! the lease does the work, and a worker that dies loses it to the next one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Duration, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::item::{self, Item, Versioned};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};

/// The most due items that one read returns.
pub const MOST_DUE: usize = 100;

/// A piece of work that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due<T> {
    /// What kind of work, such as `domain_check`.
    pub kind: String,
    /// On what, such as a domain claim's id.
    pub subject: String,
    /// From when on; `None` where nothing is to be done for now.
    pub at: Option<DateTime<Utc>>,
    /// What is known of it.
    pub work: T,
}

impl<T: Serialize> Due<T> {
    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let item = Item::new(keys::due(&self.kind, &self.subject), self)?;
        Ok(match self.at {
            Some(at) => item.due(keys::due_shard(&self.kind, &self.subject), at),
            None => item,
        })
    }
}

impl Store {
    /// Sets a piece of work, in place of what was set for the same subject before.
    pub async fn schedule<T: Serialize>(&self, due: &Due<T>) -> Result<(), StoreError> {
        self.put(due.item()?).await
    }

    /// A piece of work, due or not.
    pub async fn work<T: DeserializeOwned>(
        &self,
        kind: &str,
        subject: &str,
    ) -> Result<Option<Versioned<Due<T>>>, StoreError> {
        self.read_one(&keys::due(kind, subject)).await
    }

    /// Work of a kind that is due by now, at most 100 of one of its shards, the longest due first; of what comes behind
    /// `last`, where a read goes on. The index lags a little: what is read here is only a candidate until its lease is
    /// taken.
    pub async fn due<T: DeserializeOwned>(
        &self,
        kind: &str,
        shard: u8,
        last: Option<&Due<T>>,
    ) -> Result<Vec<Versioned<Due<T>>>, StoreError> {
        let now = self.clock.now();
        let answer = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("due")
            .key_condition_expression("due_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(keys::due_partition(kind, shard)))
            .expression_attribute_values(":now", AttributeValue::S(item::due_time(now)))
            .set_exclusive_start_key(last.and_then(position))
            .limit(i32::try_from(MOST_DUE).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        let rows = answer.items.unwrap_or_default().into_iter();
        // One row that can't be read must not keep the others from being done.
        let read = |row| {
            item::read(row, now).unwrap_or_else(|cause| {
                tracing::error!(%cause, kind, "due work could not be read");
                None
            })
        };
        Ok(rows.filter_map(read).collect())
    }

    /// Takes a piece of work for some time: nobody else is shown it, or may take it, until then. `None` where somebody
    /// else was faster.
    pub async fn lease<T: Serialize + Clone>(
        &self,
        due: &Versioned<Due<T>>,
        hold: Duration,
    ) -> Result<Option<Versioned<Due<T>>>, StoreError> {
        let held = Due { at: Some(self.clock.now() + hold), ..due.value.clone() };
        let taken = self.finish(due, &held).await?;
        Ok(taken.then_some(Versioned { value: held, version: due.version + 1 }))
    }

    /// Ends leased work for good. `false` where the lease ran out and somebody else took it.
    pub async fn drop_work<T>(&self, leased: &Versioned<Due<T>>) -> Result<bool, StoreError> {
        let mut transaction = Transaction::new(self);
        let key = keys::due(&leased.value.kind, &leased.value.subject);
        transaction.delete_if((), &key, Condition::Version(leased.version));
        held(transaction.commit().await)
    }

    /// Ends leased work for now, with what is known since. `false` where the lease ran out and somebody else took it.
    pub async fn finish<T: Serialize>(
        &self,
        leased: &Versioned<Due<T>>,
        after: &Due<T>,
    ) -> Result<bool, StoreError> {
        let mut transaction = Transaction::new(self);
        transaction.replace((), after.item()?, leased.version);
        held(transaction.commit().await)
    }
}

/// Whether the lease still held.
fn held<T>(committed: Result<T, CommitError<()>>) -> Result<bool, StoreError> {
    match committed {
        Ok(_) => Ok(true),
        Err(CommitError::Refused(())) => Ok(false),
        Err(CommitError::Store(error)) => Err(error),
    }
}

/// Where a piece of work stands in the index.
fn position<T>(due: &Due<T>) -> Option<HashMap<String, AttributeValue>> {
    let mut position = item::key_attributes(&keys::due(&due.kind, &due.subject));
    let shard = keys::due_shard(&due.kind, &due.subject);
    position.insert("due_shard".to_owned(), AttributeValue::S(shard));
    position.insert("due_at".to_owned(), AttributeValue::S(item::due_time(due.at?)));
    Some(position)
}
