//! Sealed secrets: data keys, service-provider keys, id_token signing keys. What they seal, the vault knows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item::{self, Item, Versioned};
use super::transaction::{CommitError, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::event::NewEvent;
use crate::domain::ids::{CertificateId, ConnectionId};

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

/// A key pair of a connection's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSpKey {
    /// Its id.
    pub id: CertificateId,
    /// The private key, sealed.
    pub key: Sealed,
    /// Its certificate, DER in base64.
    pub certificate: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A connection's own key pairs, oldest first: one, and others while it is being replaced. All are published and all open
/// what is encrypted for us; the oldest signs, so that an identity provider has met a key before it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSpKeys {
    /// At least one, at most [`SealedSpKeys::MOST`].
    pub pairs: Vec<SealedSpKey>,
}

impl SealedSpKeys {
    /// The most key pairs of one connection. Each is tried on what is encrypted, which anybody may send.
    pub const MOST: usize = 3;

    /// The one that signs.
    pub fn signing(&self) -> Option<&SealedSpKey> {
        self.pairs.first()
    }
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

    /// A connection's own key pairs.
    pub async fn sp_keys(
        &self,
        connection: ConnectionId,
    ) -> Result<Option<Versioned<SealedSpKeys>>, StoreError> {
        self.read_one(&keys::sp_keys(connection)).await
    }

    /// Keeps a connection's changed key pairs; `false` where somebody else changed or removed them since they were read.
    pub async fn replace_sp_keys(
        &self,
        connection: ConnectionId,
        read: u64,
        changed: &SealedSpKeys,
        event: NewEvent,
    ) -> Result<bool, StoreError> {
        let mut transaction = Transaction::new(self);
        transaction.replace((), Item::new(keys::sp_keys(connection), changed)?, read);
        transaction.event(event);
        done(transaction.commit().await)
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
        done(transaction.commit().await)
    }
}

/// Whether the transaction's one condition held.
fn done<T>(committed: Result<T, CommitError<()>>) -> Result<bool, StoreError> {
    match committed {
        Ok(_) => Ok(true),
        Err(CommitError::Refused(())) => Ok(false),
        Err(CommitError::Store(error)) => Err(error),
    }
}
