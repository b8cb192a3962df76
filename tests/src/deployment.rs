//! A deployment of its own for a story: the whole stack in this process, observed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use portico_local::{Observer, Options, Stack};
use portico_shared::aws::Patience;
use portico_shared::domain::time::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Api, Faults, RoundTrips, observer};

/// Where the application lets people be sent. Nothing listens there: a story looks at the address that people are sent to.
pub const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

/// What a story wants otherwise than usual.
#[derive(Default)]
pub struct Setup {
    /// The address that browsers use, when TLS ends before the deployment.
    pub public_url: Option<String>,
    /// The directory of the built Lambda binaries, to run those.
    pub binaries: Option<PathBuf>,
    /// How long the functions wait for DynamoDB and KMS.
    pub patience: Patience,
    /// The name server that the functions ask, if not the machine's own.
    pub name_server: Option<SocketAddr>,
    /// What stands in for Route 53, with its hosted zones, if not the machine's own.
    pub route53: Option<(SocketAddr, Vec<String>)>,
}

/// A running deployment, with an API key and a registered redirect URI.
pub struct Deployment {
    /// The stack, for what the rest of this type doesn't offer.
    pub stack: Stack,
    /// The REST API by the first key.
    pub api: Api,
    /// The first API key, which is also the client secret.
    pub api_key: String,
    /// Counts round trips to DynamoDB, of all functions.
    pub round_trips: RoundTrips,
    /// Makes DynamoDB fail.
    pub faults: Faults,
    ahead: Arc<AtomicI64>,
    options: Options,
    _data: TempDir,
}

impl Deployment {
    /// An empty deployment.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// An empty deployment that is set up otherwise.
    pub async fn start_with(setup: Setup) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (round_trips, faults, ahead) =
            (RoundTrips::default(), Faults::start().await, Arc::new(AtomicI64::new(0)));
        let options = Options {
            public_url: setup.public_url,
            binaries: setup.binaries,
            patience: setup.patience,
            name_server: setup.name_server,
            route53: setup.route53,
            clock: clock_ahead(ahead.clone()),
            observer: Some(observed(round_trips.clone(), faults.clone())),
            // A run of a schedule in between would count as what a story is measuring.
            schedules: false,
            ..Options::new(data.path())
        };
        let stack = Stack::start(options.clone()).await.unwrap();
        let minted = json!({ "portico_admin": { "action": "create_api_key", "name": "story" } });
        let minted = stack.invoke("management", minted).await.unwrap();
        let api_key = minted["key"].as_str().unwrap_or_else(|| panic!("{minted}")).to_owned();
        let api = Api::new(&stack.local_url(), &api_key);
        api.post("/user_management/redirect_uris", &json!({ "uri": REDIRECT_URI, "default": true }))
            .await
            .ok();
        Self { stack, api, api_key, round_trips, faults, ahead, options, _data: data }
    }

    /// The address that browsers and applications use.
    pub fn base_url(&self) -> &str {
        self.stack.base_url()
    }

    /// An address of the deployment.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url())
    }

    /// Moves the functions' clock ahead of the machine's.
    pub fn move_clock(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The functions' time, in whole milliseconds as the API shows it.
    pub fn now(&self) -> DateTime<Utc> {
        self.options.clock.now().trunc_subsecs(3)
    }

    /// An organization that owns a domain.
    pub async fn organization(&self, name: &str, domain: &str) -> Value {
        let domain = json!([{ "domain": domain, "state": "verified" }]);
        self.api.post("/organizations", &json!({ "name": name, "domain_data": domain })).await.ok()
    }

    /// Ends it and starts it again at the same address over the same data: new instances of every function.
    pub async fn restart(self) -> Self {
        let binaries = self.options.binaries.clone();
        self.restart_with(binaries).await
    }

    /// The same with the built functions in this directory, or else the ones in this process.
    pub async fn restart_with(mut self, binaries: Option<PathBuf>) -> Self {
        self.options.binaries = binaries;
        let port = url::Url::parse(&self.stack.local_url()).unwrap().port().unwrap();
        self.stack.stop().await;
        self.options.port = port;
        let stack = Stack::start(self.options.clone()).await.unwrap();
        Self { stack, ..self }
    }

    /// Ends it.
    pub async fn stop(self) {
        self.stack.stop().await;
    }
}

/// Watches the functions' calls to AWS.
pub(crate) fn observed(round_trips: RoundTrips, faults: Faults) -> Observer {
    let interceptors =
        move |function: &str| observer::interceptor(function, round_trips.clone(), faults.clone());
    Observer::new(interceptors, observer::http_client())
}

fn clock_ahead(ahead: Arc<AtomicI64>) -> Clock {
    let machine = Clock::system();
    Clock::new(Arc::new(move || machine.now() + TimeDelta::seconds(ahead.load(Ordering::SeqCst))))
}
