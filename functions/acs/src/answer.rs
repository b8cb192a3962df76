//! Answers to the application, by way of the browser (RFC 6749 §4.1.2).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use portico_shared::config::PublicUrl;
use portico_shared::domain::sign_in::{SignInRequest, Surface};
use portico_shared::domain::token::PlainToken;
use portico_shared::web::error::{Face, Trouble};
use url::{Url, form_urlencoded};

/// Where the browser takes the code.
pub(crate) fn with_code(request: &SignInRequest, code: &PlainToken, public_url: &PublicUrl) -> String {
    answer(request, &[("code", code.reveal())], public_url)
}

/// Where the browser takes an error (RFC 6749 §4.1.2.1).
pub(crate) fn with_error(
    request: &SignInRequest,
    error: &str,
    description: &str,
    public_url: &PublicUrl,
) -> String {
    answer(request, &[("error", error), ("error_description", description)], public_url)
}

fn answer(request: &SignInRequest, own: &[(&str, &str)], public_url: &PublicUrl) -> String {
    let state = request.state.as_deref().map(|state| ("state", state));
    // RFC 9207: an OpenID Connect library compares it with the issuer that it asked.
    let issuer = (request.surface == Surface::OpenId).then(|| ("iss", public_url.as_str()));
    let pairs: Vec<_> = own.iter().copied().chain(state).chain(issuer).collect();
    with_parameters(&request.redirect_uri, &pairs)
}

/// `uri`, which has no fragment, with `pairs` behind what its query already says.
pub(crate) fn with_parameters(uri: &str, pairs: &[(&str, &str)]) -> String {
    // Kept as registered; only what a header can't carry is put into ASCII.
    let uri =
        if uri.is_ascii() { uri.to_owned() } else { Url::parse(uri).map(String::from).unwrap_or_default() };
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{uri}{separator}{encoded}")
}

/// Sends the browser to `uri`, by GET whatever it came by.
pub(crate) fn see_other(uri: &str) -> Response {
    match HeaderValue::from_str(uri) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
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
            ("https://app.example.com/cb", "https://app.example.com/cb?code=a+b"),
            ("https://app.example.com", "https://app.example.com?code=a+b"),
            ("https://app.example.com/cb?x=1", "https://app.example.com/cb?x=1&code=a+b"),
            ("https://app.example.com/cb?", "https://app.example.com/cb?code=a+b"),
            ("https://app.example.com/cb?x=1&", "https://app.example.com/cb?x=1&code=a+b"),
            ("https://b\u{fc}cher.example.com/cb", "https://xn--bcher-kva.example.com/cb?code=a+b"),
        ] {
            assert_eq!(with_parameters(uri, &[("code", "a b")]), expected);
        }
    }
}
