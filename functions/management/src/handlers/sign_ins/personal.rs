//! Personal data in the sign-in log. It is masked unless a caller asks for it: what support copies into a ticket then tells
//! no more about a person than is needed to repair a setting.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use portico_shared::web::error::RestError;
use url::form_urlencoded;

/// What stands where something is masked altogether.
const MASK: &str = "***";

/// Browsers by the token that tells them, most telling first: Edge and Opera call themselves Chrome, too, and all of them
/// Safari.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Whether personal data is shown: `?personal=true`, an addition of ours. As an extractor it answers 422 to anything but
/// `true` and `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Personal {
    /// It is masked.
    Masked,
    /// It is shown as it is.
    Shown,
}

impl Personal {
    /// What came, where that is about the person.
    pub(super) fn text(self, text: &str) -> &str {
        if self == Self::Shown { text } else { MASK }
    }

    /// `ada@acme.com` is `a***@acme.com`: the domain is the company's, and what most refusals of an address turn on.
    pub(super) fn email(self, email: &str) -> String {
        match email.rsplit_once('@') {
            _ if self == Self::Shown => email.to_owned(),
            Some((name, domain)) => {
                let first = name.chars().next().map(String::from).unwrap_or_default();
                format!("{first}{MASK}@{domain}")
            }
            None => MASK.to_owned(),
        }
    }

    /// The network: an office or a VPN is known by it, a person isn't.
    pub(super) fn ip_address(self, address: &str) -> String {
        match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
            _ if self == Self::Shown => address.to_owned(),
            Ok(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, ..] = address.segments();
                format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
            Err(_) => MASK.to_owned(),
        }
    }

    /// The family, since browsers treat cookies by rules of their own; not the versions, which can tell one person from
    /// the rest. None where the family isn't known.
    pub(super) fn user_agent(self, agent: &str) -> Option<&str> {
        if self == Self::Shown {
            return Some(agent);
        }
        BROWSERS.iter().find(|(token, _)| agent.contains(token)).map(|(_, family)| *family)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Personal {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RestError> {
        let mut pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let asked = pairs.find(|(name, value)| name == "personal" && !value.is_empty());
        match asked.as_ref().map(|(_, value)| value.as_ref()) {
            None | Some("false") => Ok(Self::Masked),
            Some("true") => Ok(Self::Shown),
            Some(_) => {
                Err(RestError::invalid_field("personal", "invalid", "personal must be true or false."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_the_first_letter_and_the_domain_stay() {
        for (email, masked) in [
            ("ada@acme.com", "a***@acme.com"),
            ("a@acme.com", "a***@acme.com"),
            ("\"a@b\"@acme.com", "\"***@acme.com"),
            ("\u{e9}mile@acme.com", "\u{e9}***@acme.com"),
            ("@acme.com", "***@acme.com"),
            ("ada", "***"),
        ] {
            assert_eq!(Personal::Masked.email(email), masked);
            assert_eq!(Personal::Shown.email(email), email);
        }
    }

    #[test]
    fn of_an_ip_address_the_network_stays() {
        for (address, masked) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("::1", "::/48"),
            ("somewhere", "***"),
        ] {
            assert_eq!(Personal::Masked.ip_address(address), masked);
            assert_eq!(Personal::Shown.ip_address(address), address);
        }
    }

    #[test]
    fn of_a_browser_the_family_stays() {
        let webkit =
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (rest, family) in [
            ("Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0", Some("Edge")),
            ("Chrome/139.0.0.0 Safari/537.36 OPR/120.0", Some("Opera")),
            ("Chrome/139.0.0.0 Safari/537.36", Some("Chrome")),
            ("CriOS/139.0 Mobile/15E148 Safari/604.1", Some("Chrome")),
            ("Version/18.5 Safari/605.1.15", Some("Safari")),
            ("Gecko/20100101 Firefox/140.0", Some("Firefox")),
            ("curl/8.5.0", None),
        ] {
            let agent = format!("{webkit} {rest}");
            assert_eq!(Personal::Masked.user_agent(&agent), family, "{agent}");
            assert_eq!(Personal::Shown.user_agent(&agent), Some(agent.as_str()));
        }
    }
}
