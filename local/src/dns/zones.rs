//! All zones of this machine: kept in one file, changed as a whole or not at all.

use super::changes::{Action, Change, Refusal};
use super::record::{RecordName, RecordSet, RecordType};
use super::zone::{Zone, ZoneId};
use crate::files;
use crate::practice_idp::people;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::random::Rng;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The zones of the first start: that of the organization that is set up, and one that nobody claimed yet.
const FIRST: [&str; 2] = [people::DOMAIN, "globex.example"];

/// The most zones.
const MOST_ZONES: usize = 100;

/// The zones. Cheap to clone; all clones are the same zones.
#[derive(Clone)]
pub struct Zones(Arc<Inner>);

struct Inner {
    /// Nowhere in tests.
    file: Option<PathBuf>,
    rng: Rng,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// As they were left by the last change.
    zones: Vec<Zone>,
    /// As the name server answers from them: a change through Route 53 takes a while to get there.
    served: Arc<Vec<Zone>>,
    /// Counts what was served, for the server to see that it changed.
    serial: u32,
}

/// Why zones are not changed.
#[derive(Debug, thiserror::Error)]
pub enum ZonesError {
    /// No zone has that id, or no zone has that name in it.
    #[error("there is no zone {0}")]
    NoSuchZone(String),
    /// There is a zone for that domain already.
    #[error("there is a zone {0} already")]
    Exists(DomainName),
    /// There are as many zones as this machine keeps.
    #[error("there are {MOST_ZONES} zones, which is the most")]
    TooMany,
    /// A change can't be made.
    #[error("{}", .0.iter().map(Refusal::to_string).collect::<Vec<_>>().join(", "))]
    Refused(Vec<Refusal>),
    /// The file can't be written.
    #[error("the file of the zones: {0}")]
    Io(#[from] io::Error),
}

impl Zones {
    /// Reads the zones from their file, or makes the first ones.
    ///
    /// # Errors
    /// The file system's, or a file of something else.
    pub fn open(file: &Path, rng: Rng) -> Result<Self, ZonesError> {
        if file.exists() {
            let text = std::fs::read(file)?;
            let zones: Vec<Zone> = serde_json::from_slice(&text).map_err(io::Error::from)?;
            return Ok(Self::of(zones, Some(file.to_owned()), rng));
        }
        let zones = Self::of(Vec::new(), Some(file.to_owned()), rng);
        for domain in FIRST {
            zones.add(&DomainName::parse(domain).map_err(io::Error::other)?)?;
        }
        Ok(zones)
    }

    /// No zones, and no file: they are gone with the last clone.
    pub fn in_memory(rng: Rng) -> Self {
        Self::of(Vec::new(), None, rng)
    }

    fn of(zones: Vec<Zone>, file: Option<PathBuf>, rng: Rng) -> Self {
        let state = State { served: Arc::new(zones.clone()), zones, serial: 1 };
        Self(Arc::new(Inner { file, rng, state: Mutex::new(state) }))
    }

    /// Makes a zone for a domain.
    ///
    /// # Errors
    /// There is one, or too many, or the file can't be written.
    pub fn add(&self, domain: &DomainName) -> Result<ZoneId, ZonesError> {
        let mut state = self.lock();
        if state.zones.iter().any(|zone| zone.domain() == domain) {
            return Err(ZonesError::Exists(domain.clone()));
        }
        if state.zones.len() >= MOST_ZONES {
            return Err(ZonesError::TooMany);
        }
        let id = ZoneId::mint(&self.0.rng);
        let zone = Zone::new(id.clone(), domain.clone()).map_err(io::Error::other)?;
        let mut zones = state.zones.clone();
        zones.push(zone);
        zones.sort_by(|one, other| one.name().cmp(other.name()));
        self.keep(&mut state, zones)?;
        state.serve(&id);
        Ok(id)
    }

    /// All zones, ordered by name from the root down.
    pub fn all(&self) -> Vec<Zone> {
        self.lock().zones.clone()
    }

