//! The id of the request that is being answered: in its log lines, in every error and in the `x-request-id` header.

use lambda_http::request::RequestContext;

use crate::domain::random::Rng;

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task answers; `None` outside of a request.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs `future` as the answer to the request `id`.
pub(crate) async fn scope<F: Future>(id: String, future: F) -> F::Output {
    CURRENT.scope(id, future).await
}

/// API Gateway's own id of the request, so that its access log and ours agree; else a new one.
pub(crate) fn of(extensions: &http::Extensions, rng: &Rng) -> String {
    match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone().filter(|id| is_plain(id)),
        _ => None,
    }
    .unwrap_or_else(|| hex::encode(rng.bytes::<16>()))
}

/// Whether an id may stand in a header and a page as it is.
fn is_plain(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '+' | '/'))
}
