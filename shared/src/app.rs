//! `App`: everything that a handler needs from outside of its request. The Lambda functions, the local program and the
//! tests differ only in how they make one.

use std::sync::{Arc, Mutex, OnceLock};

use crate::aws::{AwsSettings, Clients, ses_client};
use crate::config::{Config, ConfigError, environment};
use crate::domain::actor::Actor;
use crate::domain::random::Rng;
use crate::domain::time::Clock;
use crate::net::dns::Dns;
use crate::net::fetch::Fetch;
use crate::net::mail::Mailer;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use crate::vault::Vault;
use crate::web::auth::ApiKeyCache;

/// What a function runs on. Cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
    store: Store,
}

struct Inner {
    config: Config,
    clock: Clock,
    rng: Rng,
    vault: Vault,
    fetch: Fetch,
    dns: Dns,
    aws: AwsSettings,
    metrics: Metrics,
    api_keys: ApiKeyCache,
    mailer: OnceLock<Option<Mailer>>,
}

impl App {
    /// The app of a function in Lambda: settings and credentials from the environment, the machine's clock and randomness.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or ill-formed.
    pub fn from_env() -> Result<Self, ConfigError> {
        let config = Config::from_env()?;
        let aws = AwsSettings::from_env()?;
        let clock = Clock::system();
        let function_name = environment("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
        let metrics = Metrics::new(clock.clone(), function_name, Arc::new(Mutex::new(std::io::stdout())));
        Ok(Self::new(config, clock, Rng::system(), Clients::new(&aws, || None), metrics))
    }

    /// An app from its parts.
    pub fn new(config: Config, clock: Clock, rng: Rng, clients: Clients, metrics: Metrics) -> Self {
        let store = Store::new(
            clients.dynamodb,
            &config.table_name,
            clock.clone(),
            rng.clone(),
            config.event_lag_seconds,
        );
        let vault = Vault::new(clients.kms, &config.kms_key_id, store.clone(), rng.clone());
        let fetch = Fetch::new(&config.public_url);
        let dns = Dns::new(&config);
        let aws = clients.settings;
        let api_keys = ApiKeyCache::default();
        let mailer = OnceLock::new();
        let inner = Inner { config, clock, rng, vault, fetch, dns, aws, metrics, api_keys, mailer };
        Self { inner: Arc::new(inner), store }
    }

    /// The same app, in which `actor` stands behind all that is changed.
    #[must_use]
    pub fn acting(&self, actor: Actor) -> Self {
        Self { inner: self.inner.clone(), store: self.store.acting(actor) }
    }

    /// The deployment's settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Randomness.
    pub fn rng(&self) -> &Rng {
        &self.inner.rng
    }

    /// The table.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Secrets at rest.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// HTTP to addresses that other people give us.
    pub fn fetch(&self) -> &Fetch {
        &self.inner.fetch
    }

    /// Other people's DNS.
    pub fn dns(&self) -> &Dns {
        &self.inner.dns
    }

    /// What sends mail; `None` where this deployment sends none. Made when it is first asked for: few functions need it.
    pub fn mailer(&self) -> Option<&Mailer> {
        let make = || {
            let from = self.config().portal.mail_from.as_deref()?;
            Some(Mailer::new(ses_client(self.aws(), None), from))
        };
        self.inner.mailer.get_or_init(make).as_ref()
    }

    /// Where AWS is, for a client that not every function has.
    pub fn aws(&self) -> &AwsSettings {
        &self.inner.aws
    }

    /// Metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn api_keys(&self) -> &ApiKeyCache {
        &self.inner.api_keys
    }
}
