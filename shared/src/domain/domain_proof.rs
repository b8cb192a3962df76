//! What name servers said about a domain's record, and what that proves. Pure: asking is `net::dns`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The most characters of a value that are kept to be shown.
const MOST_SHOWN_CHARACTERS: usize = 100;
/// The most values that are kept to be shown: what a claim's own page has room for.
const MOST_SHOWN: usize = 5;
/// How many public resolvers have to agree before their word counts.
const QUORUM: usize = 2;

/// What one server said about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// There are records.
    Records {
        /// The values of TXT records, each with its strings joined (RFC 1035 §3.3.14, RFC 7208 §3.3).
        txt: Vec<String>,
        /// The names that CNAMEs lead through, in order, in lower case and without the trailing dot.
        cnames: Vec<String>,
    },
    /// The name has no record of this kind (NOERROR without an answer, RFC 2308 §2.2).
    NoRecord,
    /// There is no such name (NXDOMAIN, RFC 2308 §2.1).
    NoSuchName,
    /// CNAMEs lead to where nothing could be learned.
    Astray {
        /// The names that CNAMEs lead through.
        cnames: Vec<String>,
        /// What happened there.
        failure: Failure,
    },
    /// It answered, but not the question.
    Failed(Failure),
    /// It didn't answer in time, or can't be reached.
    Silent,
}

/// How a server failed to answer the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// SERVFAIL.
    ServerFailure,
    /// REFUSED.
    Refused,
    /// It isn't in charge of the zone, though the zone's delegation says so.
    Lame,
    /// A response code that makes no sense here, or a message that can't be read.
    Garbled,
    /// CNAMEs that lead in a circle, or through too many names.
    CnameLoop,
    /// CNAMEs that lead to a name whose servers can't be found or don't answer.
    DeadCname,
    /// Its address is private, so it isn't asked.
    PrivateAddress,
}

impl Failure {
    /// What happened, as the end of a sentence that begins with the server.
    pub fn words(self) -> &'static str {
        match self {
            Self::ServerFailure => "reported a failure of its own (SERVFAIL)",
            Self::Refused => "refused to answer (REFUSED)",
            Self::Lame => "isn't set up for this domain, though the domain's delegation names it",
            Self::Garbled => "sent an answer that can't be read",
            Self::CnameLoop => "leads through names in a circle",
            Self::DeadCname => "leads to a name whose own servers don't answer",
            Self::PrivateAddress => "has a private address, which can't be asked from outside",
        }
    }
}

/// Everything that was said about the record of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sighting {
    /// The domain itself is unknown to everybody who was asked for its name servers.
    pub no_such_domain: bool,
    /// The zone's own servers, with their names: all of them were asked.
    pub servers: Vec<(String, Said)>,
    /// Public resolvers, with their addresses. Asked where the zone's own servers don't settle it.
    pub resolvers: Vec<(String, Said)>,
    /// Another name at which the right value stands, where somebody looked.
    pub misplaced: Option<String>,
}

/// What a claim's record has to be: either of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The value of a TXT record.
    pub txt: &'a str,
    /// The name that a CNAME leads to; none where the deployment has no proof zone.
    pub cname: Option<&'a str>,
}

impl Wanted<'_> {
    /// Whether what a server said is the record.
    pub fn is_met(&self, said: &Said) -> bool {
        let (txt, cnames): (&[String], _) = match said {
            Said::Records { txt, cnames } => (txt, cnames),
            Said::Astray { cnames, .. } => (&[], cnames),
            _ => return false,
        };
        txt.iter().any(|value| plain(value).eq_ignore_ascii_case(self.txt))
            || self.cname.is_some_and(|wanted| cnames.iter().any(|name| name.eq_ignore_ascii_case(wanted)))
    }

    /// Whether what a server said settles it, one way or the other.
    fn is_settled_by(&self, said: &Said) -> bool {
        said.is_definite() || self.is_met(said)
    }
}

/// A value as it was meant: panels that want the value in quotes and panels that add them leave quotes in the record, and
/// copying leaves white space around it.
fn plain(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map_or(value, str::trim)
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The record is there: every server that answered has it.
    Found,
    /// There are records at the name, and none of them is the one.
    WrongValue,
    /// The right value stands at another name.
    Misplaced,
    /// There is no record at the name.
    NoRecord,
    /// The domain doesn't exist.
    NoSuchDomain,
    /// The domain's servers answered, but none of them the question.
    ServerFailure,
    /// None of the domain's servers answered.
    Timeout,
    /// Some servers have the record and some don't: it is still spreading.
    Split,
}

impl Outcome {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::WrongValue => "wrong_value",
            Self::Misplaced => "misplaced",
            Self::NoRecord => "no_record",
            Self::NoSuchDomain => "no_such_domain",
            Self::ServerFailure => "server_failure",
            Self::Timeout => "timeout",
            Self::Split => "split",
        }
    }
}

/// What a check saw, as it is kept with the claim and shown to its admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it came to.
    pub outcome: Outcome,
    /// Values that were there instead, each cut at 100 characters; at most 5.
    #[serde(default)]
    pub found: Vec<String>,
    /// Servers that failed or were silent, or, of a split, that lack the record; at most 5.
    #[serde(default)]
    pub servers: Vec<String>,
    /// How the servers failed, where all that failed did so in one way.
    #[serde(default)]
    pub failure: Option<Failure>,
}

