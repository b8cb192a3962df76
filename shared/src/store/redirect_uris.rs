//! Redirect URIs: one partition, with a copy of the default one at a key of its own.

use super::api_keys::commit_plain;
use super::item::{self, Item, Versioned};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::ids::RedirectUriId;
use crate::domain::redirect_uri::RedirectUri;

/// The most redirect URIs of a deployment.
const MOST_REDIRECT_URIS: usize = 500;

/// Why a redirect URI wasn't registered.
#[derive(Debug, thiserror::Error)]
pub enum WriteRedirectUriError {
    /// It is registered already.
    #[error("this redirect URI is registered already")]
    Taken,
    /// There are as many as there can be.
    #[error("a deployment has at most 500 redirect URIs")]
    TooMany,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a redirect URI wasn't removed.
#[derive(Debug, thiserror::Error)]
pub enum DeleteRedirectUriError {
    /// There is none with this id.
    #[error("there is no such redirect URI")]
    NotFound,
    /// It is the default one.
    #[error("the default redirect URI can't be deleted")]
    IsDefault,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// All redirect URIs, oldest first; at most 500.
    pub async fn redirect_uris(&self) -> Result<Vec<RedirectUri>, StoreError> {
        Ok(self.versioned_redirect_uris().await?.into_iter().map(|found| found.value).collect())
    }

    async fn versioned_redirect_uris(&self) -> Result<Vec<Versioned<RedirectUri>>, StoreError> {
        let range = keys::REDIRECT_URI_RANGE;
        let rows = self.read_range(&keys::redirect_uris(), range, MOST_REDIRECT_URIS, false).await?;
        let mut found = Vec::new();
        for row in rows {
            found.extend(item::read::<RedirectUri>(row, self.clock.now())?);
        }
        found.sort_by_key(|uri| uri.value.id);
        Ok(found)
    }

    /// Registers a URI. The first one becomes the default; a later one that asks for it takes the default over.
    pub async fn create_redirect_uri(
        &self,
        mut uri: RedirectUri,
    ) -> Result<RedirectUri, WriteRedirectUriError> {
        let existing = self.versioned_redirect_uris().await?;
        if existing.len() >= MOST_REDIRECT_URIS {
            return Err(WriteRedirectUriError::TooMany);
        }
        uri.default = uri.default || existing.is_empty();
        let mut transaction = Transaction::new(self);
        transaction.put_new(Refused::Taken, Item::new(keys::redirect_uri(&uri.uri), &uri)?);
        if uri.default {
            for old in existing.into_iter().filter(|old| old.value.default) {
                let demoted = RedirectUri { default: false, updated_at: uri.created_at, ..old.value };
                let item = Item::new(keys::redirect_uri(&demoted.uri), &demoted)?;
                transaction.replace(Refused::Raced, item, old.version);
            }
            transaction.put(Item::new(keys::default_redirect_uri(), &uri)?);
        }
        match transaction.commit().await {
            Ok(_) => Ok(uri),
            Err(CommitError::Refused(Refused::Taken)) => Err(WriteRedirectUriError::Taken),
            Err(CommitError::Refused(Refused::Raced)) => Err(StoreError::Conflict.into()),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// Removes a URI that isn't the default.
    pub async fn delete_redirect_uri(&self, id: RedirectUriId) -> Result<(), DeleteRedirectUriError> {
        let found = self.versioned_redirect_uris().await?.into_iter().find(|uri| uri.value.id == id);
        let found = found.ok_or(DeleteRedirectUriError::NotFound)?;
        if found.value.default {
            return Err(DeleteRedirectUriError::IsDefault);
        }
        let mut transaction = Transaction::new(self);
        let key = keys::redirect_uri(&found.value.uri);
        transaction.delete_if((), &key, Condition::Version(found.version));
        Ok(commit_plain(transaction).await?)
    }
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    Taken,
    Raced,
}
