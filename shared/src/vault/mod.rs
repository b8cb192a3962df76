//! The vault: secrets are sealed under a data key per class, data keys under KMS. The class binds a data key (KMS's
//! encryption context), the item's own name binds a secret (additional data), so that nothing sealed can be moved to
//! another place and opened there.

mod sp_keys;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_sdk_kms::Client;
use aws_sdk_kms::error::DisplayErrorContext;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;

use crate::domain::random::Rng;
use crate::store::{Sealed, SealedDataKey, Store, StoreError};

/// What a secret is for. Each class has a data key of its own, and a role may open only its classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The keys that sign id_tokens.
    SigningKeys,
    /// The service-provider key pairs of connections.
    SpKeys,
    /// Our secrets at OpenID providers.
    OidcSecrets,
    /// What providers have answered to sign-ins that were refused.
    Responses,
}

impl Class {
    /// The name in KMS's encryption context, under `portico:class`, and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SigningKeys => "signing_keys",
            Self::SpKeys => "sp_keys",
            Self::OidcSecrets => "oidc_secrets",
            Self::Responses => "responses",
        }
    }
}

/// Why a secret wasn't sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// KMS couldn't be reached or refused.
    #[error("KMS didn't give the data key: {0}")]
    Kms(String),
    /// The secret isn't what was sealed here: another place, another key, or altered.
    #[error("a sealed secret can't be opened where it stands")]
    Unsealable,
}

/// Seals and opens secrets. Cheap to clone; a class's data key is asked for once an instance.
#[derive(Clone)]
pub struct Vault {
    kms: Client,
    kms_key_id: Arc<str>,
    store: Store,
    rng: Rng,
    keys: Arc<Mutex<HashMap<Class, Arc<LessSafeKey>>>>,
    opened: Arc<sp_keys::Opened>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// The vault of a deployment.
    pub fn new(kms: Client, kms_key_id: &str, store: Store, rng: Rng) -> Self {
        Self {
            kms,
            kms_key_id: Arc::from(kms_key_id),
            store,
            rng,
            keys: Arc::default(),
            opened: Arc::default(),
        }
    }

    /// Seals a secret; `place` is the name of what it belongs to, and must be given again to open it.
    pub async fn seal(&self, class: Class, place: &str, secret: &[u8]) -> Result<Sealed, VaultError> {
        let key = self.data_key(class).await?;
        let nonce: [u8; NONCE_LEN] = self.rng.bytes();
        let mut sealed = secret.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, Aad::from(place.as_bytes()), &mut sealed)
            .map_err(|_| VaultError::Unsealable)?;
        let mut bytes = nonce.to_vec();
        bytes.append(&mut sealed);
        Ok(Sealed(STANDARD.encode(bytes)))
    }

    /// Opens a secret that was sealed for this class and place.
    pub async fn open(&self, class: Class, place: &str, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
        let key = self.data_key(class).await?;
        let mut bytes = STANDARD.decode(&sealed.0).map_err(|_| VaultError::Unsealable)?;
        let (nonce, secret) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or(VaultError::Unsealable)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.open_in_place(nonce, Aad::from(place.as_bytes()), secret);
        opened.map(|plain| plain.to_vec()).map_err(|_| VaultError::Unsealable)
    }

    async fn data_key(&self, class: Class) -> Result<Arc<LessSafeKey>, VaultError> {
        let mut keys = self.keys.lock().await;
        if let Some(key) = keys.get(&class) {
            return Ok(key.clone());
        }
        let plain = match self.store.data_key(class.as_str()).await? {
            Some(sealed) => self.decrypt(class, &sealed).await?,
            None => self.create_data_key(class).await?,
        };
        let key = UnboundKey::new(&AES_256_GCM, &plain).map_err(|_| VaultError::Unsealable)?;
        let key = Arc::new(LessSafeKey::new(key));
        keys.insert(class, key.clone());
        Ok(key)
    }

    async fn create_data_key(&self, class: Class) -> Result<Vec<u8>, VaultError> {
        let made = self
            .kms
            .generate_data_key()
            .key_id(&*self.kms_key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("portico:class", class.as_str())
            .send()
            .await
            .map_err(|error| VaultError::Kms(DisplayErrorContext(error).to_string()))?;
        let (plain, ciphertext) = made.plaintext.zip(made.ciphertext_blob).ok_or(VaultError::Unsealable)?;
        let sealed = SealedDataKey { ciphertext: STANDARD.encode(ciphertext.into_inner()) };
        if self.store.create_data_key(class.as_str(), &sealed).await? {
            return Ok(plain.into_inner());
        }
        // Another instance was first: its key is the class's key.
        let theirs = self.store.data_key(class.as_str()).await?.ok_or(VaultError::Unsealable)?;
        self.decrypt(class, &theirs).await
    }

    async fn decrypt(&self, class: Class, sealed: &SealedDataKey) -> Result<Vec<u8>, VaultError> {
        let ciphertext = STANDARD.decode(&sealed.ciphertext).map_err(|_| VaultError::Unsealable)?;
        let opened = self
            .kms
            .decrypt()
            .key_id(&*self.kms_key_id)
            .ciphertext_blob(Blob::new(ciphertext))
            .encryption_context("portico:class", class.as_str())
            .send()
            .await
            .map_err(|error| VaultError::Kms(DisplayErrorContext(error).to_string()))?;
        opened.plaintext.map(Blob::into_inner).ok_or(VaultError::Unsealable)
    }
}