impl Sighting {
    /// Whether the record stands: all of the zone's servers that gave an answer have it. Where none of them gave one,
    /// two public resolvers that have it will do.
    pub fn proves(&self, wanted: &Wanted<'_>) -> bool {
        let all_have_it = |all: &[(String, Said)], least| {
            let mut settled = all.iter().map(|(_, said)| said).filter(|said| wanted.is_settled_by(said));
            settled.clone().count() >= least && settled.all(|said| wanted.is_met(said))
        };
        if self.servers.iter().any(|(_, said)| wanted.is_settled_by(said)) {
            return all_have_it(&self.servers, 1);
        }
        all_have_it(&self.resolvers, QUORUM)
    }

    /// Whether the zone's own servers, as far as they answered, don't have the record.
    pub fn lacks(&self, wanted: &Wanted<'_>) -> bool {
        let any = |test: &dyn Fn(&Said) -> bool| self.servers.iter().any(|(_, said)| test(said));
        any(&Said::is_definite) && !any(&|said| wanted.is_met(said))
    }

    /// Whether the record is gone beyond doubt: one of the zone's own servers answered and none has it, and two public
    /// resolvers say the same. A server that fails or keeps silent proves nothing.
    pub fn disproves(&self, wanted: &Wanted<'_>) -> bool {
        let lacks = |said: &Said| said.is_definite() && !wanted.is_met(said);
        let anybody_has = self.servers.iter().chain(&self.resolvers).any(|(_, said)| wanted.is_met(said));
        let own = self.no_such_domain || self.servers.iter().any(|(_, said)| lacks(said));
        let voices = self.resolvers.iter().filter(|(_, said)| lacks(said)).count();
        own && voices >= QUORUM && !anybody_has
    }

    /// What all of it comes to.
    pub fn finding(&self, wanted: &Wanted<'_>) -> Finding {
        let outcome = self.outcome(wanted);
        let servers = match outcome {
            Outcome::Split => self.servers_that(|said| said.is_definite() && !wanted.is_met(said)),
            Outcome::ServerFailure => self.servers_that(|said| said.failure().is_some()),
            Outcome::Timeout => self.servers_that(|said| *said == Said::Silent),
            _ => Vec::new(),
        };
        let found = match outcome {
            Outcome::WrongValue => self.values(),
            Outcome::Misplaced => self.misplaced.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let failure = (outcome == Outcome::ServerFailure).then(|| self.failure()).flatten();
        Finding { outcome, found, servers, failure }
    }

    fn outcome(&self, wanted: &Wanted<'_>) -> Outcome {
        if self.proves(wanted) {
            return Outcome::Found;
        }
        let any = |test: &dyn Fn(&Said) -> bool| self.servers.iter().any(|(_, said)| test(said));
        if any(&|said| wanted.is_met(said)) {
            return Outcome::Split;
        }
        if any(&|said| matches!(said, Said::Records { .. })) {
            return Outcome::WrongValue;
        }
        if self.misplaced.is_some() {
            return Outcome::Misplaced;
        }
        if any(&Said::is_definite) {
            return Outcome::NoRecord;
        }
        if self.no_such_domain {
            return Outcome::NoSuchDomain;
        }
        if any(&|said| said.failure().is_some()) { Outcome::ServerFailure } else { Outcome::Timeout }
    }

    fn servers_that(&self, test: impl Fn(&Said) -> bool) -> Vec<String> {
        let named = self.servers.iter().filter(|(_, said)| test(said)).map(|(name, _)| name.clone());
        named.collect::<BTreeSet<_>>().into_iter().take(MOST_SHOWN).collect()
    }

    /// What stands at the name, as the servers have it: TXT values, and where a CNAME leads.
    fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for (_, said) in &self.servers {
            let Said::Records { txt, cnames } = said else { continue };
            let shown = txt.iter().map(|value| shown(value));
            let led = cnames.first().map(|name| shown_cname(name));
            for value in led.into_iter().chain(shown) {
                if !values.contains(&value) && values.len() < MOST_SHOWN {
                    values.push(value);
                }
            }
        }
        values
    }

    fn failure(&self) -> Option<Failure> {
        let failures = self.servers.iter().filter_map(|(_, said)| said.failure());
        let mut failures: Vec<_> = failures.collect::<BTreeSet<_>>().into_iter().collect();
        failures.pop().filter(|_| failures.is_empty())
    }
}

impl Said {
    /// Whether it says what is there and what isn't.
    pub fn is_definite(&self) -> bool {
        matches!(self, Self::Records { .. } | Self::NoRecord | Self::NoSuchName)
    }

    fn failure(&self) -> Option<Failure> {
        match self {
            Self::Failed(failure) | Self::Astray { failure, .. } => Some(*failure),
            _ => None,
        }
    }
}

/// A value cut for showing, without what a terminal or a page could take for more than text.
fn shown(value: &str) -> String {
    let mut text: String =
        value.chars().map(|c| if c.is_control() { '�' } else { c }).take(MOST_SHOWN_CHARACTERS).collect();
    if value.chars().count() > MOST_SHOWN_CHARACTERS {
        text.push('…');
    }
    text
}

fn shown_cname(name: &str) -> String {
    format!("CNAME to {}", shown(name))
}

#[cfg(test)]
mod tests;
