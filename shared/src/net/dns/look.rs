//! A look at a claim's record, through everybody's eyes.

use std::collections::HashSet;

use futures_util::future::{BoxFuture, join_all};
use hickory_net::proto::op::Query;
use hickory_net::proto::rr::{Name, RecordType};
use tokio::time::{Instant, timeout_at};

use super::ask::NoAnswer;
use super::read::{Reading, read_authoritative, read_recursive, text};
use super::walk::{NameServer, NoAddress, NoZone};
use super::{AT_ONCE, Dns, UNHURRIED, WAITED_FOR};
use crate::domain::domain_name::DomainName;
use crate::domain::domain_proof::{Failure, Said, Sighting, Wanted};

/// How much is kept of what servers say: more than the servers of any zone in use.
const MOST_SAID: usize = 64;
/// How many zones a chain of CNAMEs may lead through.
const MOST_HOPS: usize = 8;

/// What is looked for, and how closely.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The domain that is claimed.
    pub domain: &'a DomainName,
    /// The label under which its record stands, such as `_portico`.
    pub label: &'a str,
    /// What the record has to be.
    pub wanted: Wanted<'a>,
    /// Whether public resolvers are asked in any case, rather than only where the domain's own servers don't answer.
    pub second_voice: bool,
    /// Whether a record that isn't there is looked for where people put it by mistake.
    pub nearby: bool,
}

impl Dns {
    /// Looks, for 9 seconds at the most where somebody waits for it (`nearby`), for 25 otherwise. What isn't known by then is
    /// as if nobody had answered.
    pub async fn look(&self, look: &Look<'_>) -> Sighting {
        let end = Instant::now() + if look.nearby { WAITED_FOR } else { UNHURRIED };
        let Ok(name) = Name::from_ascii(format!("{}.{}.", look.label, look.domain)) else {
            return Sighting::default();
        };
        let own = timeout_at(end, self.own_servers(&name, &look.wanted)).await;
        let mut sighting = own.unwrap_or_default();
        if sighting.proves(&look.wanted) {
            return sighting;
        }
        let settled = sighting.servers.iter().any(|(_, said)| said.is_definite());
        if look.second_voice || !settled {
            sighting.resolvers = timeout_at(end, self.resolvers(&name)).await.unwrap_or_default();
        }
        if look.nearby && settled {
            sighting.misplaced = timeout_at(end, self.nearby(&name, look)).await.unwrap_or_default();
        }
        sighting
    }

    async fn own_servers(&self, name: &Name, wanted: &Wanted<'_>) -> Sighting {
        let said = self.said_at(name.clone(), wanted, Vec::new()).await;
        let no_such_domain = said == Err(NoZone::NoSuchDomain);
        let servers = said.unwrap_or_else(|problem| match problem {
            NoZone::NoSuchDomain | NoZone::Silent => Vec::new(),
            NoZone::Failed(failure) => vec![("the domain's delegation".to_owned(), Said::Failed(failure))],
        });
        Sighting { no_such_domain, servers, ..Sighting::default() }
    }

