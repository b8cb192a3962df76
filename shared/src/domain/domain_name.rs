//! Domain names and e-mail addresses, in the one form in which they are compared.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::consumer_mail::is_consumer_mail;

/// A registrable-or-deeper DNS name in A-labels and lower case, without a trailing dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DomainName(String);

/// Why a text isn't a domain that somebody could own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomain {
    /// Not a host name at all: empty, over 253 characters, a bad label.
    #[error("this isn't a domain name; expected one such as acme.com")]
    Malformed,
    /// An IP address.
    #[error("this is an IP address; expected a domain name such as acme.com")]
    IpAddress,
    /// A public suffix such as `co.uk`, or a single label such as `localhost`: nobody owns it.
    #[error(
        "nobody can own this name by itself, since others register names under it; expected a whole domain such as acme.com"
    )]
    PublicSuffix,
    /// A mail provider for everybody, such as `gmail.com`: owning it would mean owning strangers' addresses.
    #[error(
        "this is a mail provider for everybody; expected a domain of the organization's own such as acme.com"
    )]
    ConsumerMail,
}

impl InvalidDomain {
    /// The stable code. It says it all: some SDKs show their users nothing else.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "domain_malformed",
            Self::IpAddress => "domain_is_ip_address",
            Self::PublicSuffix => "domain_is_public_suffix",
            Self::ConsumerMail => "domain_is_consumer_mail",
        }
    }
}

impl DomainName {
    /// Reads a domain name: U-labels become A-labels (UTS 46), letters lower case, one trailing dot is dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidDomain> {
        let text = text.trim();
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.parse::<std::net::IpAddr>().is_ok() || text.starts_with('[') {
            return Err(InvalidDomain::IpAddress);
        }
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| InvalidDomain::Malformed)?;
        if ascii.is_empty() || ascii.len() > 253 || ascii.split('.').any(str::is_empty) {
            return Err(InvalidDomain::Malformed);
        }
        if ascii.rsplit('.').next().is_some_and(|top| top.bytes().all(|b| b.is_ascii_digit())) {
            return Err(InvalidDomain::IpAddress);
        }
        if !ascii.contains('.') || psl::suffix_str(&ascii).is_none_or(|suffix| suffix == ascii) {
            return Err(InvalidDomain::PublicSuffix);
        }
        Ok(Self(ascii))
    }

    /// Reads a domain name that an organization wants to claim: mail providers for everybody are refused besides.
    pub fn parse_claim(text: &str) -> Result<Self, InvalidDomain> {
        let domain = Self::parse(text)?;
        if is_consumer_mail(&domain) { Err(InvalidDomain::ConsumerMail) } else { Ok(domain) }
    }

    /// The part of the name that somebody registered: `acme.co.uk` of `eu.acme.co.uk`.
    pub fn registered(&self) -> &str {
        psl::domain_str(&self.0).unwrap_or(&self.0)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// An e-mail address, its domain in `DomainName`'s form. Addresses are the same when their `folded` forms are.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    local: String,
    domain: DomainName,
}

impl EmailAddress {
    /// Reads an address: one `@`, a local part of 1–64 printable characters without spaces or quotes, a domain.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"(),:;<>@[\\]".contains(c);
        if local.is_empty() || local.len() > 64 || !local.chars().all(plain) {
            return None;
        }
        Some(Self { local: local.to_owned(), domain: DomainName::parse(domain).ok()? })
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// The form in which addresses are compared and linked: all lower case. (No mail system in use tells them apart.)
    pub fn folded(&self) -> String {
        format!("{}@{}", self.local.to_lowercase(), self.domain)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…@{}", self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_read_into_one_form() {
        for text in ["acme.com", "ACME.com", " acme.com. ", "Acme.COM"] {
            assert_eq!(DomainName::parse(text).unwrap().as_str(), "acme.com", "{text}");
        }
        assert_eq!(DomainName::parse("bücher.example.com").unwrap().as_str(), "xn--bcher-kva.example.com");
        assert_eq!(
            DomainName::parse("xn--bcher-kva.example.com").unwrap().as_str(),
            "xn--bcher-kva.example.com"
        );
    }

    #[test]
    fn what_nobody_owns_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", InvalidDomain::Malformed),
            ("acme..com", InvalidDomain::Malformed),
            ("acme.com/x", InvalidDomain::Malformed),
            ("a b.com", InvalidDomain::Malformed),
            ("bob@acme.com", InvalidDomain::Malformed),
            ("127.0.0.1", InvalidDomain::IpAddress),
            ("10.1", InvalidDomain::IpAddress),
            ("[::1]", InvalidDomain::IpAddress),
            ("::1", InvalidDomain::IpAddress),
            ("localhost", InvalidDomain::PublicSuffix),
            ("com", InvalidDomain::PublicSuffix),
            ("co.uk", InvalidDomain::PublicSuffix),
        ] {
            assert_eq!(DomainName::parse(text), Err(reason), "{text}");
        }
        assert!(DomainName::parse(&format!("{}.com", "a".repeat(300))).is_err());
    }

    #[test]
    fn a_mail_provider_for_everybody_is_a_domain_but_nobodys_claim() {
        assert!(DomainName::parse("gmail.com").is_ok());
        assert_eq!(DomainName::parse_claim("GMail.com"), Err(InvalidDomain::ConsumerMail));
        assert_eq!(DomainName::parse_claim("mail.gmail.com"), Err(InvalidDomain::ConsumerMail));
        assert_eq!(DomainName::parse_claim("notgmail.com").unwrap().as_str(), "notgmail.com");
    }

    #[test]
    fn an_address_is_compared_without_regard_to_case() {
        let one = EmailAddress::parse("Ada.Lovelace@ACME.com").unwrap();
        assert_eq!(one.folded(), "ada.lovelace@acme.com");
        assert_eq!(one.to_string(), "Ada.Lovelace@acme.com");
        for bad in [
            "ada",
            "@acme.com",
            "ada@",
            "a b@acme.com",
            "ada@localhost",
            "a@b@acme.com",
            "\"a\"@acme.com",
            "a\n@acme.com",
        ] {
            assert!(EmailAddress::parse(bad).is_none(), "{bad}");
        }
    }
}
