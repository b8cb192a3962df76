//! The opened key pairs of connections, kept by the instance: opening one costs a decryption and parsing RSA.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portico_protocol::saml::SpKeyPair;

use super::{Class, Vault, VaultError};
use crate::domain::ids::{CertificateId, ConnectionId};
use crate::store::{SealedSpKey, SealedSpKeys};

/// How many key pairs an instance keeps; beyond that it forgets them all and starts over.
const MOST_KEPT: usize = 256;

/// Opened key pairs, each beside what it was opened from.
#[derive(Default)]
pub(super) struct Opened(Mutex<HashMap<Place, (SealedSpKey, Arc<SpKeyPair>)>>);

/// A pair opens only at the connection that it was sealed for, so it is kept for that one alone.
type Place = (ConnectionId, CertificateId);

impl Opened {
    fn find(&self, connection: ConnectionId, sealed: &SealedSpKey) -> Option<Arc<SpKeyPair>> {
        let kept = self.0.lock().ok()?;
        kept.get(&(connection, sealed.id)).filter(|(from, _)| from == sealed).map(|(_, pair)| pair.clone())
    }

    fn keep(&self, connection: ConnectionId, sealed: &SealedSpKey, pair: &Arc<SpKeyPair>) {
        if let Ok(mut kept) = self.0.lock() {
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert((connection, sealed.id), (sealed.clone(), pair.clone()));
        }
    }
}

impl Vault {
    /// Seals a new key pair of a connection.
    pub async fn seal_sp_key(
        &self,
        connection: ConnectionId,
        id: CertificateId,
        pair: &SpKeyPair,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<SealedSpKey, VaultError> {
        let key = self.seal(Class::SpKeys, &connection.to_string(), pair.pkcs8()).await?;
        Ok(SealedSpKey { id, key, certificate: STANDARD.encode(pair.certificate_der()), created_at: now })
    }

    /// Opens a key pair of a connection.
    pub async fn open_sp_key(
        &self,
        connection: ConnectionId,
        sealed: &SealedSpKey,
    ) -> Result<Arc<SpKeyPair>, VaultError> {
        if let Some(pair) = self.opened.find(connection, sealed) {
            return Ok(pair);
        }
        let private = self.open(Class::SpKeys, &connection.to_string(), &sealed.key).await?;
        let certificate = STANDARD.decode(&sealed.certificate).map_err(|_| VaultError::Unsealable)?;
        let pair = SpKeyPair::from_parts(&private, &certificate).map_err(|_| VaultError::Unsealable)?;
        let pair = Arc::new(pair);
        self.opened.keep(connection, sealed, &pair);
        Ok(pair)
    }

    /// Opens all key pairs of a connection, for what may be encrypted for any of them. One that can't be opened is passed
    /// over while there is another.
    pub async fn open_sp_keys(
        &self,
        connection: ConnectionId,
        sealed: &SealedSpKeys,
    ) -> Result<Vec<Arc<SpKeyPair>>, VaultError> {
        let mut opened = Vec::with_capacity(sealed.pairs.len());
        for pair in &sealed.pairs {
            match self.open_sp_key(connection, pair).await {
                Ok(pair) => opened.push(pair),
                Err(VaultError::Unsealable) => {
                    tracing::error!(%connection, certificate = %pair.id, "a key pair can't be opened");
                }
                Err(error) => return Err(error),
            }
        }
        if opened.is_empty() { Err(VaultError::Unsealable) } else { Ok(opened) }
    }
}
