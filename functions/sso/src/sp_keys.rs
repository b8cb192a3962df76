//! The opened key pairs of connections, kept by the instance: opening one costs a decryption and parsing RSA.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portico_protocol::saml::SpKeyPair;
use portico_shared::app::App;
use portico_shared::domain::ids::ConnectionId;
use portico_shared::store::SealedSpKey;
use portico_shared::vault::{Class, VaultError};

/// How many key pairs an instance keeps; beyond that it forgets them all and starts over.
const MOST_KEPT: usize = 256;

/// Opened key pairs, each beside what it was opened from, so that a replaced one is opened again.
#[derive(Debug, Default)]
pub(crate) struct SpKeys(Mutex<HashMap<ConnectionId, (SealedSpKey, Arc<SpKeyPair>)>>);

impl SpKeys {
    /// The key pair of a connection, opened.
    pub(crate) async fn open(
        &self,
        app: &App,
        connection: ConnectionId,
        sealed: &SealedSpKey,
    ) -> Result<Arc<SpKeyPair>, VaultError> {
        if let Some(pair) = self.kept(connection, sealed) {
            return Ok(pair);
        }
        let private = app.vault().open(Class::SpKeys, &connection.to_string(), &sealed.key).await?;
        let certificate = STANDARD.decode(&sealed.certificate).map_err(|_| VaultError::Unsealable)?;
        let pair = SpKeyPair::from_parts(&private, &certificate).map_err(|_| VaultError::Unsealable)?;
        let pair = Arc::new(pair);
        if let Ok(mut kept) = self.0.lock() {
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(connection, (sealed.clone(), pair.clone()));
        }
        Ok(pair)
    }

    fn kept(&self, connection: ConnectionId, sealed: &SealedSpKey) -> Option<Arc<SpKeyPair>> {
        let kept = self.0.lock().ok()?;
        kept.get(&connection).filter(|(from, _)| from == sealed).map(|(_, pair)| pair.clone())
    }
}
