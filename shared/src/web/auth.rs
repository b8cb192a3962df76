//! Who is calling: API keys as a bearer token, and bearer tokens at all.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::extract::{FromRef, FromRequestParts};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::error::RestError;
use super::origin::Origin;
use crate::app::App;
use crate::domain::actor::{Actor, Who};
use crate::domain::api_key::ApiKey;
use crate::domain::token::{HashedToken, PlainToken};
use crate::store::StoreError;

/// For how long an instance believes what it read about a key: a revoked key dies within this time everywhere.
pub const CACHED_FOR: TimeDelta = TimeDelta::seconds(60);

/// How many keys an instance remembers.
pub const CACHED_KEYS: usize = 256;

/// The live API keys that this instance has seen lately. Unknown keys are not kept: a new key works at once, and nobody
/// fills the memory with guesses.
#[derive(Default)]
pub struct ApiKeyCache(Mutex<HashMap<HashedToken, (ApiKey, DateTime<Utc>)>>);

impl ApiKeyCache {
    fn find(&self, hash: &HashedToken, now: DateTime<Utc>) -> Option<ApiKey> {
        let keys = self.0.lock().ok()?;
        let (key, read_at) = keys.get(hash)?;
        (*read_at <= now && now - *read_at < CACHED_FOR).then(|| key.clone())
    }

    fn keep(&self, hash: HashedToken, key: ApiKey, now: DateTime<Utc>) {
        if let Ok(mut keys) = self.0.lock() {
            if keys.len() >= CACHED_KEYS {
                keys.retain(|_, (_, read_at)| now - *read_at < CACHED_FOR);
            }
            if keys.len() < CACHED_KEYS {
                keys.insert(hash, (key, now));
            }
        }
    }
}

/// The live API key behind `presented`; `None` if there is none or it is revoked.
pub(super) async fn live_key(app: &App, presented: &PlainToken) -> Result<Option<ApiKey>, StoreError> {
    let now = app.clock().now();
    let hash = presented.hashed();
    if let Some(key) = app.api_keys().find(&hash, now) {
        return Ok(Some(key));
    }
    let key = app.store().api_key(&hash).await?.filter(|key| key.revoked_at.is_none());
    if let Some(key) = &key {
        app.api_keys().keep(hash, key.clone(), now);
    }
    Ok(key)
}

/// The proof that a request carries a live API key, `Authorization: Bearer sk_…`: the app, in which that key stands behind
/// all that the request changes. As an extractor it answers 401 in the REST API's face otherwise.
#[derive(Clone)]
pub struct ApiKeyAuth(pub App);

impl<S> FromRequestParts<S> for ApiKeyAuth
where
    App: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RestError> {
        let app = App::from_ref(state);
        let presented = bearer(&parts.headers)
            .ok_or_else(|| RestError::unauthorized("Send an API key: Authorization: Bearer and the key."))?;
        let key = live_key(&app, &presented).await?;
        let key = key.ok_or_else(|| RestError::unauthorized("The API key is unknown or revoked."))?;
        let Origin { ip_address, user_agent } = Origin::of(parts);
        Ok(Self(app.acting(Actor { who: Who::ApiKey(key.id), ip_address, user_agent })))
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 §2.1); `None` if there is no such header, or more than one.
pub fn bearer(headers: &HeaderMap) -> Option<PlainToken> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { PlainToken::presented(token.trim()) } else { None }
}

#[cfg(test)]
pub(super) mod tests;
