//! Which addresses are a stranger's public server, and which are part of our own world (RFC 6890 and its registries).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is none that we connect to on a stranger's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressClass {
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, RFC 4193, and the old site-local range).
    Private,
    /// A carrier's shared range (RFC 6598).
    CarrierNat,
    /// This link; the instance metadata services are here (RFC 3927, RFC 4291).
    LinkLocal,
    /// No host in particular: 0.0.0.0/8 or `::`.
    Unspecified,
    /// A group of hosts.
    Multicast,
    /// Set aside for documentation or measurements.
    Documentation,
    /// An IPv4 address inside an IPv6 address: mapped, compatible, NAT64, 6to4 or Teredo. What it leads to depends on
    /// the network, so that it could be any of the others.
    Translated,
    /// Reserved, or not given to anybody.
    Reserved,
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::CarrierNat => "carrier-shared",
            Self::LinkLocal => "link-local",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Translated => "translated IPv4",
            Self::Reserved => "reserved",
        })
    }
}

/// IANA's IPv4 Special-Purpose Address Registry, and multicast.
const SPECIAL_V4: &[(Ipv4Addr, u32, AddressClass)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, AddressClass::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, AddressClass::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, AddressClass::CarrierNat),
    (Ipv4Addr::new(127, 0, 0, 0), 8, AddressClass::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, AddressClass::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, AddressClass::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, AddressClass::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, AddressClass::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, AddressClass::Translated),
    (Ipv4Addr::new(192, 168, 0, 0), 16, AddressClass::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, AddressClass::Documentation),
    (Ipv4Addr::new(198, 51, 100, 0), 24, AddressClass::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, AddressClass::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, AddressClass::Multicast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, AddressClass::Reserved),
];

/// IANA's IPv6 Special-Purpose Address Registry. The first that fits says the class.
const SPECIAL_V6: &[(Ipv6Addr, u32, AddressClass)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, AddressClass::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, AddressClass::Loopback),
    (Ipv6Addr::UNSPECIFIED, 96, AddressClass::Translated), // IPv4-compatible, RFC 4291 §2.5.5.1
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, AddressClass::Translated), // IPv4-mapped, §2.5.5.2
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, AddressClass::Translated), // IPv4-translated, RFC 2765
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, AddressClass::Translated), // NAT64, RFC 6052
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, AddressClass::Translated), // local NAT64, RFC 8215
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, AddressClass::Translated), // Teredo, RFC 4380
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, AddressClass::Reserved), // IETF protocols, RFC 2928
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, AddressClass::Documentation),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, AddressClass::Translated), // 6to4, RFC 3056
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, AddressClass::Documentation), // RFC 9637
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, AddressClass::Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, AddressClass::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, AddressClass::Private), // site-local, RFC 3879
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, AddressClass::Multicast),
];

/// Global unicast, the only part of IPv6 from which addresses are given out.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// The class of an address that is not a public server's; `None` for a public one.
pub fn refused_class(address: IpAddr) -> Option<AddressClass> {
    match address {
        IpAddr::V4(address) => SPECIAL_V4
            .iter()
            .find(|(network, length, _)| shares_v4(address, *network, *length))
            .map(|(_, _, class)| *class),
        IpAddr::V6(address) => SPECIAL_V6
            .iter()
            .find(|(network, length, _)| shares_v6(address, *network, *length))
            .map(|(_, _, class)| *class)
            .or_else(|| {
                (!shares_v6(address, GLOBAL_UNICAST.0, GLOBAL_UNICAST.1)).then_some(AddressClass::Reserved)
            }),
    }
}

fn shares_v4(address: Ipv4Addr, network: Ipv4Addr, length: u32) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

fn shares_v6(address: Ipv6Addr, network: Ipv6Addr, length: u32) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(address: &str) -> Option<AddressClass> {
        refused_class(address.parse().unwrap())
    }

    #[test]
    fn the_first_and_last_address_of_every_special_range_is_refused_by_its_class() {
        for (addresses, expected) in [
            (&["127.0.0.1", "127.255.255.255", "::1"][..], AddressClass::Loopback),
            (
                &[
                    "10.0.0.0",
                    "10.255.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "192.168.0.0",
                    "192.168.255.255",
                ],
                AddressClass::Private,
            ),
            (&["fc00::", "fdff:ffff::1", "fd00:ec2::254", "fec0::1"], AddressClass::Private),
            (&["100.64.0.0", "100.100.100.200", "100.127.255.255"], AddressClass::CarrierNat),
            (&["169.254.0.1", "169.254.169.254", "fe80::1", "febf::1"], AddressClass::LinkLocal),
            (&["0.0.0.0", "0.255.255.255", "::"], AddressClass::Unspecified),
            (&["224.0.0.1", "239.255.255.255", "ff02::1"], AddressClass::Multicast),
            (
                &["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255"],
                AddressClass::Documentation,
            ),
            (&["2001:db8::1", "3fff::1"], AddressClass::Documentation),
            (
                &["::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:8.8.8.8", "::8.8.8.8"],
                AddressClass::Translated,
            ),
            (&["64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::1"], AddressClass::Translated),
            (&["2002:7f00:1::", "2001::1", "192.88.99.1"], AddressClass::Translated),
            (
                &["240.0.0.1", "255.255.255.255", "192.0.0.8", "100::1", "4000::1", "5f00::1"],
                AddressClass::Reserved,
            ),
        ] {
            for address in addresses {
                assert_eq!(class(address), Some(expected), "{address}");
            }
        }
    }

    #[test]
    fn the_neighbours_of_special_ranges_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2a00::1",
            "3fff:1000::1",
        ] {
            assert_eq!(class(address), None, "{address}");
        }
    }
}
