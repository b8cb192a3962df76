//! Who posts: the browser, as far as it says.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use portico_shared::app::App;
use portico_shared::domain::ids::ConnectionId;
use portico_shared::domain::token::PlainToken;
use portico_shared::web::cookies;
use portico_shared::web::origin::Origin;

use crate::bounce;

/// The browser that posts an answer.
pub(crate) struct Caller {
    /// Its binding value, if it has one.
    pub(crate) browser: Option<PlainToken>,
    /// The connection whose unsolicited answer it brought a short while ago.
    pub(crate) bounced: Option<ConnectionId>,
    /// From where it posts.
    pub(crate) origin: Origin,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let public_url = &app.config().public_url;
        Ok(Self {
            browser: cookies::browser(&parts.headers, public_url),
            bounced: bounce::read(&parts.headers, public_url),
            origin: Origin::of(parts),
        })
    }
}
