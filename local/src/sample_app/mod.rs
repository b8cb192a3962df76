//! A small SaaS app that signs people in by plain OpenID Connect: authorization code with PKCE, as a confidential client.

mod oidc;
mod pages;
mod settings;

use crate::api::Api;
use crate::seed::Seeded;
use crate::stack::Stack;
use axum::Router;
use axum::routing::{get, post};
use oidc::Provider;
use portico_protocol::oidc::id_token::IdTokenClaims;
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many sign-ins and sessions are kept in memory; then all are forgotten, and people sign in again.
const KEPT: usize = 1_000;

/// The app. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SampleApp(Arc<Inner>);

struct Inner {
    url: String,
    organization_id: String,
    provider: Provider,
    /// The back end's calls.
    api: Api,
    clock: Clock,
    rng: Rng,
    /// Sign-ins under way, by state.
    pending: Mutex<BTreeMap<String, Pending>>,
    /// Who is signed in, by session.
    sessions: Mutex<BTreeMap<String, Person>>,
}

/// A sign-in under way.
struct Pending {
    nonce: String,
    code_verifier: String,
}

/// Who is signed in.
#[derive(Clone)]
struct Person {
    claims: IdTokenClaims,
    /// Every page asks whether it still counts: whoever has left has no session any more.
    access_token: String,
    organization: String,
}

impl SampleApp {
    pub(crate) fn new(stack: &Stack, url: &str, seeded: &Seeded, clock: Clock, rng: Rng) -> Self {
        Self(Arc::new(Inner {
            url: url.to_owned(),
            organization_id: seeded.organization_id.clone(),
            provider: Provider::new(stack, seeded.api_key.clone()),
            api: Api::new(stack, seeded.api_key.clone()),
            clock,
            rng,
            pending: Mutex::default(),
            sessions: Mutex::default(),
        }))
    }

    /// The redirect URI of the app at `url`.
    pub(crate) fn callback(url: &str) -> String {
        format!("{url}/callback")
    }

    /// Where a sign-in that began elsewhere starts over (OpenID Connect Core §4).
    pub(crate) fn initiate_login(url: &str) -> String {
        format!("{url}/initiate-login")
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/", get(pages::home))
            .route("/login", get(pages::login))
            .route("/initiate-login", get(pages::initiate_login))
            .route("/callback", get(pages::callback))
            .route("/sign-out", post(pages::sign_out))
            .route("/settings", get(settings::show))
            .route("/settings/portal", get(settings::show).post(settings::portal))
            .with_state(self.clone())
    }

    fn token(&self) -> String {
        hex::encode(self.0.rng.bytes::<32>())
    }

    fn begin(&self, state: &str, pending: Pending) {
        keep(&self.0.pending, state, pending);
    }

    /// The sign-in of this state, once.
    fn finish(&self, state: &str) -> Option<Pending> {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(state)
    }

    fn open_session(&self, session: &str, person: Person) {
        keep(&self.0.sessions, session, person);
    }

    fn person(&self, session: &str) -> Option<Person> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned()
    }

    fn close_session(&self, session: &str) {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}

fn keep<T>(kept: &Mutex<BTreeMap<String, T>>, key: &str, value: T) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(key.to_owned(), value);
}
