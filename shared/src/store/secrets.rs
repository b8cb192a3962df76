//! Sealed secrets: data keys, service-provider keys, id_token signing keys. What they seal, the vault knows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item::{self, Item};
use super::transaction::{CommitError, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::ids::ConnectionId;

/// The most signing keys that are read: one in use, one to come, those whose tokens still live.
const MOST_SIGNING_KEYS: usize = 10;

/// A secret under a data key: AES-256-GCM, nonce and ciphertext in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(pub String);

/// A data key under KMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedDataKey {
    /// KMS's ciphertext in base64.
    pub ciphertext: String,
}

/// A connection's own key pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSpKey {
    /// The private key, sealed.
    pub key: Sealed,
    /// Its certificate, DER in base64.
    pub certificate: String,
}

/// A key that signs id_tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SigningKeyRecord {
    /// Its name in tokens and in the JWKS.
    pub kid: String,
    /// The private key, sealed.
    pub key: Sealed,
    /// The public key as a JWK.
    pub jwk: Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it signs; it is published before, so that no cache meets an unknown key.
    pub signs_from: DateTime<Utc>,
}

impl Store {
    /// The data key of a class.
    pub async fn data_key(&self, class: &str) -> Result<Option<SealedDataKey>, StoreError> {
        Ok(self.read_one(&keys::data_key(class)).await?.map(|found| found.value))
    }

    /// Keeps a class's data key; `false` where another instance was first.
    pub async fn create_data_key(&self, class: &str, key: &SealedDataKey) -> Result<bool, StoreError> {
        self.create(Item::new(keys::data_key(class), key)?).await
    }

    /// A connection's own key pair.
    pub async fn sp_key(&self, connection: ConnectionId) -> Result<Option<SealedSpKey>, StoreError> {
        Ok(self.read_one(&keys::sp_key(connection)).await?.map(|found| found.value))
    }

    /// The keys that sign id_tokens, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let rows = self.read_range(&keys::signing_keys(), (" ", "~"), MOST_SIGNING_KEYS, true).await?;
        let mut found: Vec<SigningKeyRecord> = Vec::new();
        for row in rows {
            found.extend(item::read(row, self.clock.now())?.map(|read| read.value));
        }
        found.reverse();
        Ok(found)
    }

    /// Keeps a new signing key until `expires_at`; `false` where another instance was first with this `kid`.
    pub async fn create_signing_key(
        &self,
        key: &SigningKeyRecord,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.create(Item::new(keys::signing_key(&key.kid), key)?.expiring(expires_at)).await
    }

    async fn create(&self, item: Item) -> Result<bool, StoreError> {
        let mut transaction = Transaction::new(self);
        transaction.put_new((), item);
        match transaction.commit().await {
            Ok(_) => Ok(true),
            Err(CommitError::Refused(())) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}
