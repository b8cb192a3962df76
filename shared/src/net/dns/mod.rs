//! DNS as a claim's proof needs it: what a domain's own name servers say, asked directly and never from a cache, and what
//! public resolvers say, as a second voice.
//!
//! The resolvers only tell who is in charge of the zone (NS, A). A record published a second ago is therefore seen at once,
//! though a resolver may deny it for as long as the zone's negative TTL says (RFC 2308 §5).

mod ask;
mod look;
mod read;
mod walk;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::config::Config;

pub use look::Look;

/// The most questions that are under way at the same time, of one instance.
pub const MOST_IN_FLIGHT: usize = 100;
/// How long one server is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many questions of one look are under way at the same time, so that a domain with many dead servers doesn't keep all
/// others waiting.
const AT_ONCE: usize = 6;
/// How long a look at a record may take that somebody waits for, and any other, which may have to wait for its turn.
const WAITED_FOR: Duration = Duration::from_secs(9);
const UNHURRIED: Duration = Duration::from_secs(25);

/// Asks name servers. Cheap to clone; clones share the limit of questions under way.
#[derive(Debug, Clone)]
pub struct Dns(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    resolvers: Vec<SocketAddr>,
    name_server_port: u16,
    /// Whether name servers may have addresses of this machine: only where the deployment itself does.
    loopback: bool,
    in_flight: Semaphore,
    /// The resolver that answered last, by its number.
    good_resolver: AtomicUsize,
}

impl Dns {
    /// DNS with the deployment's resolvers.
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Inner {
            resolvers: config.dns.resolvers.clone(),
            name_server_port: config.dns.name_server_port,
            loopback: config.public_url.is_loopback_http(),
            in_flight: Semaphore::new(MOST_IN_FLIGHT),
            good_resolver: AtomicUsize::new(0),
        }))
    }
}
