//! A view of what the functions ask of AWS: tests count round trips with it.

use aws_sdk_dynamodb::config::SharedInterceptor;
use std::fmt;
use std::sync::Arc;

/// Makes an interceptor for the AWS clients of each function. Cheap to clone.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&str) -> SharedInterceptor + Send + Sync>);

impl Observer {
    /// `interceptor` is asked once for each client of each function, by the binary's name (`acs`).
    pub fn new(interceptor: impl Fn(&str) -> SharedInterceptor + Send + Sync + 'static) -> Self {
        Self(Arc::new(interceptor))
    }

    pub(crate) fn of(&self, function: &str) -> SharedInterceptor {
        (self.0)(function)
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
