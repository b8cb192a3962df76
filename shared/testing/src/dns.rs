//! Name servers that do as a test tells them, wrongly if need be. All listen on one port of several loopback addresses, so
//! that a zone can have several servers, as zones have.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use hickory_net::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_net::proto::rr::rdata::{A, CNAME, NS, TXT};
use hickory_net::proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;

/// The address of the resolver that every deployment of a test asks.
pub const RESOLVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
/// The second resolver.
pub const SECOND_RESOLVER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// The most bytes of an answer over UDP.
const DATAGRAM: usize = 1232;

/// How a server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It answers.
    Good,
    /// It never answers.
    Silent,
    /// It answers with this code.
    Code(ResponseCode),
    /// It answers as one who isn't in charge.
    Lame,
    /// Its answers have another id.
    WrongId,
    /// Its answers come from another address.
    WrongAddress,
    /// It says over UDP that the answer doesn't fit.
    Truncating,
    /// It answers with bytes that are no message.
    Garbled,
}

#[derive(Debug, Clone)]
struct Server {
    manner: Manner,
    records: Vec<Record>,
}

/// The servers. They end when this is dropped.
#[derive(Debug)]
pub struct TestDns {
    port: u16,
    servers: Arc<Mutex<HashMap<Ipv4Addr, Server>>>,
    asked: Arc<Mutex<Vec<(Ipv4Addr, String)>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for TestDns {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl TestDns {
    /// Two resolvers, and name servers at 127.0.0.3 and the addresses behind it.
    pub async fn start(name_servers: u8) -> Self {
        let addresses: Vec<_> = (1..=2 + name_servers).map(|last| Ipv4Addr::new(127, 0, 0, last)).collect();
        let (port, sockets) = bind(&addresses).await;
        let good = Server { manner: Manner::Good, records: Vec::new() };
        let servers = addresses.iter().map(|address| (*address, good.clone())).collect();
        let mut dns =
            Self { port, servers: Arc::new(Mutex::new(servers)), asked: Arc::default(), tasks: Vec::new() };
        for (address, udp, tcp) in sockets {
            let desk = Desk { address, servers: dns.servers.clone(), asked: dns.asked.clone() };
            dns.tasks.push(tokio::spawn(serve_udp(desk.clone(), udp)));
            dns.tasks.push(tokio::spawn(serve_tcp(desk, tcp)));
        }
        dns
    }

    /// The address of a name server, counted from 0.
    pub fn server(number: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, 0, 0, 3 + number)
    }

    /// The variables that make a deployment ask these servers.
    pub fn variable(&self, name: &str) -> Option<String> {
        match name {
            "DNS_RESOLVERS" => Some(format!("{RESOLVER}:{0},{SECOND_RESOLVER}:{0}", self.port)),
            "DNS_NAME_SERVER_PORT" => Some(self.port.to_string()),
            _ => None,
        }
    }

    /// Lets the resolvers know a zone, which these name servers have from now on.
    pub fn delegate(&self, zone: &str, name_servers: &[Ipv4Addr]) {
        for (number, address) in name_servers.iter().enumerate() {
            let server = format!("ns{number}.{zone}");
            for resolver in [RESOLVER, SECOND_RESOLVER] {
                self.add(resolver, zone, RData::NS(NS(name(&server))));
                self.add(resolver, &server, RData::A(A(*address)));
            }
            self.add(*address, zone, RData::NS(NS(name(&server))));
        }
    }

    /// Sets how a server behaves.
    pub fn behave(&self, server: Ipv4Addr, manner: Manner) {
        self.servers.lock().unwrap().get_mut(&server).unwrap().manner = manner;
    }

    /// Publishes a TXT record of these strings.
    pub fn txt(&self, server: Ipv4Addr, at: &str, strings: &[&str]) {
        self.add(server, at, RData::TXT(TXT::new(strings.iter().map(|text| (*text).to_owned()).collect())));
    }

    /// Publishes a CNAME record.
    pub fn cname(&self, server: Ipv4Addr, at: &str, to: &str) {
        self.add(server, at, RData::CNAME(CNAME(name(to))));
    }

    fn add(&self, server: Ipv4Addr, at: &str, data: RData) {
        let record = Record::from_rdata(name(at), 60, data);
        self.servers.lock().unwrap().get_mut(&server).unwrap().records.push(record);
    }

    /// Removes what is published at a name.
    pub fn remove(&self, server: Ipv4Addr, at: &str) {
        let at = name(at);
        self.servers.lock().unwrap().get_mut(&server).unwrap().records.retain(|record| record.name != at);
    }

    /// The questions so far, as `TXT _portico.acme.com`, with the server that got each.
    pub fn asked(&self) -> Vec<(Ipv4Addr, String)> {
        self.asked.lock().unwrap().clone()
    }
}

fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).unwrap();
    name.set_fqdn(true);
    name
}

type Sockets = Vec<(Ipv4Addr, UdpSocket, TcpListener)>;

