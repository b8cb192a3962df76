//! Who posts: the browser, as far as it says.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::USER_AGENT;
use http::request::Parts;
use lambda_http::request::RequestContext;
use portico_shared::app::App;
use portico_shared::domain::ids::ConnectionId;
use portico_shared::domain::token::PlainToken;
use portico_shared::web::cookies;

use crate::bounce;

/// The longest user agent that is kept, in characters.
const MOST_USER_AGENT: usize = 256;

/// The browser that posts an answer.
pub(crate) struct Caller {
    /// Its binding value, if it has one.
    pub(crate) browser: Option<PlainToken>,
    /// The connection whose unsolicited answer it brought a short while ago.
    pub(crate) bounced: Option<ConnectionId>,
    /// Its address as API Gateway saw it; never from a header, which anyone may write.
    pub(crate) ip_address: Option<String>,
    /// Its own description, cut to 256 characters.
    pub(crate) user_agent: Option<String>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let public_url = &app.config().public_url;
        let ip_address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        let user_agent = parts.headers.get(USER_AGENT).map(|value| {
            String::from_utf8_lossy(value.as_bytes()).chars().take(MOST_USER_AGENT).collect::<String>()
        });
        Ok(Self {
            browser: cookies::browser(&parts.headers, public_url),
            bounced: bounce::read(&parts.headers, public_url),
            ip_address,
            user_agent: user_agent.filter(|text| !text.is_empty()),
        })
    }
}
