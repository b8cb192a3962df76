//! What the tests of this module share.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};

use crate::app::App;
use crate::aws::{AwsSettings, Clients, dynamodb_client};
use crate::config::Config;
use crate::domain::random::Rng;
use crate::domain::time::Clock;
use crate::telemetry::metrics::Metrics;

pub(crate) async fn body_text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What was written: lines of a log, or of metrics.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A clock that a test turns by hand.
#[derive(Clone)]
pub(crate) struct Hand(Arc<Mutex<DateTime<Utc>>>);

impl Hand {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(DateTime::from_timestamp_millis(1_700_000_000_000).unwrap())))
    }

    pub(crate) fn turn(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }

    fn clock(&self) -> Clock {
        let time = self.0.clone();
        Clock::new(Arc::new(move || *time.lock().unwrap()))
    }
}

fn aws_at(endpoint: &str) -> AwsSettings {
    let settings = AwsSettings::from_vars(&|name| match name {
        "AWS_ENDPOINT_URL_DYNAMODB" | "AWS_ENDPOINT_URL_KMS" => Some(endpoint.to_owned()),
        _ => Some("test".to_owned()),
    });
    let Ok(settings) = settings else { panic!("the settings are complete") };
    settings
}

/// An app whose DynamoDB is at `endpoint`.
fn app_at(endpoint: &str, hand: &Hand) -> App {
    let config = Config::from_vars(&|name| {
        let value = match name {
            "TABLE_NAME" => "portico",
            "PUBLIC_URL" => "https://sso.example.com",
            "KMS_KEY_ID" => "key",
            "CLIENT_ID" => "client_test",
            "EVENT_LAG_SECONDS" => "1",
            "CLOCK_SKEW_SECONDS" => "120",
            "DNS_RECORD_LABEL" => "_portico",
            "DNS_VALUE_PREFIX" => "portico-verification",
            "DNS_PROOF_ZONE" | "HOSTED_ZONE_IDS" | "LOGO_URL" | "ACCENT_COLOR" | "MAIL_FROM" => "",
            "DNS_RESOLVERS" => "127.0.0.1:9,127.0.0.1:9",
            "DNS_NAME_SERVER_PORT" => "9",
            _ => "info",
        };
        Some(value.to_owned())
    });
    let aws = aws_at(endpoint);
    let metrics = Metrics::new(hand.clock(), "test".to_owned(), Arc::new(Mutex::new(Written::default())));
    App::new(config.unwrap(), hand.clock(), Rng::system(), Clients::new(&aws, || None), metrics)
}

/// An app that has no table; nothing answers it.
pub(crate) fn app_without_table() -> App {
    app_at("http://127.0.0.1:1", &Hand::new())
}

/// An app with an empty table in an embedded engine.
pub(crate) async fn app_with_table(hand: &Hand) -> App {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
    create_table(&dynamodb_client(&aws_at(&endpoint), None)).await;
    app_at(&endpoint, hand)
}

async fn create_table(client: &aws_sdk_dynamodb::Client) {
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let names = ["pk", "sk", "parent", "child"].map(|name| {
        let text = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(name).attribute_type(text).build().unwrap()
    });
    let index = GlobalSecondaryIndex::builder()
        .index_name("by_parent")
        .key_schema(key("parent", KeyType::Hash))
        .key_schema(key("child", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build());
    let create = client.create_table().table_name("portico").billing_mode(BillingMode::PayPerRequest);
    let create = create.set_attribute_definitions(Some(names.to_vec()));
    let create = create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    create.global_secondary_indexes(index.build().unwrap()).send().await.unwrap();
}
