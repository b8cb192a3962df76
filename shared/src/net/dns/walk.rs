//! From a name to the servers that are in charge of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use hickory_net::proto::op::{DnsResponse, Query, ResponseCode};
use hickory_net::proto::rr::{Name, RData, RecordType};

use super::read::text;
use super::{AT_ONCE, Dns};
use crate::domain::domain_proof::Failure;
use crate::net::address::refused_class;

/// The most name servers of a zone that are asked: RFC 1035 has no limit, and no zone in use has more than 13. The most
/// addresses, too: several names of one server are one server.
const MOST_SERVERS: usize = 13;
/// The most addresses of one name server that are asked.
const MOST_ADDRESSES: usize = 2;

/// A zone's name server, and one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameServer {
    pub(super) name: String,
    pub(super) address: Result<SocketAddr, NoAddress>,
}

/// Why a name server can't be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAddress {
    /// Nobody knows an IPv4 address of it: functions in Lambda have no other way out.
    Unknown,
    /// It is private, of this machine or of this link.
    Private,
}

/// Why a name's zone wasn't found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoZone {
    /// The registrable domain doesn't exist.
    NoSuchDomain,
    /// The resolvers can't find out, since the delegation is broken.
    Failed(Failure),
    /// No resolver answered.
    Silent,
}

impl Dns {
    /// The servers of the zone that a name is in: of the name itself, where it is a zone of its own, or of the next name
    /// above that is, up to the registrable domain.
    pub(super) async fn servers_of(&self, name: &Name) -> Result<Vec<NameServer>, NoZone> {
        let top = registrable(name);
        let mut candidate = name.clone();
        loop {
            let answer = self.ask_resolvers(&Query::query(candidate.clone(), RecordType::NS)).await?;
            let servers = delegation(&answer, &candidate);
            if !servers.is_empty() {
                return Ok(self.with_addresses(servers).await);
            }
            if candidate.num_labels() <= top.num_labels() {
                return Err(match answer.metadata.response_code {
                    ResponseCode::NXDomain => NoZone::NoSuchDomain,
                    _ => NoZone::Failed(Failure::Lame),
                });
            }
            candidate = candidate.base_name();
        }
    }

    /// What the first resolver says that knows. They are asked one after another, beginning with the one that knew last:
    /// one that is out of order costs its two seconds once.
    async fn ask_resolvers(&self, query: &Query) -> Result<DnsResponse, NoZone> {
        let mut trouble = NoZone::Silent;
        let first = self.0.good_resolver.load(Ordering::Relaxed);
        let numbered = self.0.resolvers.iter().enumerate();
        for (number, resolver) in numbered.clone().skip(first).chain(numbered.take(first)) {
            match self.ask(*resolver, query, true).await {
                Ok(answer) => match answer.metadata.response_code {
                    ResponseCode::NoError | ResponseCode::NXDomain => {
                        self.0.good_resolver.store(number, Ordering::Relaxed);
                        return Ok(answer);
                    }
                    ResponseCode::Refused => trouble = NoZone::Failed(Failure::Refused),
                    _ => trouble = NoZone::Failed(Failure::ServerFailure),
                },
                Err(_) => continue,
            }
        }
        Err(trouble)
    }

    async fn with_addresses(&self, mut names: Vec<Name>) -> Vec<NameServer> {
        names.sort();
        names.dedup();
        names.truncate(MOST_SERVERS);
        let mut found = Vec::new();
        for some in names.chunks(AT_ONCE) {
            found.extend(join_all(some.iter().map(|name| self.addresses(name))).await.into_iter().flatten());
        }
        let mut servers: Vec<NameServer> = Vec::new();
        for server in found {
            let known = server.address.is_ok() && servers.iter().any(|known| known.address == server.address);
            if !known && servers.len() < MOST_SERVERS {
                servers.push(server);
            }
        }
        servers
    }

    async fn addresses(&self, name: &Name) -> Vec<NameServer> {
        let server = |address| NameServer { name: text(name), address };
        let Ok(answer) = self.ask_resolvers(&Query::query(name.clone(), RecordType::A)).await else {
            return vec![server(Err(NoAddress::Unknown))];
        };
        // Where the name is an alias, the answer has the alias and the addresses behind it.
        let addresses = answer.answers.iter().filter_map(|record| match &record.data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            _ => None,
        });
        let found: Vec<_> =
            addresses.take(MOST_ADDRESSES).map(|address| server(self.vetted(address))).collect();
        if found.is_empty() { vec![server(Err(NoAddress::Unknown))] } else { found }
    }

    fn vetted(&self, address: IpAddr) -> Result<SocketAddr, NoAddress> {
        let allowed = if address.is_loopback() { self.0.loopback } else { refused_class(address).is_none() };
        if allowed { Ok(SocketAddr::new(address, self.0.name_server_port)) } else { Err(NoAddress::Private) }
    }
}

/// The name servers that an answer gives to a name; a resolver follows aliases, whose zones are other people's.
fn delegation(answer: &DnsResponse, name: &Name) -> Vec<Name> {
    let servers = answer.answers.iter().filter(|record| record.name == *name);
    let servers = servers.filter_map(|record| match &record.data {
        RData::NS(server) => Some(server.0.clone()),
        _ => None,
    });
    servers.collect()
}

/// The name that somebody registered, above which zones belong to registries.
fn registrable(name: &Name) -> Name {
    let text = text(name);
    psl::domain_str(&text).and_then(|domain| Name::from_ascii(domain).ok()).unwrap_or_else(|| name.clone())
}
