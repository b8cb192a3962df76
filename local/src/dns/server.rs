//! The authoritative name server, over UDP and TCP on one port.

use super::catalog::catalog;
use super::zones::Zones;
use async_trait::async_trait;
use hickory_proto::rr::Record;
use hickory_server::Server;
use hickory_server::net::NetError;
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::{Catalog, MessageResponse};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, UdpSocket};

/// The largest answer over UDP, in bytes, whatever the asker would take: it fits a packet of any network. Who wants more
/// asks over TCP.
const UDP_PAYLOAD: u16 = 1232;

/// How long a TCP connection may be silent.
const TCP_IDLE: Duration = Duration::from_secs(10);

/// How many answers wait for a slow reader of one TCP connection.
const TCP_ANSWERS: usize = 16;

/// How often a free port is looked for that is free for UDP and TCP alike.
const ATTEMPTS: usize = 20;

/// A running name server. It ends when it is dropped.
pub struct DnsServer {
    address: SocketAddr,
    server: Server<Answering>,
}

impl DnsServer {
    /// Serves `zones` at `address`; port 0 is any free one.
    ///
    /// # Errors
    /// The address is taken.
    pub async fn start(zones: Zones, address: SocketAddr) -> io::Result<Self> {
        let (udp, tcp) = bind(address).await?;
        let address = tcp.local_addr()?;
        let mut server = Server::new(Answering { zones, made: Mutex::default() });
        server.register_socket(udp);
        server.register_listener(tcp, TCP_IDLE, TCP_ANSWERS);
        Ok(Self { address, server })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub async fn stop(mut self) {
        if let Err(problem) = self.server.shutdown_gracefully().await {
            tracing::warn!(%problem, "the name server did not end cleanly");
        }
    }
}

impl std::fmt::Debug for DnsServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DnsServer").field(&self.address).finish()
    }
}

/// A free port for TCP may be taken for UDP: then another one is tried.
async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut attempts = if address.port() == 0 { ATTEMPTS } else { 1 };
    loop {
        let tcp = TcpListener::bind(address).await?;
        attempts -= 1;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            Err(problem) if attempts == 0 => return Err(problem),
            Err(_) => {}
        }
    }
}

/// Answers from the zones as they are served at the moment.
struct Answering {
    zones: Zones,
    /// The zones in the library's form, and the serial number for which they were put into it.
    made: Mutex<Option<(u32, Arc<Catalog>)>>,
}

impl Answering {
    /// Should the zones not fit the library's form, then all names are refused: nothing wrong is said.
    fn catalog(&self) -> Arc<Catalog> {
        let (serial, zones) = self.zones.served();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, catalog)) = made.as_ref()
            && *of == serial
        {
            return catalog.clone();
        }
        let catalog = catalog(serial, &zones).unwrap_or_else(|problem| {
            tracing::error!(%problem, "the zones cannot be served");
            Catalog::new()
        });
        made.insert((serial, Arc::new(catalog))).1.clone()
    }
}

#[async_trait]
impl RequestHandler for Answering {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        response_handle: R,
    ) -> ResponseInfo {
        self.catalog().handle_request::<_, T>(request, Bounded(response_handle)).await
    }
}

/// Sends answers that are no larger than [`UDP_PAYLOAD`] over UDP.
#[derive(Clone)]
struct Bounded<R>(R);

#[async_trait]
impl<R: ResponseHandler> ResponseHandler for Bounded<R> {
    async fn send_response<'a>(
        &mut self,
        response: MessageResponse<
            '_,
            'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
            impl Iterator<Item = &'a Record> + Send + 'a,
        >,
    ) -> Result<ResponseInfo, NetError> {
        // Without EDNS an answer has 512 bytes at the most (RFC 1035 §4.2.1).
        let Some(mut edns) = response.edns().cloned() else { return self.0.send_response(response).await };
        edns.set_max_payload(edns.max_payload().min(UDP_PAYLOAD));
        let mut response: MessageResponse<'_, 'a, _, _, _, _> = response;
        response.set_edns(&edns);
        self.0.send_response(response).await
    }
}

#[cfg(test)]
mod tests;
