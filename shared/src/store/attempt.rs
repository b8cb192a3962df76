//! Whether a transaction went through although nobody heard of it.
//!
//! The SDK sends a transaction again when an answer is lost, under the same ClientRequestToken: DynamoDB then answers as it
//! did the first time. Where the last attempt's answer is lost, too, the outcome is unknown, and a caller who is told
//! "failed" would do again what is done. So one item of every transaction is signed with its token, and is read back then.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::item::{self, Attributes};
use super::{Store, StoreError};
use crate::domain::random::Rng;

/// The attribute that holds the token of the transaction that wrote the item.
const ATTEMPT: &str = "attempt";

/// How long the look at the signed item may take: what comes later finds the function's own time used up.
const LOOK: Duration = Duration::from_secs(2);

/// A token for a transaction, unlike any other's. DynamoDB takes at most 36 characters.
pub(super) fn token(rng: &Rng) -> String {
    hex::encode(rng.bytes::<16>())
}

/// The signed item of a transaction.
pub(super) struct Signed {
    key: Attributes,
    token: String,
}

impl Signed {
    /// Signs the first item that is written under a condition, since only one who won the condition can have written it so.
    /// `None` where there is none: then nobody needs to know who wrote it.
    pub(super) fn sign(items: &mut [TransactWriteItem], token: &str) -> Option<Self> {
        let mut puts = items.iter_mut().filter_map(|item| item.put.as_mut());
        let put = puts.find(|put| put.condition_expression.is_some())?;
        put.item.insert(ATTEMPT.to_owned(), AttributeValue::S(token.to_owned()));
        let key =
            ["pk", "sk"].into_iter().filter_map(|name| Some((name.to_owned(), put.item.get(name)?.clone())));
        Some(Self { key: key.collect(), token: token.to_owned() })
    }

    /// Whether the item stands as the transaction wrote it. `false` also where the table doesn't say.
    pub(super) async fn stands(&self, store: &Store) -> bool {
        let look = store
            .client
            .get_item()
            .table_name(&*store.table)
            .set_key(Some(self.key.clone()))
            .consistent_read(true)
            .send();
        let found = tokio::time::timeout(LOOK, look).await.ok().and_then(Result::ok);
        let item = found.and_then(|answer| answer.item);
        item.as_ref().and_then(|item| item::text(item, ATTEMPT)) == Some(&*self.token)
    }
}

/// Whether a transaction that ended so may have been executed all the same. A refusal by name is one for certain, and so is
/// a conflict; behind a throttled attempt may be an earlier one whose answer was lost.
pub(super) fn is_ambiguous(error: &StoreError) -> bool {
    matches!(error, StoreError::Throttled | StoreError::Unavailable(_))
}
