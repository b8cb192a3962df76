use super::*;
use crate::dns::record::RecordSet;
use hickory_proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, RecordType};
use hickory_server::net::DnsHandle as _;
use hickory_server::net::client::{Client, ClientHandle as _};
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::net::tcp::TcpClientStream;
use hickory_server::net::udp::UdpClientStream;
use hickory_server::net::xfer::FirstAnswer as _;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::random::Rng;

type Asker = Client<TokioRuntimeProvider>;

async fn start(sets: Vec<RecordSet>) -> (Zones, DnsServer) {
    let zones = Zones::in_memory(Rng::system());
    for domain in ["acme.example", "globex.example"] {
        zones.add(&DomainName::parse(domain).unwrap()).unwrap();
    }
    for set in sets {
        zones.put(set).unwrap();
    }
    let server = DnsServer::start(zones.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    (zones, server)
}

fn udp(server: &DnsServer) -> Asker {
    let stream = UdpClientStream::builder(server.address(), TokioRuntimeProvider::default()).build();
    let (client, background) = Asker::from_sender(stream);
    tokio::spawn(background);
    client
}

async fn tcp(server: &DnsServer) -> Asker {
    let (stream, sender) =
        TcpClientStream::new(server.address(), None, None, TokioRuntimeProvider::default());
    let (client, background) = Asker::new(stream.await.unwrap(), sender);
    tokio::spawn(background);
    client
}

async fn ask(client: &mut Asker, name: &str, record_type: RecordType) -> DnsResponse {
    client.query(Name::from_ascii(name).unwrap(), DNSClass::IN, record_type).await.unwrap()
}

/// The strings of each TXT record of an answer.
fn texts(answer: &DnsResponse) -> Vec<Vec<String>> {
    let records = answer.answers.iter().filter_map(|record| match &record.data {
        RData::TXT(txt) => Some(txt),
        _ => None,
    });
    records
        .map(|txt| txt.txt_data.iter().map(|string| String::from_utf8(string.to_vec()).unwrap()).collect())
        .collect()
}

#[tokio::test]
async fn who_walks_to_the_name_server_of_a_zone_gets_authoritative_answers_over_udp_and_tcp() {
    let long = "x".repeat(300);
    let set = RecordSet::txt("_portico.acme.example", &[&long, "portico-verification=1"]).unwrap();
    let (_, server) = start(vec![set]).await;
    for mut client in [udp(&server), tcp(&server).await] {
        let answer = ask(&mut client, "acme.example.", RecordType::NS).await;
        assert!(answer.metadata.authoritative);
        let RData::NS(name_server) = &answer.answers[0].data else { panic!("{answer:?}") };
        let answer = ask(&mut client, &name_server.0.to_ascii(), RecordType::A).await;
        assert!(answer.metadata.authoritative);
        assert!(matches!(&answer.answers[0].data, RData::A(address) if address.0.is_loopback()));
        let answer = ask(&mut client, "_PORTICO.Acme.example.", RecordType::TXT).await;
        assert!(answer.metadata.authoritative && !answer.metadata.truncation);
        let mut found = texts(&answer);
        found.sort();
        assert_eq!(found, [vec!["portico-verification=1".to_owned()], vec!["x".repeat(255), "x".repeat(45)]]);
        assert_eq!(answer.answers[0].ttl, 60);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_told_apart_and_remembered_for_a_minute() {
    let set = RecordSet::txt("a.b.acme.example", &["1"]).unwrap();
    let (_, server) = start(vec![set]).await;
    let mut client = udp(&server);
    for (name, code) in [
        ("nobody.acme.example.", ResponseCode::NXDomain),
        ("acme.example.", ResponseCode::NoError),
        // Nothing is there, but something is below.
        ("b.acme.example.", ResponseCode::NoError),
        ("ns1.acme.example.", ResponseCode::NoError),
    ] {
        let answer = ask(&mut client, name, RecordType::TXT).await;
        assert_eq!((answer.metadata.response_code, answer.answers.len()), (code, 0), "{name}");
        assert!(answer.metadata.authoritative, "{name}");
        let RData::SOA(soa) = &answer.authorities[0].data else { panic!("{name}: {answer:?}") };
        assert_eq!((soa.minimum, answer.authorities[0].ttl), (60, 60), "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn names_outside_of_the_zones_transfers_and_updates_are_refused() {
    let (_, server) = start(Vec::new()).await;
    let mut client = tcp(&server).await;
    for name in ["example.", "acme.com.", "notacme.example.", "."] {
        let answer = ask(&mut client, name, RecordType::TXT).await;
        assert_eq!(answer.metadata.response_code, ResponseCode::Refused, "{name}");
        assert!(!answer.metadata.authoritative, "{name}");
    }
    let answer = ask(&mut client, "acme.example.", RecordType::AXFR).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
    let query = Query::query(Name::from_ascii("acme.example.").unwrap(), RecordType::SOA);
    let mut update = DnsRequest::from_query(query, DnsRequestOptions::default());
    update.metadata.op_code = OpCode::Update;
    let answer = client.send(update).first_answer().await.unwrap();
    assert_eq!(answer.metadata.response_code, ResponseCode::NotImp);
    server.stop().await;
}

#[tokio::test]
async fn a_cname_is_followed_within_its_zone_and_shown_when_it_leads_out_of_it() {
    let sets = vec![
        RecordSet::cname("_portico.acme.example", "in.acme.example").unwrap(),
        RecordSet::txt("in.acme.example", &["here"]).unwrap(),
        RecordSet::cname("_portico.globex.example", "f00.proof.example.net").unwrap(),
    ];
    let (_, server) = start(sets).await;
    let mut client = udp(&server);
    let answer = ask(&mut client, "_portico.acme.example.", RecordType::TXT).await;
    assert_eq!(texts(&answer), [["here"]]);
    for record_type in [RecordType::TXT, RecordType::CNAME] {
        let answer = ask(&mut client, "_portico.globex.example.", record_type).await;
        let RData::CNAME(target) = &answer.answers[0].data else { panic!("{answer:?}") };
        assert_eq!(target.0.to_ascii(), "f00.proof.example.net.");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_large_answer_is_truncated_over_udp_and_whole_over_tcp() {
    let values: Vec<_> = (0..15).map(|number| format!("{number:02}{}", "x".repeat(3990))).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let (_, server) = start(vec![RecordSet::txt("large.acme.example", &values).unwrap()]).await;
    let query = || Query::query(Name::from_ascii("large.acme.example.").unwrap(), RecordType::TXT);
    for (use_edns, most) in [(false, 512), (true, usize::from(UDP_PAYLOAD))] {
        let mut options = DnsRequestOptions::default();
        options.use_edns = use_edns;
        options.edns_payload_len = u16::MAX;
        let answer = udp(&server).lookup(query(), options).first_answer().await.unwrap();
        assert!(answer.metadata.truncation);
        assert!(answer.as_buffer().len() <= most, "{}", answer.as_buffer().len());
        assert_eq!(answer.edns.is_some(), use_edns);
    }
    let answer = ask(&mut tcp(&server).await, "large.acme.example.", RecordType::TXT).await;
    assert!(!answer.metadata.truncation);
    assert_eq!(texts(&answer).len(), 15);
    assert!(answer.as_buffer().len() > 60_000);
    server.stop().await;
}

#[tokio::test]
async fn what_is_changed_is_answered_at_once() {
    let (zones, server) = start(Vec::new()).await;
    let mut client = udp(&server);
    let set = RecordSet::txt("_portico.acme.example", &["1"]).unwrap();
    assert!(texts(&ask(&mut client, "_portico.acme.example.", RecordType::TXT).await).is_empty());
    zones.put(set.clone()).unwrap();
    assert_eq!(texts(&ask(&mut client, "_portico.acme.example.", RecordType::TXT).await), [["1"]]);
    zones.remove(&set.name, set.record_type()).unwrap();
    assert!(texts(&ask(&mut client, "_portico.acme.example.", RecordType::TXT).await).is_empty());
    zones.add(&DomainName::parse("initech.example").unwrap()).unwrap();
    assert_eq!(ask(&mut client, "initech.example.", RecordType::SOA).await.answers.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn after_packets_that_are_no_questions_it_still_answers() {
    let (_, server) = start(Vec::new()).await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let header = [0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    // A name that points at itself, and a record whose length runs over the end.
    let pointer = [&[0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &[0xc0, 12, 0, 16, 0, 1]].concat();
    let overrun =
        [&[0, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0][..], &[0, 0, 16, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 9]].concat();
    for packet in [&[][..], &[0], &header, &pointer, &overrun, &[0xff; 4096]] {
        socket.send_to(packet, server.address()).await.unwrap();
    }
    let answer = ask(&mut udp(&server), "acme.example.", RecordType::SOA).await;
    assert_eq!(answer.answers.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_to_be() {
    let (zones, server) = start(Vec::new()).await;
    let refused = DnsServer::start(zones, server.address()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    server.stop().await;
}
