//! Addresses that a browser is sent to with parameters: a request on its way to an identity provider (saml-bindings §3.4),
//! an answer on its way to an application (RFC 6749 §4.1.2).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// Everything but RFC 3986's unreserved characters is escaped: read alike by those who take `+` for a space and those
/// who don't, and a signature over the octets is over what is sent.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `uri` with `pairs` behind what its query already says, and without its fragment, which a query must not follow.
pub fn with_parameters(uri: &str, pairs: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| format!("{name}={}", escape(value));
    let encoded: Vec<String> = pairs.iter().map(pair).collect();
    with_query(&in_ascii(uri).unwrap_or_default(), &encoded.join("&"))
}

/// An address as it is written, or in a URL's own spelling where a header can't carry that.
pub(crate) fn in_ascii(uri: &str) -> Option<String> {
    if uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(uri.to_owned());
    }
    Url::parse(uri).ok().map(String::from)
}

/// An address in ASCII with `query` behind its own.
pub(crate) fn with_query(address: &str, query: &str) -> String {
    let base = address.split_once('#').map_or(address, |(base, _)| base);
    let separator = match base.split_once('?') {
        None => "?",
        Some((_, existing)) if existing.is_empty() || existing.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{base}{separator}{query}")
}

pub(crate) fn escape(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
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
            ("https://app.example.com/cb#top?x", "https://app.example.com/cb?code=a%20b"),
            ("https://app.example.com/é", "https://app.example.com/%C3%A9?code=a%20b"),
            ("https://app.example.com/a\nb ", "https://app.example.com/ab?code=a%20b"),
        ] {
            assert_eq!(with_parameters(uri, &[("code", "a b")]), expected);
        }
    }

    #[test]
    fn a_value_comes_back_as_it_went_in() {
        let state = "a&b=c#d+é\r\nLocation: x";
        let read = Url::parse(&with_parameters("https://app.example.com/cb", &[("state", state)])).unwrap();
        assert_eq!(read.query_pairs().next().unwrap().1, state);
    }
}
