//! Redirects of a browser.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portico_shared::web::error::{ErrorPage, Trouble};

/// Everything but RFC 3986's unreserved characters.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `uri` with more query parameters behind those that it has (RFC 6749 §4.1.2). A registered URI has no fragment.
pub(crate) fn with_parameters(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut whole = uri.to_owned();
    for (name, value) in parameters {
        whole.push(if whole.contains('?') { '&' } else { '?' });
        whole.push_str(&format!("{name}={}", utf8_percent_encode(value, VALUE)));
    }
    whole
}

/// 302 to `location`.
pub(crate) fn found(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(_) => ErrorPage::from(Trouble::Internal).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_behind_those_that_the_uri_has_and_are_escaped() {
        let at = |uri| with_parameters(uri, &[("state", "a b&c=d#é"), ("x", "~")]);
        assert_eq!(at("https://a.test/cb"), "https://a.test/cb?state=a%20b%26c%3Dd%23%C3%A9&x=~");
        assert_eq!(at("https://a.test/cb?y=1"), "https://a.test/cb?y=1&state=a%20b%26c%3Dd%23%C3%A9&x=~");
    }
}
