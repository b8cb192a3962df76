//! The keys that sign id_tokens: made at first need, replaced every 60 days, published a day before they sign and until
//! what they signed is dead.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use portico_protocol::oidc::IdTokenSigner;
use portico_protocol::saml::SpKeyPair;
use portico_shared::app::App;
use portico_shared::store::SigningKeyRecord;
use portico_shared::vault::{Class, VaultError};
use serde_json::{Value, json};
use tokio::sync::Mutex;

/// After how long a key is followed by the next one.
const REPLACED_AFTER: Duration = Duration::days(60);
/// How long a new key is published before it signs: no cache of ours or of an application is older.
const PUBLISHED_BEFORE: Duration = Duration::hours(24);
/// How long a key is published after the next one signs. Its last token lives 5 minutes.
const PUBLISHED_AFTER: Duration = Duration::hours(24);
/// How long a record is kept: far longer than the key is of use, so that no key's name is ever given twice.
const RECORD_KEPT: Duration = Duration::days(400);
/// How long an instance believes what it read.
const CACHED_FOR: Duration = Duration::minutes(10);

/// The keys, as this instance last saw them.
#[derive(Debug, Default)]
pub(crate) struct SigningKeys(Mutex<Cache>);

#[derive(Debug, Default)]
struct Cache {
    read_at: Option<DateTime<Utc>>,
    records: Vec<SigningKeyRecord>,
    signer: Option<Arc<IdTokenSigner>>,
}

impl SigningKeys {
    /// The published keys (RFC 7517 §5).
    pub(crate) async fn jwks(&self, app: &App) -> Result<Value, VaultError> {
        let mut cache = self.0.lock().await;
        cache.refresh(app).await?;
        let keys: Vec<&Value> =
            published(&cache.records, app.clock().now()).map(|record| &record.jwk).collect();
        Ok(json!({ "keys": keys }))
    }

    /// The key that signs now.
    pub(crate) async fn signer(&self, app: &App) -> Result<Arc<IdTokenSigner>, VaultError> {
        let mut cache = self.0.lock().await;
        cache.refresh(app).await?;
        let record = signing(&cache.records, app.clock().now()).ok_or(VaultError::Unsealable)?.clone();
        if let Some(signer) = cache.signer.as_ref().filter(|signer| signer.kid() == record.kid) {
            return Ok(signer.clone());
        }
        let private = app.vault().open(Class::SigningKeys, &record.kid, &record.key).await?;
        let signer = IdTokenSigner::from_pkcs8(record.kid, &private).map_err(|_| VaultError::Unsealable)?;
        let signer = Arc::new(signer);
        cache.signer = Some(signer.clone());
        Ok(signer)
    }
}

impl Cache {
    async fn refresh(&mut self, app: &App) -> Result<(), VaultError> {
        let now = app.clock().now();
        if self.read_at.is_some_and(|read_at| read_at <= now && now - read_at < CACHED_FOR) {
            return Ok(());
        }
        let mut records = app.store().signing_keys().await?;
        if let Some((sequence, signs_from)) = due(&records, now) {
            let record = generate(app, sequence, signs_from).await?;
            // Whoever is first: the next one has one name, so there is one next one.
            app.store().create_signing_key(&record, now + RECORD_KEPT).await?;
            records = app.store().signing_keys().await?;
        }
        self.records = records;
        self.read_at = Some(now);
        Ok(())
    }
}

/// The sequence number of the key to be made now, and from when on it signs.
fn due(records: &[SigningKeyRecord], now: DateTime<Utc>) -> Option<(u32, DateTime<Utc>)> {
    match records.last() {
        None => Some((1, now)),
        Some(newest) if newest.created_at + REPLACED_AFTER <= now => {
            let sequence = newest.kid.rsplit('_').next()?.parse::<u32>().ok()?;
            Some((sequence.checked_add(1)?, now + PUBLISHED_BEFORE))
        }
        Some(_) => None,
    }
}

/// The newest key whose time has come.
fn signing(records: &[SigningKeyRecord], now: DateTime<Utc>) -> Option<&SigningKeyRecord> {
    records.iter().rev().find(|record| record.signs_from <= now)
}

/// All keys but those that were followed long enough ago.
fn published(records: &[SigningKeyRecord], now: DateTime<Utc>) -> impl Iterator<Item = &SigningKeyRecord> {
    let next = records.iter().skip(1).map(Some).chain(std::iter::once(None));
    let retired = move |next: Option<&SigningKeyRecord>| {
        next.is_some_and(|next| next.signs_from + PUBLISHED_AFTER <= now)
    };
    records.iter().zip(next).filter(move |(_, next)| !retired(*next)).map(|(record, _)| record)
}

async fn generate(
    app: &App,
    sequence: u32,
    signs_from: DateTime<Utc>,
) -> Result<SigningKeyRecord, VaultError> {
    let now = app.clock().now();
    // Six digits, so that names sort as the keys follow each other.
    let kid = format!("key_{sequence:06}");
    let name = kid.clone();
    // Looking for two primes takes a moment, which would hold up every other request of this thread.
    let made = tokio::task::spawn_blocking(move || key_pair(name, now)).await;
    let (pair, jwk) = made.ok().flatten().ok_or(VaultError::Unsealable)?;
    let key = app.vault().seal(Class::SigningKeys, &kid, pair.pkcs8()).await?;
    Ok(SigningKeyRecord { kid, key, jwk, created_at: now, signs_from })
}

/// A new key and its public half. The contract's JWKS has a certificate with every key, so it is made together with one.
fn key_pair(kid: String, now: DateTime<Utc>) -> Option<(SpKeyPair, Value)> {
    let pair = SpKeyPair::generate("Portico id_token signing", now).ok()?;
    let mut jwk = IdTokenSigner::from_pkcs8(kid, pair.pkcs8()).ok()?.public_jwk().ok()?;
    let certificate = pair.certificate_der();
    let members = jwk.as_object_mut()?;
    members.insert("x5c".to_owned(), json!([STANDARD.encode(certificate)]));
    members.insert("x5t#S256".to_owned(), json!(URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate))));
    Some((pair, jwk))
}
