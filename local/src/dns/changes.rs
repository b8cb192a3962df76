//! Changes to a zone: all of a batch or nothing.

use super::record::{RecordName, RecordSet, RecordType};
use super::zone::Zone;

/// What is done with a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It must not exist.
    Create,
    /// It must exist with the same TTL and values.
    Delete,
    /// It takes the place of what exists, if anything does.
    Upsert,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) action: Action,
    pub(crate) record_set: RecordSet,
}

/// Why a change is not made, in Route 53's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name is of another zone.
    #[error("RRSet with DNS name {name} is not permitted in zone {zone}")]
    OutsideZone {
        /// The name.
        name: RecordName,
        /// The zone's.
        zone: RecordName,
    },
    /// The zone's own name has a SOA and an NS record, and a CNAME stands alone (RFC 1034 §3.6.2).
    #[error("RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {name}")]
    CnameAtApex {
        /// The name.
        name: RecordName,
    },
    /// A CNAME stands alone at its name, and others are there.
    #[error(
        "RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other records with the same \
         DNS name in zone {zone}"
    )]
    CnameBesideOthers {
        /// The name.
        name: RecordName,
        /// The zone's.
        zone: RecordName,
    },
    /// A CNAME stands alone at its name, and one is there.
    #[error(
        "RRSet of type {record_type} with DNS name {name} is not permitted because a conflicting RRSet of type CNAME \
         with the same DNS name already exists in zone {zone}"
    )]
    BesideCname {
        /// The name.
        name: RecordName,
        /// The type that was to be added.
        record_type: RecordType,
        /// The zone's.
        zone: RecordName,
    },
    /// There is one to be created already.
    #[error(
        "Tried to create resource record set [name='{name}', type='{record_type}'] but it already exists"
    )]
    Exists {
        /// The name.
        name: RecordName,
        /// The type.
        record_type: RecordType,
    },
    /// There is none to be deleted.
    #[error("Tried to delete resource record set [name='{name}', type='{record_type}'] but it was not found")]
    NotFound {
        /// The name.
        name: RecordName,
        /// The type.
        record_type: RecordType,
    },
    /// There is one to be deleted, and it says something else.
    #[error(
        "Tried to delete resource record set [name='{name}', type='{record_type}'] but the values provided do not \
         match the current values"
    )]
    Differs {
        /// The name.
        name: RecordName,
        /// The type.
        record_type: RecordType,
    },
}

impl Zone {
    /// The zone after a batch.
    ///
    /// # Errors
    /// Every change that can't be made.
    pub(super) fn after(&self, batch: &[Change]) -> Result<Self, Vec<Refusal>> {
        let mut zone = self.clone();
        let refused: Vec<_> = batch.iter().filter_map(|change| zone.make(change).err()).collect();
        if refused.is_empty() { Ok(zone) } else { Err(refused) }
    }

    fn make(&mut self, change: &Change) -> Result<(), Refusal> {
        let set = &change.record_set;
        let (name, record_type) = (set.name.clone(), set.record_type());
        if !name.is_within(self.name()) {
            return Err(Refusal::OutsideZone { name, zone: self.name().clone() });
        }
        match (change.action, self.place(&name, record_type)) {
            (Action::Delete, Err(_)) => return Err(Refusal::NotFound { name, record_type }),
            (Action::Delete, Ok(place)) => {
                if !self.record_sets.get(place).is_some_and(|existing| existing.says_the_same(set)) {
                    return Err(Refusal::Differs { name, record_type });
                }
                self.record_sets.remove(place);
            }
            (Action::Create, Ok(_)) => return Err(Refusal::Exists { name, record_type }),
            (Action::Upsert, Ok(place)) => {
                if let Some(existing) = self.record_sets.get_mut(place) {
                    existing.clone_from(set);
                }
            }
            (Action::Create | Action::Upsert, Err(place)) => {
                self.check_neighbours(set)?;
                self.record_sets.insert(place, set.clone());
            }
        }
        Ok(())
    }