    /// What each of a name's servers says. Where CNAMEs lead to another zone, its servers speak in their place. `path`
    /// holds the names that led here.
    fn said_at<'a>(
        &'a self,
        name: Name,
        wanted: &'a Wanted<'a>,
        path: Vec<Name>,
    ) -> BoxFuture<'a, Result<Vec<(String, Said)>, NoZone>> {
        Box::pin(async move {
            let servers = self.servers_of(&name).await?;
            let mut readings = Vec::new();
            for some in servers.chunks(AT_ONCE) {
                readings.extend(join_all(some.iter().map(|server| self.reading(server, &name))).await);
            }
            // Where servers lead to the same name, what is said there is said once: else it would grow with each hop.
            let mut elsewhere = HashSet::new();
            let mut said = Vec::new();
            for (server, reading) in servers.into_iter().zip(readings) {
                let (cnames, to) = match reading {
                    Reading::Said(what) => {
                        said.push((server.name, what));
                        continue;
                    }
                    Reading::Leads { cnames, to } => (cnames, to),
                };
                let proof =
                    |name: &String| wanted.cname.is_some_and(|proof| name.eq_ignore_ascii_case(proof));
                if cnames.iter().any(proof) {
                    said.push((server.name, Said::Records { txt: Vec::new(), cnames }));
                    continue;
                }
                if !elsewhere.insert(to.clone()) {
                    continue;
                }
                match self.led_to(to, &name, wanted, &path).await {
                    Ok(others) => {
                        said.extend(others.iter().map(|(name, said)| (name.clone(), behind(&cnames, said))));
                    }
                    Err(failure) => said.push((server.name, Said::Astray { cnames, failure })),
                }
            }
            said.truncate(MOST_SAID);
            Ok(said)
        })
    }

    async fn led_to(
        &self,
        to: Name,
        from: &Name,
        wanted: &Wanted<'_>,
        path: &[Name],
    ) -> Result<Vec<(String, Said)>, Failure> {
        let mut path = path.to_vec();
        path.push(from.clone());
        if path.contains(&to) || path.len() > MOST_HOPS {
            return Err(Failure::CnameLoop);
        }
        let said = self.said_at(to, wanted, path).await.map_err(|_| Failure::DeadCname)?;
        let alive = said.iter().any(|(_, said)| !matches!(said, Said::Silent));
        if alive { Ok(said) } else { Err(Failure::DeadCname) }
    }

    async fn reading(&self, server: &NameServer, name: &Name) -> Reading {
        let address = match server.address {
            Ok(address) => address,
            Err(NoAddress::Unknown) => return Reading::Said(Said::Silent),
            Err(NoAddress::Private) => return Reading::Said(Said::Failed(Failure::PrivateAddress)),
        };
        match self.ask(address, &Query::query(name.clone(), RecordType::TXT), false).await {
            Ok(answer) => read_authoritative(&answer, name),
            Err(NoAnswer::Silent) => Reading::Said(Said::Silent),
            Err(NoAnswer::Garbled) => Reading::Said(Said::Failed(Failure::Garbled)),
        }
    }

    async fn resolvers(&self, name: &Name) -> Vec<(String, Said)> {
        let query = Query::query(name.clone(), RecordType::TXT);
        let asked = self.0.resolvers.iter().map(|resolver| async {
            let said = match self.ask(*resolver, &query, true).await {
                Ok(answer) => read_recursive(&answer, name),
                Err(NoAnswer::Silent) => Said::Silent,
                Err(NoAnswer::Garbled) => Said::Failed(Failure::Garbled),
            };
            (resolver.ip().to_string(), said)
        });
        join_all(asked).await
    }

    /// Where people put the record by mistake: at the domain itself, and at the name that a panel makes of the full name
    /// by appending the zone.
    async fn nearby(&self, name: &Name, look: &Look<'_>) -> Option<String> {
        let domain = look.domain.as_str();
        let doubled = format!("{}.{domain}.", text(name));
        for place in [format!("{domain}."), doubled] {
            let Ok(place) = Name::from_ascii(place) else { continue };
            let sighting = self.own_servers(&place, &look.wanted).await;
            if sighting.servers.iter().any(|(_, said)| look.wanted.is_met(said)) {
                return Some(text(&place));
            }
        }
        None
    }
}

/// What a server says of the name that CNAMEs lead to.
fn behind(cnames: &[String], said: &Said) -> Said {
    let led = |more: &[String]| [cnames, more].concat();
    match said {
        Said::Records { txt, cnames: more } => Said::Records { txt: txt.clone(), cnames: led(more) },
        Said::NoRecord | Said::NoSuchName => Said::Records { txt: Vec::new(), cnames: led(&[]) },
        Said::Failed(failure) => Said::Astray { cnames: led(&[]), failure: *failure },
        Said::Astray { cnames: more, failure } => Said::Astray { cnames: led(more), failure: *failure },
        Said::Silent => Said::Astray { cnames: led(&[]), failure: Failure::DeadCname },
    }
}