/// A port that is free on every address, for UDP and TCP.
async fn bind(addresses: &[Ipv4Addr]) -> (u16, Sockets) {
    for _ in 0..100 {
        let port = UdpSocket::bind((RESOLVER, 0)).await.unwrap().local_addr().unwrap().port();
        let mut sockets = Vec::new();
        for address in addresses {
            let udp = UdpSocket::bind((*address, port)).await;
            let tcp = TcpListener::bind((*address, port)).await;
            let (Ok(udp), Ok(tcp)) = (udp, tcp) else { break };
            sockets.push((*address, udp, tcp));
        }
        if sockets.len() == addresses.len() {
            return (port, sockets);
        }
    }
    panic!("no port is free on {} addresses", addresses.len());
}

/// What a server answers from.
#[derive(Clone)]
struct Desk {
    address: Ipv4Addr,
    servers: Arc<Mutex<HashMap<Ipv4Addr, Server>>>,
    asked: Arc<Mutex<Vec<(Ipv4Addr, String)>>>,
}

impl Desk {
    fn server(&self) -> Server {
        self.servers.lock().unwrap()[&self.address].clone()
    }

    /// The answer to a question; none to what is no question, and from who is silent.
    fn answer(&self, bytes: &[u8], server: &Server) -> Option<Message> {
        let question = Message::from_vec(bytes).ok()?;
        let query = question.queries.first()?.clone();
        let asked = format!(
            "{} {}",
            query.query_type(),
            query.name().to_ascii().to_lowercase().trim_end_matches('.')
        );
        self.asked.lock().unwrap().push((self.address, asked));
        let resolver = [RESOLVER, SECOND_RESOLVER].contains(&self.address);
        let id =
            if server.manner == Manner::WrongId { question.metadata.id ^ 1 } else { question.metadata.id };
        let mut answer = Message::new(id, MessageType::Response, OpCode::Query);
        answer.metadata.authoritative = !resolver && server.manner != Manner::Lame;
        answer.metadata.recursion_desired = question.metadata.recursion_desired;
        answer.metadata.recursion_available = resolver;
        answer.add_query(query.clone());
        match server.manner {
            Manner::Silent => return None,
            Manner::Code(code) => answer.metadata.response_code = code,
            Manner::Lame => {}
            _ => fill(&mut answer, server, query.name(), query.query_type()),
        }
        Some(answer)
    }
}

/// Puts what the server has into the answer, with the CNAMEs that lead there.
fn fill(answer: &mut Message, server: &Server, asked: &Name, kind: RecordType) {
    let mut at = asked.clone();
    let mut known = false;
    for _ in 0..=server.records.len() {
        known |= server.records.iter().any(|record| at.zone_of(&record.name));
        let here = |record: &&Record| record.name == at;
        let found: Vec<Record> = server
            .records
            .iter()
            .filter(here)
            .filter(|record| record.data.record_type() == kind)
            .cloned()
            .collect();
        if !found.is_empty() {
            answer.add_answers(found);
            return;
        }
        let alias = server.records.iter().filter(here).find_map(|record| match &record.data {
            RData::CNAME(target) => Some((record.clone(), target.0.clone())),
            _ => None,
        });
        let Some((record, target)) = alias else { break };
        answer.add_answer(record);
        at = target;
    }
    if !known && answer.answers.is_empty() {
        answer.metadata.response_code = ResponseCode::NXDomain;
    }
}

async fn serve_udp(desk: Desk, socket: UdpSocket) {
    let mut buffer = [0; 4096];
    let elsewhere = UdpSocket::bind((desk.address, 0)).await.unwrap();
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        let server = desk.server();
        let Some(answer) = desk.answer(&buffer[..length], &server) else { continue };
        let mut bytes = answer.to_vec().unwrap();
        if bytes.len() > DATAGRAM || server.manner == Manner::Truncating {
            let mut short = answer.clone();
            short.metadata.truncation = true;
            short.answers.clear();
            bytes = short.to_vec().unwrap();
        }
        if server.manner == Manner::Garbled {
            bytes.truncate(14);
        }
        let socket = if server.manner == Manner::WrongAddress { &elsewhere } else { &socket };
        let _sent = socket.send_to(&bytes, from).await;
    }
}

async fn serve_tcp(desk: Desk, listener: TcpListener) {
    while let Ok((stream, _from)) = listener.accept().await {
        tokio::spawn(converse(desk.clone(), stream));
    }
}

/// Answers one question after another (RFC 1035 §4.2.2: each message behind its length).
async fn converse(desk: Desk, mut stream: TcpStream) -> Option<()> {
    loop {
        let length = stream.read_u16().await.ok()?;
        let mut bytes = vec![0; usize::from(length)];
        stream.read_exact(&mut bytes).await.ok()?;
        let server = desk.server();
        let answer = desk.answer(&bytes, &server)?.to_vec().unwrap();
        stream.write_u16(u16::try_from(answer.len()).unwrap()).await.ok()?;
        stream.write_all(&answer).await.ok()?;
    }
}
