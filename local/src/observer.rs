//! A view of what the functions ask of AWS: tests count round trips with it.

use aws_sdk_dynamodb::config::{SharedHttpClient, SharedInterceptor};
use std::fmt;
use std::sync::Arc;

type Interceptors = dyn Fn(&str) -> SharedInterceptor + Send + Sync;

/// Makes an interceptor for the AWS clients of each function. Cheap to clone.
#[derive(Clone)]
pub struct Observer {
    interceptors: Arc<Interceptors>,
    http_client: SharedHttpClient,
}

impl Observer {
    /// `interceptors` is asked once for each client of each function, by the binary's name (`acs`). `http_client` sends what
    /// they see.
    pub fn new(
        interceptors: impl Fn(&str) -> SharedInterceptor + Send + Sync + 'static,
        http_client: SharedHttpClient,
    ) -> Self {
        Self { interceptors: Arc::new(interceptors), http_client }
    }

    pub(crate) fn of(&self, function: &str) -> SharedInterceptor {
        (self.interceptors)(function)
    }

    pub(crate) fn http_client(&self) -> SharedHttpClient {
        self.http_client.clone()
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
