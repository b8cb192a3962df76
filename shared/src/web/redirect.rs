//! Sending a browser on, and answers to the application by way of it.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
pub use portico_protocol::address::with_parameters;

use super::error::{Face, Trouble};
use crate::config::PublicUrl;
use crate::domain::sign_in::Surface;

/// Where an authorization response goes, code or error (RFC 6749 §4.1.2).
#[derive(Debug, Clone, Copy)]
pub struct Application<'a> {
    /// The proved redirect URI.
    pub redirect_uri: &'a str,
    /// The application's state, returned as it came.
    pub state: Option<&'a str>,
    /// Where the sign-in began.
    pub surface: Surface,
}

impl Application<'_> {
    /// The address that carries `own` parameters to the application.
    pub fn address(&self, own: &[(&str, &str)], public_url: &PublicUrl) -> String {
        let state = self.state.map(|state| ("state", state));
        // RFC 9207: an OpenID Connect library compares it with the issuer that it asked.
        let issuer = (self.surface == Surface::OpenId).then(|| ("iss", public_url.as_str()));
        let pairs: Vec<_> = own.iter().copied().chain(state).chain(issuer).collect();
        with_parameters(self.redirect_uri, &pairs)
    }
}

/// The address by which an application is asked to begin a sign-in itself (OpenID Connect Core §4): `login` is its
/// `initiate_login_uri`, `target` the registered redirect URI where the person wants to go.
pub fn initiate_login(login: &str, login_hint: &str, target: Option<&str>, public_url: &PublicUrl) -> String {
    let target = target.map(|uri| ("target_link_uri", uri));
    let known = [("iss", public_url.as_str()), ("login_hint", login_hint)];
    let pairs: Vec<_> = known.into_iter().chain(target).collect();
    with_parameters(login, &pairs)
}

/// 302 to `uri`: the answer to a GET.
pub fn found(uri: &str) -> Response {
    to(StatusCode::FOUND, uri)
}

/// 303 to `uri`: the answer to a POST, followed by GET.
pub fn see_other(uri: &str) -> Response {
    to(StatusCode::SEE_OTHER, uri)
}

fn to(status: StatusCode, uri: &str) -> Response {
    match HeaderValue::from_str(uri) {
        Ok(location) => (status, [(header::LOCATION, location)]).into_response(),
        Err(_) => {
            tracing::error!(cause = "an address can't stand in a header", "browser not sent on");
            Face::Page.response(Trouble::Internal)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_openid_connect_is_told_the_issuer() {
        let public_url = PublicUrl::parse("https://sso.example.com").unwrap();
        let at = |surface| {
            let application = Application { redirect_uri: "https://a.test/", state: Some("s"), surface };
            application.address(&[("code", "c")], &public_url)
        };
        assert_eq!(at(Surface::Sso), "https://a.test/?code=c&state=s");
        assert_eq!(at(Surface::OpenId), "https://a.test/?code=c&state=s&iss=https%3A%2F%2Fsso.example.com");
    }
}
