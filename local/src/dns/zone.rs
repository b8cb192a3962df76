//! One zone.

use super::NAME_SERVER;
use super::record::{InvalidName, RecordName, RecordSet, RecordType};
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::random::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A zone's id, in the form of Route 53's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ZoneId(String);

impl ZoneId {
    pub(super) fn mint(rng: &Rng) -> Self {
        Self(format!("Z{}", upper_case(rng)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 20 random upper-case characters.
pub(crate) fn upper_case(rng: &Rng) -> String {
    rng.bytes::<20>().iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// A zone and the record sets that were added to it, in order. What every zone has by itself (its SOA and NS, and the
/// address of its name server) is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    id: ZoneId,
    domain: DomainName,
    name: RecordName,
    pub(super) record_sets: Vec<RecordSet>,
}

impl Zone {
    pub(super) fn new(id: ZoneId, domain: DomainName) -> Result<Self, InvalidName> {
        let name = RecordName::try_from(&domain)?;
        Ok(Self { id, domain, name, record_sets: Vec::new() })
    }

    /// Its id.
    pub fn id(&self) -> &ZoneId {
        &self.id
    }

    /// The domain that it is for.
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// The domain as a name.
    pub fn name(&self) -> &RecordName {
        &self.name
    }

    /// The name server.
    pub(crate) fn name_server(&self) -> String {
        format!("{NAME_SERVER}.{}", self.domain)
    }

    /// What was added to it.
    pub fn record_sets(&self) -> &[RecordSet] {
        &self.record_sets
    }

    /// The records of one type at one name.
    pub fn record_set(&self, name: &RecordName, record_type: RecordType) -> Option<&RecordSet> {
        let place = self.place(name, record_type).ok()?;
        self.record_sets.get(place)
    }

    /// Where a set is, or where it would be.
    pub(super) fn place(&self, name: &RecordName, record_type: RecordType) -> Result<usize, usize> {
        self.record_sets.binary_search_by(|set| set.key().cmp(&(name, record_type)))
    }
}
