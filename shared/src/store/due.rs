//! What must happen later: an item with a due time, taken with a lease. A schedule reads only what is due; whoever holds
//! the lease does the work, and a worker that dies loses it to the next one.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::item::{self, Item, Versioned};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};

/// The most due items that one read returns.
pub const MOST_DUE: usize = 100;

/// A piece of work that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// What kind of work, such as `domain_check`.
    pub kind: String,
    /// On what, such as a domain claim's id.
    pub subject: String,
    /// From when on.
    pub at: DateTime<Utc>,
}

fn item(due: &Due) -> Result<Item, StoreError> {
    Ok(Item::new(keys::due(&due.kind, &due.subject), due)?
        .due(keys::due_shard(&due.kind, &due.subject), due.at))
}

impl Store {
    /// Sets a piece of work for a time, in place of what was set for the same subject before.
    pub async fn schedule(&self, due: &Due) -> Result<(), StoreError> {
        self.put(item(due)?).await
    }

    /// Work of a kind that is due by now, at most 100 of one of its shards, the longest due first. The index lags a
    /// little: what is read here is only a candidate until its lease is taken.
    pub async fn due(&self, kind: &str, shard: u8) -> Result<Vec<Versioned<Due>>, StoreError> {
        let now = self.clock.now();
        let answer = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("due")
            .key_condition_expression("due_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(keys::due_partition(kind, shard)))
            .expression_attribute_values(":now", AttributeValue::S(item::due_time(now)))
            .limit(i32::try_from(MOST_DUE).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        let rows = answer.items.unwrap_or_default().into_iter();
        rows.filter_map(|row| item::read(row, now).transpose()).collect()
    }

    /// Takes a piece of work for some time: nobody else is shown it, or may take it, until then. `None` where somebody
    /// else was faster.
    pub async fn lease(
        &self,
        due: &Versioned<Due>,
        hold: Duration,
    ) -> Result<Option<Versioned<Due>>, StoreError> {
        let held = Due { at: self.clock.now() + hold, ..due.value.clone() };
        let mut transaction = Transaction::new(self);
        transaction.replace((), item(&held)?, due.version);
        let taken = Versioned { value: held, version: due.version + 1 };
        lost_or(transaction.commit().await.map(|_| taken))
    }

    /// Ends leased work: it is gone, or due again at `again`. `false` where the lease ran out and somebody else took it.
    pub async fn finish(
        &self,
        leased: &Versioned<Due>,
        again: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let mut transaction = Transaction::new(self);
        match again {
            Some(at) => transaction.replace((), item(&Due { at, ..leased.value.clone() })?, leased.version),
            None => {
                let key = keys::due(&leased.value.kind, &leased.value.subject);
                transaction.delete_if((), &key, Condition::Version(leased.version));
            }
        }
        Ok(lost_or(transaction.commit().await.map(|_| ()))?.is_some())
    }
}

fn lost_or<T>(committed: Result<T, CommitError<()>>) -> Result<Option<T>, StoreError> {
    match committed {
        Ok(value) => Ok(Some(value)),
        Err(CommitError::Refused(())) => Ok(None),
        Err(CommitError::Store(error)) => Err(error),
    }
}