    /// The zone with this id.
    pub fn zone(&self, id: &str) -> Option<Zone> {
        self.lock().zones.iter().find(|zone| zone.id().as_str() == id).cloned()
    }

    /// Puts a record set where it belongs, in place of what was there, and serves it.
    ///
    /// # Errors
    /// No zone has the name in it, or a CNAME is in the way, or the file can't be written.
    pub fn put(&self, record_set: RecordSet) -> Result<(), ZonesError> {
        let id = self.zone_of(&record_set.name)?;
        self.change(id.as_str(), &[Change { action: Action::Upsert, record_set }])
    }

    /// Takes a record set away, and no longer serves it.
    ///
    /// # Errors
    /// There is none, or the file can't be written.
    pub fn remove(&self, name: &RecordName, record_type: RecordType) -> Result<(), ZonesError> {
        let id = self.zone_of(name)?;
        let zone = self.zone(id.as_str());
        let existing = zone.as_ref().and_then(|zone| zone.record_set(name, record_type));
        let record_set = existing.cloned().ok_or_else(|| {
            ZonesError::Refused(vec![Refusal::NotFound { name: name.clone(), record_type }])
        })?;
        self.change(id.as_str(), &[Change { action: Action::Delete, record_set }])
    }

    /// The nearest zone around a name.
    fn zone_of(&self, name: &RecordName) -> Result<ZoneId, ZonesError> {
        let state = self.lock();
        let around = state.zones.iter().filter(|zone| name.is_within(zone.name()));
        let nearest = around.max_by_key(|zone| zone.domain().as_str().len());
        nearest.map(|zone| zone.id().clone()).ok_or_else(|| ZonesError::NoSuchZone(name.to_string()))
    }

    /// Changes a zone and serves it as it is then.
    pub(crate) fn change(&self, id: &str, batch: &[Change]) -> Result<(), ZonesError> {
        self.stage(id, batch).map(|id| self.serve(&id))
    }

    /// Changes a zone; the name server answers as before.
    pub(crate) fn stage(&self, id: &str, batch: &[Change]) -> Result<ZoneId, ZonesError> {
        let mut state = self.lock();
        let mut zones = state.zones.clone();
        let zone = zones.iter_mut().find(|zone| zone.id().as_str() == id);
        let zone = zone.ok_or_else(|| ZonesError::NoSuchZone(id.to_owned()))?;
        *zone = zone.after(batch).map_err(ZonesError::Refused)?;
        let id = zone.id().clone();
        self.keep(&mut state, zones)?;
        Ok(id)
    }

    /// Lets the name server answer from a zone as it was left by the last change.
    pub(crate) fn serve(&self, id: &ZoneId) {
        self.lock().serve(id);
    }

    /// What the name server answers from, and its serial number.
    pub(super) fn served(&self) -> (u32, Arc<Vec<Zone>>) {
        let state = self.lock();
        (state.serial, state.served.clone())
    }

    /// Writes the file first: what could not be kept did not happen.
    fn keep(&self, state: &mut State, zones: Vec<Zone>) -> io::Result<()> {
        if let Some(file) = &self.0.file {
            files::write_private(file, &serde_json::to_vec_pretty(&zones)?)?;
        }
        state.zones = zones;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn serve(&mut self, id: &ZoneId) {
        let Some(zone) = self.zones.iter().find(|zone| zone.id() == id) else { return };
        let served = Arc::make_mut(&mut self.served);
        served.retain(|old| old.id() != id);
        served.push(zone.clone());
        self.serial = self.serial.wrapping_add(1);
    }
}

impl std::fmt::Debug for Zones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Zones").field(&self.0.file).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    #[test]
    fn the_first_start_has_the_zone_of_acme_and_one_that_can_be_claimed() {
        let directory = tempfile::tempdir().unwrap();
        let zones = Zones::open(&directory.path().join("dns.json"), Rng::system()).unwrap();
        let domains: Vec<_> = zones.all().iter().map(|zone| zone.domain().to_string()).collect();
        assert_eq!(domains, ["acme.example", "globex.example"]);
        for zone in zones.all() {
            assert!(DomainName::parse_claim(zone.domain().as_str()).is_ok());
            assert!(zone.id().as_str().starts_with('Z') && zone.id().as_str().len() == 21, "{}", zone.id());
        }
    }

