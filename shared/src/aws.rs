//! The AWS clients, from one configuration that is built by hand: neither the default credential chain nor a profile
//! file is read, which saves a cold start their time and a developer their surprises.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Region, SharedCredentialsProvider, SharedInterceptor, StalledStreamProtectionConfig,
};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::sdk_config::SharedHttpClient;

use crate::config::{ConfigError, Reader, environment, not_blank};

/// How long a client waits, and how soon it tries again. A test of faults is less patient than a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For an attempt.
    pub attempt: Duration,
    /// For a call with all its attempts.
    pub operation: Duration,
    /// Before the second attempt at the most; doubled before the third.
    pub pause: Duration,
}

impl Default for Patience {
    /// A table in the same region answers in milliseconds: an attempt that takes 2 seconds is lost, and a browser waits for
    /// at most 5.
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(2),
            operation: Duration::from_secs(5),
            pause: Duration::from_secs(1),
        }
    }
}

/// Where AWS is and who we are there, as the Lambda runtime sets it.
#[derive(Clone)]
pub struct AwsSettings {
    region: String,
    credentials: Credentials,
    dynamodb_endpoint: Option<String>,
    kms_endpoint: Option<String>,
    route53_endpoint: Option<String>,
    ses_endpoint: Option<String>,
    patience: Patience,
    http_client: Option<SharedHttpClient>,
}

