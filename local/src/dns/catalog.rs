//! The zones as the DNS library serves them.

use super::record::{RecordData, RecordSet};
use super::zone::Zone;
use super::{NAME_SERVER, TTL};
use hickory_proto::ProtoError;
use hickory_proto::rr::rdata::{A, CNAME, NS, SOA, TXT};
use hickory_proto::rr::{self, LowerName, Name, RData, RecordType, RrKey};
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// When other servers would look for changes and give up, in seconds. There are none: the values are customary ones.
const REFRESH: i32 = 7200;
const RETRY: i32 = 900;
const EXPIRE: i32 = 1_209_600;

/// All zones. Names outside of them are refused, and so are transfers and updates.
pub(super) fn catalog(serial: u32, zones: &[Zone]) -> Result<Catalog, ProtoError> {
    let mut catalog = Catalog::new();
    for zone in zones {
        let origin = zone.name().as_name();
        let mut handler = InMemoryZoneHandler::<TokioRuntimeProvider>::empty(
            origin.clone(),
            ZoneType::Primary,
            AxfrPolicy::Deny,
        );
        let records = handler.records_get_mut();
        for set in own_sets(&origin, serial)?.into_iter().chain(zone.record_sets().iter().map(added_set)) {
            records.insert(RrKey::new(LowerName::new(set.name()), set.record_type()), Arc::new(set));
        }
        catalog.upsert(LowerName::new(&origin), vec![Arc::new(handler)]);
    }
    Ok(catalog)
}

/// What every zone has by itself.
fn own_sets(origin: &Name, serial: u32) -> Result<[rr::RecordSet; 3], ProtoError> {
    let name_server = origin.prepend_label(NAME_SERVER)?;
    let admin = origin.prepend_label("hostmaster")?;
    let soa = SOA::new(name_server.clone(), admin, serial, REFRESH, RETRY, EXPIRE, TTL);
    Ok([
        set(origin, TTL, [RData::SOA(soa)], RecordType::SOA),
        set(origin, TTL, [RData::NS(NS(name_server.clone()))], RecordType::NS),
        set(&name_server, TTL, [RData::A(A(Ipv4Addr::LOCALHOST))], RecordType::A),
    ])
}

fn added_set(added: &RecordSet) -> rr::RecordSet {
    let name = added.name.as_name();
    match &added.data {
        RecordData::Cname(target) => {
            set(&name, added.ttl, [RData::CNAME(CNAME(target.as_name()))], RecordType::CNAME)
        }
        RecordData::Txt(texts) => {
            let texts = texts.iter().map(|text| RData::TXT(TXT::from_bytes(text.strings().collect())));
            set(&name, added.ttl, texts, RecordType::TXT)
        }
    }
}

fn set(
    name: &Name,
    ttl: u32,
    data: impl IntoIterator<Item = RData>,
    record_type: RecordType,
) -> rr::RecordSet {
    let mut set = rr::RecordSet::with_ttl(name.clone(), record_type, ttl);
    for data in data {
        set.add_rdata(data);
    }
    set
}
