//! From where a request comes, as far as it says.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use lambda_http::request::RequestContext;

/// The longest user agent that is kept, in characters.
const MOST_USER_AGENT: usize = 256;

/// From where a request comes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The caller's address as API Gateway saw it; never from a header, which anyone may write.
    pub ip_address: Option<String>,
    /// The caller's own description of its program, cut to 256 characters.
    pub user_agent: Option<String>,
}

impl Origin {
    /// That of a request.
    pub fn of(parts: &Parts) -> Self {
        let ip_address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        let user_agent = parts.headers.get(USER_AGENT).map(|value| {
            String::from_utf8_lossy(value.as_bytes()).chars().take(MOST_USER_AGENT).collect::<String>()
        });
        Self { ip_address, user_agent: user_agent.filter(|text| !text.is_empty()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
