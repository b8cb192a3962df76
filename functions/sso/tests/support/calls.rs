//! Counts round trips: calls to DynamoDB, those that run side by side as one.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

#[derive(Debug, Default)]
struct Count {
    running: usize,
    trips: usize,
}

/// How many round trips there were.
#[derive(Debug, Clone, Default)]
pub struct RoundTrips(Arc<Mutex<Count>>);

impl RoundTrips {
    pub fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(Counter(self.0.clone()))
    }

    /// The number since the last call.
    pub fn take(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().trips)
    }
}

#[derive(Debug)]
struct Counter(Arc<Mutex<Count>>);

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "count round trips"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut count = self.0.lock().unwrap();
        if count.running == 0 {
            count.trips += 1;
        }
        count.running += 1;
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.lock().unwrap().running -= 1;
        Ok(())
    }
}