    /// A CNAME stands alone at its name (RFC 1034 §3.6.2).
    fn check_neighbours(&self, set: &RecordSet) -> Result<(), Refusal> {
        let (name, zone) = (set.name.clone(), self.name().clone());
        match set.record_type() {
            RecordType::Cname if name == zone => Err(Refusal::CnameAtApex { name }),
            RecordType::Cname if self.is_occupied(&name) => Err(Refusal::CnameBesideOthers { name, zone }),
            RecordType::Txt if self.record_set(&name, RecordType::Cname).is_some() => {
                Err(Refusal::BesideCname { name, record_type: RecordType::Txt, zone })
            }
            RecordType::Cname | RecordType::Txt => Ok(()),
        }
    }

    /// Whether a TXT record or the name server's address is there.
    fn is_occupied(&self, name: &RecordName) -> bool {
        let name_server = RecordName::parse(&self.name_server());
        self.record_set(name, RecordType::Txt).is_some() || name_server.is_ok_and(|own| own == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::ZoneId;
    use portico_shared::domain::domain_name::DomainName;
    use portico_shared::domain::random::Rng;

    fn zone() -> Zone {
        Zone::new(ZoneId::mint(&Rng::system()), DomainName::parse("acme.example").unwrap()).unwrap()
    }

    fn txt(action: Action, name: &str, texts: &[&str]) -> Change {
        Change { action, record_set: RecordSet::txt(name, texts).unwrap() }
    }

    fn cname(action: Action, name: &str) -> Change {
        Change { action, record_set: RecordSet::cname(name, "proof.example.net").unwrap() }
    }

    #[test]
    fn a_batch_is_made_as_a_whole_or_not_at_all() {
        let batch =
            [txt(Action::Create, "a.acme.example", &["1"]), txt(Action::Delete, "b.acme.example", &["1"])];
        assert!(matches!(zone().after(&batch).unwrap_err()[..], [Refusal::NotFound { .. }]));
        let batch = [
            txt(Action::Create, "b.acme.example", &["1", "2"]),
            txt(Action::Upsert, "a.acme.example", &["1"]),
        ];
        let zone = zone().after(&batch).unwrap();
        let names: Vec<_> = zone.record_sets().iter().map(|set| set.name.to_string()).collect();
        assert_eq!(names, ["a.acme.example.", "b.acme.example."]);
        let emptied = zone.after(&[txt(Action::Delete, "B.acme.example", &["2", "1"])]).unwrap();
        assert_eq!(emptied.record_sets().len(), 1);
    }

    #[test]
    fn an_upsert_takes_the_place_of_the_whole_set() {
        let zone = zone().after(&[txt(Action::Create, "a.acme.example", &["1", "2"])]).unwrap();
        let zone = zone.after(&[txt(Action::Upsert, "a.acme.example", &["3"])]).unwrap();
        assert_eq!(zone.record_sets()[0].values(), ["\"3\""]);
    }

    #[test]
    fn a_deletion_names_the_ttl_and_every_value() {
        let zone = zone().after(&[txt(Action::Create, "a.acme.example", &["1", "2"])]).unwrap();
        let mut other_ttl = txt(Action::Delete, "a.acme.example", &["1", "2"]);
        other_ttl.record_set.ttl = 61;
        for change in [txt(Action::Delete, "a.acme.example", &["1"]), other_ttl] {
            assert!(matches!(zone.after(&[change]).unwrap_err()[..], [Refusal::Differs { .. }]));
        }
    }

    #[test]
    fn a_cname_stands_alone_and_never_at_the_apex() {
        let refusal = |zone: &Zone, change: Change| zone.after(&[change]).unwrap_err().remove(0);
        let with_text = zone().after(&[txt(Action::Create, "a.acme.example", &["1"])]).unwrap();
        let with_cname = zone().after(&[cname(Action::Create, "a.acme.example")]).unwrap();
        for occupied in ["a.acme.example", "ns1.acme.example"] {
            let refused = refusal(&with_text, cname(Action::Upsert, occupied));
            assert!(matches!(refused, Refusal::CnameBesideOthers { .. }), "{refused}");
        }
        let refused = refusal(&with_cname, txt(Action::Create, "a.acme.example", &["1"]));
        assert!(matches!(refused, Refusal::BesideCname { .. }), "{refused}");
        let refused = refusal(&with_cname, cname(Action::Create, "acme.example"));
        assert!(matches!(refused, Refusal::CnameAtApex { .. }), "{refused}");
        let refused = refusal(&with_cname, txt(Action::Create, "acme.example.net", &["1"]));
        assert!(matches!(refused, Refusal::OutsideZone { .. }), "{refused}");
    }
}
