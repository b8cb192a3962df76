//! Settings of domain verification: what a record has to be, who is asked, and where we may publish it ourselves.

use std::net::{IpAddr, SocketAddr};

use super::Reader;

/// The most resolvers: each is asked where a domain's own servers don't settle it.
const MOST_RESOLVERS: usize = 5;

/// The most hosted zones: each is read once by an instance that publishes.
const MOST_HOSTED_ZONES: usize = 20;

/// How domains are proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsConfig {
    /// The label under which a claim's record stands: `_portico` in `_portico.acme.com`.
    pub label: String,
    /// What stands before the token in a TXT record: `portico-verification` in `portico-verification=…`.
    pub value_prefix: String,
    /// The zone that CNAME proofs lead into, in lower case; `None` where only TXT is offered.
    pub proof_zone: Option<String>,
    /// The public resolvers; at least two, since one alone is never believed.
    pub resolvers: Vec<SocketAddr>,
    /// The port of every domain's name servers: 53, except where everything is on one machine.
    pub name_server_port: u16,
    /// Ids of the Route 53 hosted zones in which an API key may have the record published.
    pub hosted_zones: Vec<String>,
}

impl DnsConfig {
    /// Reads the settings; `None` where a variable is missing or ill-formed, which `reader` then knows.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let label = reader.read("DNS_RECORD_LABEL", "a DNS label such as _portico", label);
        let value_prefix = reader.read(
            "DNS_VALUE_PREFIX",
            "1 to 40 of the characters a-z 0-9 _ -, such as portico-verification",
            prefix,
        );
        let proof_zone = reader.read(
            "DNS_PROOF_ZONE",
            "a domain name of your own such as proof.example.com, or nothing",
            zone,
        );
        let resolvers = reader.read(
            "DNS_RESOLVERS",
            "2 to 5 IP addresses, separated by commas, such as 1.1.1.1,8.8.8.8",
            resolvers,
        );
        let name_server_port =
            reader.read("DNS_NAME_SERVER_PORT", "a port number, 53 in any deployment", |text| {
                text.parse().ok().filter(|port| *port != 0)
            });
        let hosted_zones = reader.read(
            "HOSTED_ZONE_IDS",
            "up to 20 ids of Route 53 hosted zones, separated by commas, or nothing",
            hosted_zones,
        );
        Some(Self {
            label: label?,
            value_prefix: value_prefix?,
            proof_zone: proof_zone?,
            resolvers: resolvers?,
            name_server_port: name_server_port?,
            hosted_zones: hosted_zones?,
        })
    }
}

fn is_label(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=63).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn label(text: &str) -> Option<String> {
    is_label(text).then(|| text.to_owned())
}

fn prefix(text: &str) -> Option<String> {
    (is_label(text) && text.len() <= 40).then(|| text.to_owned())
}

fn zone(text: &str) -> Option<Option<String>> {
    let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
    if text.is_empty() {
        return Some(None);
    }
    let named = text.len() <= 200 && text.contains('.') && text.split('.').all(is_label);
    named.then_some(Some(text))
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn resolvers(text: &str) -> Option<Vec<SocketAddr>> {
    let one = |text: &str| {
        let address = text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 53));
        address.or_else(|| text.parse().ok())
    };
    let found: Vec<SocketAddr> = list(text).map(one).collect::<Option<_>>()?;
    (2..=MOST_RESOLVERS).contains(&found.len()).then_some(found)
}

fn hosted_zones(text: &str) -> Option<Vec<String>> {
    let id = |id: &str| {
        (4..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let found: Vec<String> = list(text).map(str::to_owned).collect();
    (found.len() <= MOST_HOSTED_ZONES && found.iter().all(|zone| id(zone))).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_is_an_address_with_or_without_a_port_and_one_alone_is_too_few() {
        let found = resolvers("1.1.1.1, 127.0.0.1:5300,[2606:4700::1]:53").unwrap();
        assert_eq!(found.iter().map(SocketAddr::port).collect::<Vec<_>>(), [53, 5300, 53]);
        for bad in ["", "1.1.1.1", "dns.example.com,1.1.1.1", "1,2,3,4,5,6", "1.1.1.1,1.1.1.1:99999"] {
            assert_eq!(resolvers(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_is_a_proof_zone_and_a_list_of_hosted_zones_too() {
        assert_eq!(zone(""), Some(None));
        assert_eq!(zone("Proof.Example.com."), Some(Some("proof.example.com".to_owned())));
        assert_eq!(zone("proof"), None);
        assert_eq!(hosted_zones(""), Some(Vec::new()));
        let zones = hosted_zones("Z1ABC, Z2DEF").unwrap();
        assert_eq!(zones, ["Z1ABC", "Z2DEF"]);
        assert_eq!(hosted_zones("/hostedzone/Z1"), None);
    }
}
