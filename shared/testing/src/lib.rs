//! A bench for the tests of one function: an `App` over an embedded DynamoDB in memory, a stand-in for KMS, a clock
//! that the test turns. Everything is on loopback and goes when the bench is dropped. Whole deployments are the local
//! program's business.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::indexing_slicing
)] // a failure here is a failed test

pub mod dns;
mod kms;

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use chrono::{DateTime, Duration, Utc};
use dns::TestDns;
use dynoxide::Database;
use portico_shared::app::App;
use portico_shared::aws::{self, AwsSettings, Clients};
use portico_shared::config::Config;
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use portico_shared::telemetry::metrics::Metrics;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The name of the table.
const TABLE: &str = "portico";

/// A clock that moves only when it is told to.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<DateTime<Utc>>>);

impl TestClock {
    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

/// The bench.
pub struct Bench {
    /// What a handler gets.
    pub app: App,
    /// The clock behind the app. It begins at 2026-11-02T09:00:00Z.
    pub clock: TestClock,
    /// The table itself, for looking at what was written.
    pub database: Database,
    /// What the app's metrics printed.
    pub metrics: Arc<Mutex<Vec<u8>>>,
    config: Config,
    settings: AwsSettings,
    servers: Vec<JoinHandle<()>>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

impl Bench {
    /// A bench whose public URL is `http://127.0.0.1:4400` and whose client is `client_test`.
    pub async fn start() -> Self {
        Self::with_interceptor(None).await
    }

    /// A bench that shows an interceptor everything that goes to DynamoDB.
    pub async fn with_interceptor(interceptor: Option<SharedInterceptor>) -> Self {
        Self::with(interceptor, None).await
    }

    /// A bench that asks these name servers.
    pub async fn with_dns(dns: &TestDns) -> Self {
        Self::with(None, Some(dns)).await
    }

    /// A bench of its own DNS that shows an interceptor everything that goes to DynamoDB.
    pub async fn with(interceptor: Option<SharedInterceptor>, dns: Option<&TestDns>) -> Self {
        let database = Database::memory().unwrap();
        create_table(&database);
        let (dynamodb, dynamodb_server) = serve_dynamodb(database.clone()).await;
        let (kms, kms_server) = kms::serve().await;
        let clock = TestClock(Arc::new(Mutex::new("2026-11-02T09:00:00Z".parse().unwrap())));
        let metrics = Arc::new(Mutex::new(Vec::new()));
        let settings = aws_settings(&dynamodb, &kms);
        let config =
            Config::from_vars(&|name| dns.and_then(|dns| dns.variable(name)).or_else(|| setting(name)));
        let config = config.unwrap();
        let app = app(&config, &settings, &clock, &metrics, interceptor);
        Self { app, clock, database, metrics, config, settings, servers: vec![dynamodb_server, kms_server] }
    }

    /// What another Lambda instance of the same deployment would have: the same table and clock, caches of its own.
    pub fn another_instance(&self) -> App {
        app(&self.config, &self.settings, &self.clock, &self.metrics, None)
    }
}

fn app(
    config: &Config,
    settings: &AwsSettings,
    clock: &TestClock,
    metrics: &Arc<Mutex<Vec<u8>>>,
    interceptor: Option<SharedInterceptor>,
) -> App {
    let turned = clock.clone();
    let clock = Clock::new(Arc::new(move || turned.now()));
    App::new(
        config.clone(),
        clock.clone(),
        Rng::system(),
        Clients {
            dynamodb: aws::dynamodb_client(settings, interceptor),
            kms: aws::kms_client(settings, None),
            settings: settings.clone(),
        },
        Metrics::new(clock, "test".to_owned(), metrics.clone()),
    )
}

fn setting(name: &str) -> Option<String> {
    let value = match name {
        "TABLE_NAME" => TABLE,
        "PUBLIC_URL" => "http://127.0.0.1:4400",
        "KMS_KEY_ID" => kms::KEY_ID,
        "CLIENT_ID" => "client_test",
        "EVENT_LAG_SECONDS" => "1",
        "CLOCK_SKEW_SECONDS" => "120",
        "LOG_LEVEL" => "info",
        "APP_NAME" => "Harbor",
        "LOGO_URL" | "MAIL_FROM" => "",
        "ACCENT_COLOR" => "#2f4fd0",
        "DNS_RECORD_LABEL" => "_portico",
        "DNS_VALUE_PREFIX" => "portico-verification",
        "DNS_PROOF_ZONE" => "proof.portico.example",
        // Nobody answers there: a test that needs DNS says where its own is.
        "DNS_RESOLVERS" => "127.0.0.1:9,127.0.0.1:9",
        "DNS_NAME_SERVER_PORT" => "9",
        "HOSTED_ZONE_IDS" => "",
        _ => return None,
    };
    Some(value.to_owned())
}

fn aws_settings(dynamodb: &str, kms: &str) -> AwsSettings {
    let var = |name: &str| match name {
        "AWS_REGION" => Some("eu-west-2".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" => Some(dynamodb.to_owned()),
        "AWS_ENDPOINT_URL_KMS" => Some(kms.to_owned()),
        _ => None,
    };
    AwsSettings::from_vars(&var).unwrap()
}

fn create_table(database: &Database) {
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let keys = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    let index = |name: &str, hash: &str, range: &str| json!({ "IndexName": name, "KeySchema": keys(hash, range), "Projection": { "ProjectionType": "ALL" } });
    let attributes = ["pk", "sk", "parent", "child", "due_shard", "due_at"].map(text);
    let request = json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": keys("pk", "sk"),
        "GlobalSecondaryIndexes": [index("by_parent", "parent", "child"), index("due", "due_shard", "due_at")],
    });
    database.create_table(serde_json::from_value(request).unwrap()).unwrap();
}

async fn serve_dynamodb(database: Database) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let forever = std::future::pending();
    let server = tokio::spawn(async move {
        let _ended = dynoxide::server::serve_with_shutdown(listener, database, forever).await;
    });
    (url, server)
}
