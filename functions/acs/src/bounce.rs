//! The cookie that remembers, for a minute, that this browser brought an unsolicited answer and was redirected to begin a
//! sign-in properly. An identity provider that ignores requests answers that one unsolicited, too, and would have the
//! browser go round for ever. A person who clicks again later is no loop, hence a minute; and neither is a page with a
//! button, hence nothing is remembered then. It protects nobody's secret: a browser that forges it gets a page in place
//! of a redirect.

use http::{HeaderMap, HeaderValue};
use portico_shared::config::PublicUrl;
use portico_shared::domain::ids::ConnectionId;
use portico_shared::web::cookies;

/// How long a bounce is remembered, in seconds.
const MAX_AGE_SECONDS: u32 = 60;

fn name(public_url: &PublicUrl) -> &'static str {
    if public_url.is_loopback_http() { "portico_bounce" } else { "__Host-portico_bounce" }
}

/// The connection whose unsolicited answer this browser brought last.
pub(crate) fn read(headers: &HeaderMap, public_url: &PublicUrl) -> Option<ConnectionId> {
    ConnectionId::parse(cookies::value(headers, name(public_url))?).ok()
}

/// Remembers a bounce. `SameSite=None`, because the next answer comes by a cross-site POST, too.
pub(crate) fn remember(connection: ConnectionId, public_url: &PublicUrl) -> Option<HeaderValue> {
    cookie(&connection.to_string(), MAX_AGE_SECONDS, public_url)
}

/// Forgets it.
pub(crate) fn forget(public_url: &PublicUrl) -> Option<HeaderValue> {
    cookie("", 0, public_url)
}

fn cookie(value: &str, max_age: u32, public_url: &PublicUrl) -> Option<HeaderValue> {
    let site = if public_url.is_loopback_http() { "SameSite=Lax" } else { "Secure; SameSite=None" };
    let cookie = format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; {site}", name(public_url));
    HeaderValue::from_str(&cookie).ok()
}
