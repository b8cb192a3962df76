//! Sending a browser on, and answers to the application by way of it.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::error::{Face, Trouble};
use crate::config::PublicUrl;
use crate::domain::sign_in::Surface;

/// Everything but RFC 3986's unreserved characters: read alike by those who take `+` for a space and those who don't.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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

/// `uri`, which has no fragment, with `pairs` behind what its query already says.
pub fn with_parameters(uri: &str, pairs: &[(&str, &str)]) -> String {
    // Kept as registered; only what a header can't carry is put into ASCII.
    let uri =
        if uri.is_ascii() { uri.to_owned() } else { Url::parse(uri).map(String::from).unwrap_or_default() };
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, VALUE));
    let encoded: Vec<String> = pairs.iter().map(pair).collect();
    format!("{uri}{separator}{}", encoded.join("&"))
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
    fn parameters_join_a_query_that_is_already_there() {
        for (uri, expected) in [
            ("https://app.example.com/cb", "https://app.example.com/cb?code=a%20b"),
            ("https://app.example.com", "https://app.example.com?code=a%20b"),
            ("https://app.example.com/cb?x=1", "https://app.example.com/cb?x=1&code=a%20b"),
            ("https://app.example.com/cb?", "https://app.example.com/cb?code=a%20b"),
            ("https://app.example.com/cb?x=1&", "https://app.example.com/cb?x=1&code=a%20b"),
            ("https://app.example.com/é", "https://app.example.com/%C3%A9?code=a%20b"),
        ] {
            assert_eq!(with_parameters(uri, &[("code", "a b")]), expected);
        }
    }

    #[test]
    fn a_value_comes_back_as_it_went_in() {
        let state = "a&b=c#d+é\r\nLocation: x";
        let uri = with_parameters("https://app.example.com/cb", &[("state", state)]);
        let read = Url::parse(&uri).unwrap();
        assert_eq!(read.query_pairs().next().unwrap().1, state);
        assert_eq!(found(&uri).status(), StatusCode::FOUND);
    }

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
