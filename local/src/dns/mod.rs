//! The DNS of this machine: zones that a newcomer is the admin of, the authoritative server that answers from them, and
//! the page on which they are edited.

mod catalog;
mod changes;
mod page;
mod presentation;
mod record;
mod server;
mod zone;
mod zones;

pub use changes::Refusal;
pub(crate) use changes::{Action, Change};
pub(crate) use page::{DnsPage, is_from_here};
pub use presentation::TextProblem;
pub(crate) use presentation::is_name_character;
pub use record::{InvalidName, RecordData, RecordName, RecordSet, RecordType, Text};
pub use server::DnsServer;
pub(crate) use zone::upper_case;
pub use zone::{Zone, ZoneId};
pub use zones::{Zones, ZonesError};

/// How long resolvers may keep an answer of this machine, in seconds: the one that something isn't there, too.
pub(crate) const TTL: u32 = 60;

/// The first label of every zone's name server.
const NAME_SERVER: &str = "ns1";
