//! The deployment's own address, and the addresses of ours that other parties are told.

use std::fmt;

use url::{Host, Url};

/// The deployment's own base URL: https, or http on loopback for one machine. It has no query, fragment or user
/// information and doesn't end in a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    base: String,
    url: Url,
}

impl PublicUrl {
    pub(super) const EXPECTED: &str =
        "an https URL (http only on 127.0.0.1, [::1] or localhost) without query, fragment or user";

    /// Reads a base URL; `None` if it is not of the form that the type promises. A trailing slash is dropped.
    pub fn parse(value: &str) -> Option<Self> {
        let url = Url::parse(value).ok()?;
        let plain = url.query().is_none() && url.fragment().is_none() && !has_user_info(&url);
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !(plain && safe && url.has_host()) {
            return None;
        }
        let base = url.as_str().trim_end_matches('/').to_owned();
        Some(Self { base, url })
    }

    /// The URL as text, without a trailing slash. It is also the OpenID Connect issuer.
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// The URL of `path`, which begins with a slash.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Scheme, host and port, as a browser's `Origin` header has them.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether this is http on loopback: one machine, without TLS.
    pub fn is_loopback_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Where the identity provider of a connection posts its SAML responses.
    pub fn acs_url(&self, connection: &impl fmt::Display) -> String {
        self.join(&format!("/sso/saml/acs/{connection}"))
    }

    /// Where the SAML metadata of a connection stands.
    pub fn sp_metadata_url(&self, connection: &impl fmt::Display) -> String {
        self.join(&format!("/sso/saml/metadata/{connection}"))
    }

    /// Our SAML entity id at a connection: `own`, where a migration keeps an older one, else the address of the
    /// connection's metadata (SAML Metadata §4.1.1).
    pub fn sp_entity_id(&self, connection: &impl fmt::Display, own: Option<&str>) -> String {
        own.map_or_else(|| self.sp_metadata_url(connection), str::to_owned)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

/// Whether a URL's host is this machine by name or by address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a URL names a user or a password.
pub(crate) fn has_user_info(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_https_or_http_on_loopback() {
        for good in [
            "https://sso.example.com",
            "https://x.test/base",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:3/",
        ] {
            assert!(PublicUrl::parse(good).is_some(), "{good}");
        }
        for bad in [
            "http://sso.example.com",
            "http://127.0.0.1.example.com",
            "https://user@x.test",
            "https://x.test/?a=b",
            "https://x.test/#a",
            "ftp://x.test",
            "sso.example.com",
            "",
            "data:text/plain,x",
        ] {
            assert!(PublicUrl::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_public_url_gives_the_addresses_that_identity_providers_are_told() {
        let url = PublicUrl::parse("https://sso.example.com/").unwrap();
        assert_eq!(url.acs_url(&"conn_01"), "https://sso.example.com/sso/saml/acs/conn_01");
        assert_eq!(url.sp_entity_id(&"conn_01", None), "https://sso.example.com/sso/saml/metadata/conn_01");
        assert_eq!(url.sp_entity_id(&"conn_01", Some("urn:old")), "urn:old");
        assert_eq!(url.origin(), "https://sso.example.com");
        assert!(!url.is_loopback_http());
        assert!(PublicUrl::parse("http://127.0.0.1:8080").unwrap().is_loopback_http());
    }
}