impl AwsSettings {
    /// Reads the settings from the process environment.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_vars(&environment)
    }

    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, and, where they are set, `AWS_SESSION_TOKEN`,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_KMS`, `AWS_ENDPOINT_URL_ROUTE_53` and `AWS_ENDPOINT_URL_SESV2`.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing. It never holds the secret: a blank one is all it can show.
    pub fn from_vars(var: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let optional = |name: &str| var(name).filter(|value| !value.is_empty());
        let mut reader = Reader { var, problems: Vec::new() };
        let region = reader.read("AWS_REGION", "an AWS region", not_blank);
        let key_id = reader.read("AWS_ACCESS_KEY_ID", "an AWS access key id", not_blank);
        let secret = reader.read("AWS_SECRET_ACCESS_KEY", "an AWS secret access key", not_blank);
        match (region, key_id, secret) {
            (Some(region), Some(key_id), Some(secret)) => Ok(Self {
                region,
                credentials: Credentials::new(
                    key_id,
                    secret,
                    optional("AWS_SESSION_TOKEN"),
                    None,
                    "environment",
                ),
                dynamodb_endpoint: optional("AWS_ENDPOINT_URL_DYNAMODB"),
                kms_endpoint: optional("AWS_ENDPOINT_URL_KMS"),
                route53_endpoint: optional("AWS_ENDPOINT_URL_ROUTE_53"),
                ses_endpoint: optional("AWS_ENDPOINT_URL_SESV2"),
                patience: Patience::default(),
                http_client: None,
            }),
            _ => Err(ConfigError { problems: reader.problems }),
        }
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same with an HTTP client other than the SDK's own: a test's.
    #[must_use]
    pub fn with_http_client(self, client: SharedHttpClient) -> Self {
        Self { http_client: Some(client), ..self }
    }
}

/// The clients that every function has, and what another one is made from: a function that has no use for a service should
/// not carry its SDK.
#[derive(Clone)]
pub struct Clients {
    /// The table.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The key that seals data keys.
    pub kms: aws_sdk_kms::Client,
    /// Where AWS is.
    pub settings: AwsSettings,
}

impl Clients {
    /// All of them. An interceptor sees every request and answer of its client.
    pub fn new(settings: &AwsSettings, interceptor: impl Fn() -> Option<SharedInterceptor>) -> Self {
        Self {
            dynamodb: dynamodb_client(settings, interceptor()),
            kms: kms_client(settings, interceptor()),
            settings: settings.clone(),
        }
    }
}

/// A DynamoDB client. `interceptor` sees every request and answer; tests count round trips with it.
pub fn dynamodb_client(
    settings: &AwsSettings,
    interceptor: Option<SharedInterceptor>,
) -> aws_sdk_dynamodb::Client {
    let mut config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(settings, settings.patience));
    config.set_endpoint_url(settings.dynamodb_endpoint.clone());
    if let Some(interceptor) = interceptor {
        config.push_interceptor(interceptor);
    }
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// A KMS client. `interceptor` sees every request and answer.
pub fn kms_client(settings: &AwsSettings, interceptor: Option<SharedInterceptor>) -> aws_sdk_kms::Client {
    let mut config = aws_sdk_kms::config::Builder::from(&sdk_config(settings, settings.patience));
    config.set_endpoint_url(settings.kms_endpoint.clone());
    if let Some(interceptor) = interceptor {
        config.push_interceptor(interceptor);
    }
    aws_sdk_kms::Client::from_conf(config.build())
}

/// A Route 53 client. `interceptor` sees every request and answer. There is one control plane for the whole world, often an
/// ocean away and slower to write than a table, and no browser waits for it: so it has twice the time.
pub fn route53_client(
    settings: &AwsSettings,
    interceptor: Option<SharedInterceptor>,
) -> aws_sdk_route53::Client {
    let patience =
        Patience { attempt: Duration::from_secs(5), operation: Duration::from_secs(10), ..settings.patience };
    let mut config = aws_sdk_route53::config::Builder::from(&sdk_config(settings, patience));
    config.set_endpoint_url(settings.route53_endpoint.clone());
    if let Some(interceptor) = interceptor {
        config.push_interceptor(interceptor);
    }
    aws_sdk_route53::Client::from_conf(config.build())
}

/// A client of SES. `interceptor` sees every request and answer.
pub fn ses_client(settings: &AwsSettings, interceptor: Option<SharedInterceptor>) -> aws_sdk_sesv2::Client {
    let mut config = aws_sdk_sesv2::config::Builder::from(&sdk_config(settings, settings.patience));
    config.set_endpoint_url(settings.ses_endpoint.clone());
    if let Some(interceptor) = interceptor {
        config.push_interceptor(interceptor);
    }
    aws_sdk_sesv2::Client::from_conf(config.build())
}

/// What all clients share.
fn sdk_config(settings: &AwsSettings, patience: Patience) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build();
    let mut builder = SdkConfig::builder();
    builder.set_http_client(settings.http_client.clone());
    builder
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(settings.credentials.clone()))
        .timeout_config(timeouts)
        // A request and its answer are small and have the deadlines above; watching the throughput of each costs CPU.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(patience.pause))
        .build()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn missing_credentials_are_reported_by_name_and_all_at_once() {
        let Err(error) = AwsSettings::from_vars(&|_| None) else { panic!("accepted") };
        let named: Vec<&str> = error.problems.iter().map(|problem| problem.variable).collect();
        assert_eq!(named, ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    }

    #[test]
    fn a_client_has_the_deadlines_of_a_sign_in_and_three_attempts() {
        let settings = AwsSettings::from_vars(&|_| Some("x".to_owned()));
        let Ok(settings) = settings else { panic!("refused") };
        let client = dynamodb_client(&settings, None);
        let timeouts = client.config().timeout_config().unwrap();
        assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(5)));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(2)));
        assert_eq!(client.config().retry_config().unwrap().max_attempts(), 3);
    }
    #[test]
    fn route_53_has_twice_the_time_and_as_many_attempts() {
        let settings = AwsSettings::from_vars(&|_| Some("http://127.0.0.1:1".to_owned())).unwrap();
        let client = route53_client(&settings, None);
        let timeouts = client.config().timeout_config().unwrap();
        assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(10)));
        assert_eq!(timeouts.operation_attempt_timeout(), Some(Duration::from_secs(5)));
        assert_eq!(client.config().retry_config().unwrap().max_attempts(), 3);
    }
    #[tokio::test]
    async fn route_53_is_asked_where_the_environment_says() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 26];
            stream.read_exact(&mut asked).await.unwrap();
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            String::from_utf8(asked.to_vec()).unwrap()
        });
        let settings = AwsSettings::from_vars(&|name| match name {
            "AWS_ENDPOINT_URL_ROUTE_53" => Some(endpoint.clone()),
            name if name.starts_with("AWS_ENDPOINT_URL") => None,
            _ => Some("x".to_owned()),
        });
        let client = route53_client(&settings.unwrap(), None);
        assert!(client.get_change().id("C1").send().await.is_err());
        assert_eq!(server.await.unwrap(), "GET /2013-04-01/change/C1 ");
    }
}
