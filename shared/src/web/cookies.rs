//! The binding cookie: a random value that ties a sign-in to the browser that began it, shared by its tabs.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::config::PublicUrl;
use crate::domain::token::PlainToken;

/// How long a browser keeps the cookie, in seconds: a day.
pub const MAX_AGE_SECONDS: u32 = 24 * 60 * 60;

/// The cookie's name. The prefix has browsers insist on Secure, this host and `Path=/` (RFC 6265bis §4.1.3.2).
fn name(public_url: &PublicUrl) -> &'static str {
    if public_url.is_loopback_http() { "portico_browser" } else { "__Host-portico_browser" }
}

/// The value of the one cookie of this name; none where the browser sent several. API Gateway's cookie list and several
/// `Cookie` headers are read alike. Each pair is judged alone: what another site of the same domain has set, in any
/// encoding, is no concern of ours.
pub fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// The browser's value, if it sent exactly one of the form that we give out.
pub fn browser(headers: &HeaderMap, public_url: &PublicUrl) -> Option<PlainToken> {
    // 256 bits in base 64 for URLs.
    value(headers, name(public_url))
        .filter(|value| value.len() == 43 && value.bytes().all(is_base64url))
        .and_then(PlainToken::presented)
}

/// The `Set-Cookie` value that gives `token` to the browser. `SameSite=None`, because the identity provider answers by a
/// cross-site POST; on one machine without TLS, where a browser would refuse that, `Lax`.
pub fn set_browser(token: &PlainToken, public_url: &PublicUrl) -> Option<HeaderValue> {
    let site = if public_url.is_loopback_http() { "SameSite=Lax" } else { "Secure; SameSite=None" };
    let cookie = format!(
        "{}={}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; {site}",
        name(public_url),
        token.reveal()
    );
    HeaderValue::from_str(&cookie).ok()
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::Rng;

    fn https() -> PublicUrl {
        PublicUrl::parse("https://sso.example.com").unwrap()
    }

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap())).collect()
    }

    #[test]
    fn what_was_set_is_read_again_among_other_cookies_in_several_headers() {
        for url in [https(), PublicUrl::parse("http://127.0.0.1:8080").unwrap()] {
            let token = PlainToken::random(&Rng::system());
            let set = set_browser(&token, &url).unwrap();
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let read = browser(&headers(&["a=b", &format!("c=d; {pair}; e=")]), &url).unwrap();
            assert!(token.hashed().matches(&read));
        }
    }

    #[test]
    fn a_cookie_of_another_site_in_another_encoding_does_not_hide_ours() {
        let token = PlainToken::random(&Rng::system());
        for foreign in ["city=Zürich".as_bytes(), b"city=Z\xfcrich", b"\xff"] {
            let ours = format!("; __Host-portico_browser={}", token.reveal());
            let header = HeaderValue::from_bytes(&[foreign, ours.as_bytes()].concat()).unwrap();
            let read = browser(&HeaderMap::from_iter([(COOKIE, header)]), &https()).unwrap();
            assert!(token.hashed().matches(&read));
        }
    }

    #[test]
    fn the_production_cookie_survives_the_identity_providers_cross_site_post() {
        let set = set_browser(&PlainToken::random(&Rng::system()), &https()).unwrap();
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-portico_browser="), "{set}");
        assert!(set.ends_with("; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=None"), "{set}");
    }

    #[test]
    fn a_value_of_another_form_or_given_twice_is_no_browser() {
        let value = "A".repeat(43);
        for cookies in [
            format!("__Host-portico_browser={value}; __Host-portico_browser={value}"),
            "__Host-portico_browser=short".to_owned(),
            format!("__Host-portico_browser={}", "%".repeat(43)),
            format!("portico_browser={value}"),
        ] {
            assert!(browser(&headers(&[&cookies]), &https()).is_none(), "{cookies}");
        }
    }
}