    #[test]
    fn zones_and_their_records_survive_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("dns.json");
        let before = Zones::open(&file, Rng::system()).unwrap();
        before.add(&domain("initech.example")).unwrap();
        before.put(RecordSet::txt("_portico.initech.example", &["a", "b"]).unwrap()).unwrap();
        before.put(RecordSet::cname("www.initech.example", "elsewhere.example").unwrap()).unwrap();
        let after = Zones::open(&file, Rng::system()).unwrap();
        assert_eq!(after.all(), before.all());
        assert_eq!(after.served().1.len(), 3);
    }

    #[test]
    fn a_change_that_cannot_be_kept_did_not_happen() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gone").join("dns.json");
        std::fs::create_dir(directory.path().join("gone")).unwrap();
        let zones = Zones::open(&file, Rng::system()).unwrap();
        std::fs::remove_dir_all(directory.path().join("gone")).unwrap();
        let refused = zones.put(RecordSet::txt("acme.example", &["a"]).unwrap());
        assert!(matches!(refused, Err(ZonesError::Io(_))));
        assert!(zones.all().iter().all(|zone| zone.record_sets().is_empty()));
    }

    #[test]
    fn a_file_of_something_else_is_not_read_as_zones() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("dns.json");
        std::fs::write(&file, "{}").unwrap();
        assert!(matches!(Zones::open(&file, Rng::system()), Err(ZonesError::Io(_))));
    }

    #[test]
    fn a_record_goes_into_the_nearest_zone_and_elsewhere_there_is_none() {
        let zones = Zones::in_memory(Rng::system());
        let outer = zones.add(&domain("acme.example")).unwrap();
        let inner = zones.add(&domain("eu.acme.example")).unwrap();
        let set = RecordSet::txt("_portico.eu.acme.example", &["a"]).unwrap();
        zones.put(set.clone()).unwrap();
        assert_eq!(zones.zone(inner.as_str()).unwrap().record_sets(), std::slice::from_ref(&set));
        assert_eq!(zones.zone(outer.as_str()).unwrap().record_sets(), []);
        zones.remove(&set.name, RecordType::Txt).unwrap();
        assert!(matches!(zones.remove(&set.name, RecordType::Txt), Err(ZonesError::Refused(_))));
        let elsewhere = RecordSet::txt("globex.example", &["a"]).unwrap();
        assert!(matches!(zones.put(elsewhere), Err(ZonesError::NoSuchZone(_))));
    }

    #[test]
    fn a_domain_has_one_zone_and_the_machine_a_hundred() {
        let zones = Zones::in_memory(Rng::system());
        zones.add(&domain("acme.example")).unwrap();
        assert!(matches!(zones.add(&domain("ACME.example")), Err(ZonesError::Exists(_))));
        for number in 1..MOST_ZONES {
            zones.add(&domain(&format!("n{number}.example"))).unwrap();
        }
        assert!(matches!(zones.add(&domain("one-more.example")), Err(ZonesError::TooMany)));
    }

    #[test]
    fn what_is_staged_is_served_only_when_told() {
        let zones = Zones::in_memory(Rng::system());
        let id = zones.add(&domain("acme.example")).unwrap();
        let record_set = RecordSet::txt("a.acme.example", &["1"]).unwrap();
        let (serial, _) = zones.served();
        zones.stage(id.as_str(), &[Change { action: Action::Create, record_set }]).unwrap();
        assert_eq!(zones.served().0, serial);
        assert!(zones.served().1[0].record_sets().is_empty());
        zones.serve(&id);
        assert_eq!(zones.served().1[0].record_sets().len(), 1);
        assert_ne!(zones.served().0, serial);
    }
}
