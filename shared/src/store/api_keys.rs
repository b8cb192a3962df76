//! API keys, by their hash.

use super::item::Item;
use super::page::{Page, PageRequest};
use super::transaction::{CommitError, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::api_key::ApiKey;
use crate::domain::ids::ApiKeyId;
use crate::domain::token::HashedToken;

/// The most API keys that a listing looks through: more would be a mistake of its own.
pub const MOST_API_KEYS: usize = 100;

impl Store {
    /// The key with this hash, revoked or not.
    pub async fn api_key(&self, hash: &HashedToken) -> Result<Option<ApiKey>, StoreError> {
        Ok(self.read_one(&keys::api_key(hash)).await?.map(|found| found.value))
    }

    /// Keeps a new key.
    pub async fn create_api_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let item = Item::new(keys::api_key(&key.hash), key)?.listed(keys::api_keys(), key.id);
        let mut transaction = Transaction::new(self);
        transaction.put_new((), item);
        commit_plain(transaction).await
    }

    /// All keys, newest first.
    pub async fn api_keys(&self) -> Result<Page<ApiKey>, StoreError> {
        let request = PageRequest { limit: MOST_API_KEYS, ..PageRequest::default() };
        self.list_children(&keys::api_keys(), &request, |_| true).await
    }

    /// Ends a key; `None` where there is no key with this id. Ending it twice is the same as once.
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let listed = self.api_keys().await?.items.into_iter().find(|key| key.id == id);
        let Some(listed) = listed else { return Ok(None) };
        let key = keys::api_key(&listed.hash);
        let Some(found) = self.read_one::<ApiKey>(&key).await? else { return Ok(None) };
        if found.value.revoked_at.is_some() {
            return Ok(Some(found.value));
        }
        let revoked = ApiKey { revoked_at: Some(self.clock.now()), ..found.value };
        let mut transaction = Transaction::new(self);
        let item = Item::new(key, &revoked)?.listed(keys::api_keys(), revoked.id);
        transaction.replace((), item, found.version);
        commit_plain(transaction).await?;
        Ok(Some(revoked))
    }
}

/// Commits where a failed condition can only be somebody else's write.
pub(super) async fn commit_plain(transaction: Transaction<'_, ()>) -> Result<(), StoreError> {
    match transaction.commit().await {
        Ok(_) => Ok(()),
        Err(CommitError::Refused(())) => Err(StoreError::Conflict),
        Err(CommitError::Store(error)) => Err(error),
    }
}
