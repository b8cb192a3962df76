//! A practice identity provider: a company's SAML 2.0 identity provider for one machine, without passwords, that can
//! answer wrongly on request.

mod metadata;
mod pages;
pub(crate) mod people;
mod request;
mod response;
mod sign;

use sign::SignError;

use axum::Router;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use people::{Person, Signed};
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use request::AuthnRequest;
use response::Answer;
use sign::Signer;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The identity provider. Cheap to clone.
#[derive(Clone)]
pub struct PracticeIdp(Arc<Inner>);

struct Inner {
    url: String,
    signer: Signer,
    clock: Clock,
    rng: Rng,
    /// Where the answers for an app go, by the app's entity id.
    service_providers: Mutex<BTreeMap<String, String>>,
    /// The last response without a failure that was sent to an address, to be sent once more.
    last_responses: Mutex<BTreeMap<String, String>>,
}

impl PracticeIdp {
    /// The identity provider that answers at `url`; its key is kept in `directory`.
    ///
    /// # Errors
    /// The file system's, or a key file that holds no key.
    pub fn open(url: String, directory: &Path, clock: Clock, rng: Rng) -> std::io::Result<Self> {
        let signer = Signer::open(directory, clock.now())?;
        Ok(Self(Arc::new(Inner {
            url,
            signer,
            clock,
            rng,
            service_providers: Mutex::default(),
            last_responses: Mutex::default(),
        })))
    }

    /// Its address, where a person starts from.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Its entity id, which is also where its metadata is.
    pub fn entity_id(&self) -> String {
        format!("{}/metadata", self.0.url)
    }

    /// Its metadata.
    pub fn metadata_xml(&self) -> String {
        let sso_url = format!("{}/sso", self.0.url);
        metadata::metadata(&self.entity_id(), &sso_url, &self.0.signer.certificate_base64())
    }

    /// Registers an app: answers for `entity_id` go to `acs_url` and nowhere else.
    pub fn register(&self, entity_id: impl Into<String>, acs_url: impl Into<String>) {
        let mut known = self.0.service_providers.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(entity_id.into(), acs_url.into());
    }

    /// The `SAMLResponse` for anybody at all, with a signed assertion, to a `SAMLRequest` that came by redirect from a
    /// registered app. Bringing one's own people is for programs that sign many people in.
    ///
    /// # Errors
    /// The request is none, or of an app that isn't registered.
    pub fn answer(&self, saml_request: &str, person: &Person<'_>) -> std::io::Result<String> {
        let request = request::from_redirect(saml_request).and_then(|message| AuthnRequest::parse(&message));
        let request = request.map_err(std::io::Error::other)?;
        let acs_url = self.acs_url(&request.issuer);
        let answer = Answer {
            issuer: &self.entity_id(),
            audience: &request.issuer,
            acs_url: &acs_url.ok_or_else(|| std::io::Error::other("the app is not registered"))?,
            in_response_to: Some(&request.id),
            person,
            signed: Signed::Assertion,
            failure: None,
            now: self.0.clock.now(),
        };
        let message = answer.write(&self.0.signer, &self.0.rng).map_err(std::io::Error::other)?;
        Ok(BASE64.encode(message))
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/", get(pages::home))
            .route("/metadata", get(pages::metadata))
            .route("/sso", get(pages::sso_redirect).post(pages::sso_post))
            .route("/start", get(pages::start))
            .route("/answer", post(pages::answer))
            .with_state(self.clone())
    }

    /// The registered address of an app.
    fn acs_url(&self, entity_id: &str) -> Option<String> {
        let known = self.0.service_providers.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(entity_id).cloned()
    }

    fn service_providers(&self) -> Vec<String> {
        let known = self.0.service_providers.lock().unwrap_or_else(PoisonError::into_inner);
        known.keys().cloned().collect()
    }

    fn last_response(&self, acs_url: &str) -> Option<String> {
        let last = self.0.last_responses.lock().unwrap_or_else(PoisonError::into_inner);
        last.get(acs_url).cloned()
    }

    fn remember_response(&self, acs_url: &str, saml_response: &str) {
        let mut last = self.0.last_responses.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(acs_url.to_owned(), saml_response.to_owned());
    }
}

impl std::fmt::Debug for PracticeIdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PracticeIdp").field(&self.0.url).finish()
    }
}

#[cfg(test)]
mod tests;
