//! The one interceptor in every AWS client of a story: it records calls for the template's check, counts round trips and
//! injects faults.

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents, SharedInterceptor};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::faults::{Faults, Hit};
use crate::recorded_calls;
use crate::round_trips::{Begun, RoundTrips};

/// An interceptor for the clients of the function `function` (its binary's name).
pub(crate) fn interceptor(function: &str, round_trips: RoundTrips, faults: Faults) -> SharedInterceptor {
    SharedInterceptor::new(Observed { function: function.to_owned(), round_trips, faults })
}

/// The SDK's own HTTP client, which lets whoever made the call make others before it sends it. Else, of two calls that are made
/// side by side, a busy machine might have the answer to the first before the second is made, and one would seem to have
/// waited for the other.
pub(crate) fn http_client() -> SharedHttpClient {
    let sdk = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    SharedHttpClient::new(Polite(sdk))
}

#[derive(Debug)]
struct Polite<T>(T);

impl HttpClient for Polite<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Polite(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Polite<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            tokio::task::yield_now().await;
            connector.call(request).await
        })
    }
}

#[derive(Debug)]
struct Observed {
    function: String,
    round_trips: RoundTrips,
    faults: Faults,
}

/// The operation of a call to DynamoDB, known once its request is written; a call to KMS has none and doesn't count.
#[derive(Debug)]
struct Operation(String);

impl Storable for Operation {
    type Storer = StoreReplace<Self>;
}

const TARGET: &str = "x-amz-target";
const DYNAMODB: &str = "DynamoDB_";

impl Intercept for Observed {
    fn name(&self) -> &'static str {
        "Observed"
    }

    /// A call counts from here on, not from its transmission. Retries are part of the call.
    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(self.round_trips.begin());
        Ok(())
    }

    /// The earliest moment at which the operation is known.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = bag.load::<Metadata>().map(|metadata| metadata.name().to_owned());
        if let Some(hit) = self.faults.begin(&self.function, &operation.unwrap_or_default()) {
            bag.interceptor_state().store_put(hit);
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(hit) = bag.load::<Hit>() else { return Ok(()) };
        if let Some(elsewhere) = self.faults.detour(hit, context.request().uri()) {
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
        if let Some(operation) = target.strip_prefix(DYNAMODB) {
            bag.interceptor_state().store_put(Operation(operation.to_owned()));
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(begun), Some(operation)) = (bag.load::<Begun>(), bag.load::<Operation>()) {
            let body = context.response().and_then(|response| response.body().bytes());
            self.round_trips.end(begun, &operation.0, body.unwrap_or_default());
        }
        if let Some(hit) = bag.load::<Hit>() {
            self.faults.finish(hit);
        }
        Ok(())
    }
}
