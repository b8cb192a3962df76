//! What an admin types where domains are asked for: one or several, with commas, spaces or lines between them, and now and
//! then an address or an e-mail address in their place.

use super::domain_name::{DomainName, InvalidDomain};

/// The most entries that are read; what comes behind them is left out.
const MOST_ENTRIES: usize = 100;
/// The most characters of an entry that are kept to be shown.
const MOST_SHOWN: usize = 100;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedDomain {
    /// What was typed, cut at 100 characters.
    pub typed: String,
    /// The domain in it.
    pub domain: Result<DomainName, InvalidDomain>,
    /// Whether more than a domain was typed: an address or an e-mail address.
    pub reduced: bool,
}

/// Reads what was typed. A domain that is named twice counts once.
pub fn read_box(text: &str) -> Vec<TypedDomain> {
    let separator = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let mut found: Vec<TypedDomain> = Vec::new();
    for typed in text.split(separator).filter(|entry| !entry.is_empty()).take(MOST_ENTRIES) {
        let host = host_of(typed);
        let domain = DomainName::parse_claim(host);
        let twice = domain.is_ok() && found.iter().any(|known| known.domain == domain);
        if !twice {
            let shown = typed.chars().take(MOST_SHOWN).collect();
            found.push(TypedDomain { typed: shown, domain, reduced: host != typed });
        }
    }
    found
}

/// The part of an address (RFC 3986 §3.2.2) or of an e-mail address that is a domain; the whole of anything else.
fn host_of(text: &str) -> &str {
    let text = text.trim_matches(['"', '\'', '<', '>']);
    let behind_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = behind_scheme.split(['/', '?', '#']).next().unwrap_or(behind_scheme);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    // More than one colon is an IPv6 address, which is refused as what it is.
    match host.split_once(':') {
        Some((name, digits)) if port(digits) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let shown = |entry: TypedDomain| match entry.domain {
            Ok(domain) if entry.reduced => format!("{domain} of {}", entry.typed),
            Ok(domain) => domain.to_string(),
            Err(error) => format!("{}: {}", entry.typed, error.code()),
        };
        read_box(text).into_iter().map(shown).collect()
    }

    #[test]
    fn several_domains_are_read_from_one_box() {
        for text in ["acme.com, acme.io", "acme.com acme.io", "acme.com\r\nacme.io\n", " acme.com;acme.io,, "]
        {
            assert_eq!(read(text), ["acme.com", "acme.io"], "{text:?}");
        }
        assert!(read(" \n,").is_empty());
    }

    #[test]
    fn a_domain_that_is_typed_twice_is_one_whatever_its_spelling() {
        assert_eq!(read("acme.com ACME.com https://acme.com/x"), ["acme.com"]);
        assert_eq!(read("bücher.example.com xn--bcher-kva.example.com"), ["xn--bcher-kva.example.com"]);
    }

    #[test]
    fn an_address_and_an_e_mail_address_are_taken_for_their_domain() {
        assert_eq!(read("https://acme.com/x?y#z"), ["acme.com of https://acme.com/x?y#z"]);
        assert_eq!(read("bob@acme.com"), ["acme.com of bob@acme.com"]);
        assert_eq!(
            read("http://bob:secret@eu.acme.com:8443"),
            ["eu.acme.com of http://bob:secret@eu.acme.com:8443"]
        );
        assert_eq!(read("<acme.com>"), ["acme.com of <acme.com>"]);
        assert_eq!(read("@acme.com"), ["acme.com of @acme.com"]);
    }

    #[test]
    fn what_nobody_can_claim_is_named_with_its_reason() {
        for (text, code) in [
            ("co.uk", "domain_is_public_suffix"),
            ("gmail.com", "domain_is_consumer_mail"),
            ("bob@gmail.com", "domain_is_consumer_mail"),
            ("localhost", "domain_is_public_suffix"),
            ("http://192.0.2.7/", "domain_is_ip_address"),
            ("::1", "domain_is_ip_address"),
            ("acme..com", "domain_malformed"),
        ] {
            assert_eq!(read(text), [format!("{text}: {code}")]);
        }
        let long = format!("{}.com", "a".repeat(300));
        assert_eq!(read(&long), [format!("{}: domain_malformed", &long[..100])]);
    }

    #[test]
    fn a_box_of_any_size_is_read_up_to_a_hundred_entries() {
        let many: Vec<String> = (0..500).map(|number| format!("d{number}.example.com")).collect();
        assert_eq!(read(&many.join(" ")).len(), 100);
    }
}
