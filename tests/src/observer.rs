//! The one interceptor in every AWS client of a story: it records calls for the template's check, counts round trips and
//! injects faults.

use aws_sdk_dynamodb::config::interceptors::{
    BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents, SharedInterceptor};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::retries::RequestAttempts;

use crate::faults::Faults;
use crate::recorded_calls;
use crate::round_trips::RoundTrips;

/// An interceptor for the clients of the function `function` (its binary's name).
pub(crate) fn interceptor(function: &str, round_trips: RoundTrips, faults: Faults) -> SharedInterceptor {
    SharedInterceptor::new(Observed { function: function.to_owned(), round_trips, faults })
}

#[derive(Debug)]
struct Observed {
    function: String,
    round_trips: RoundTrips,
    faults: Faults,
}

const TARGET: &str = "x-amz-target";
const DYNAMODB: &str = "DynamoDB_";

impl Intercept for Observed {
    fn name(&self) -> &'static str {
        "Observed"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let dynamodb =
            context.request().headers().get(TARGET).is_some_and(|target| target.starts_with(DYNAMODB));
        if let Some(elsewhere) = self.faults.detour(&self.function).filter(|_| dynamodb) {
            context.request_mut().set_uri(elsewhere)?;
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get(TARGET).unwrap_or_default();
        recorded_calls::record(&self.function, target, request.body().bytes().unwrap_or_default())?;
        let first = bag.load::<RequestAttempts>().is_none_or(|attempts| attempts.attempts() <= 1);
        if first && target.starts_with(DYNAMODB) {
            bag.interceptor_state().store_put(self.round_trips.begin(target));
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(begun) = bag.load::<crate::round_trips::Begun>() {
            let body = context.response().and_then(|response| response.body().bytes());
            self.round_trips.end(begun, body.unwrap_or_default());
        }
        Ok(())
    }
}
