//! From the change to the name server.

use super::*;
use hickory_proto::rr::{DNSClass, Name, RecordType};
use hickory_server::net::client::{Client as Asker, ClientHandle as _};
use hickory_server::net::runtime::TokioRuntimeProvider;
use hickory_server::net::udp::UdpClientStream;

/// How many TXT records the name server has at a name.
async fn served(server: &DnsServer, name: &str) -> usize {
    let stream = UdpClientStream::builder(server.address(), TokioRuntimeProvider::default()).build();
    let (mut client, background) = Asker::<TokioRuntimeProvider>::from_sender(stream);
    tokio::spawn(background);
    let name = Name::from_ascii(name).unwrap();
    client.query(name, DNSClass::IN, RecordType::TXT).await.unwrap().answers.len()
}

impl Started {
    async fn status(&self, change: &str) -> ChangeStatus {
        let answer = self.client.get_change().id(change).send().await.unwrap();
        answer.change_info().unwrap().status().clone()
    }

    async fn name_server(&self) -> DnsServer {
        DnsServer::start(self.zones.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap()
    }

    async fn publish(&self) -> String {
        let proof = txt("_portico.acme.example", &["\"portico-verification=1\""]);
        self.make(ChangeAction::Upsert, proof).await.unwrap()
    }
}

#[tokio::test]
async fn a_change_is_listed_at_once_and_served_when_it_is_in_sync() {
    let stand_in = start().await;
    let server = stand_in.name_server().await;
    let change = stand_in.publish().await;
    assert!(change.starts_with("/change/C"), "{change}");
    assert_eq!(stand_in.kept().len(), 1);
    assert_eq!(stand_in.status(&change).await, ChangeStatus::Pending);
    assert_eq!(served(&server, "_portico.acme.example.").await, 0);
    assert_eq!(stand_in.status(&change).await, ChangeStatus::Insync);
    assert_eq!(served(&server, "_portico.acme.example.").await, 1);
    assert_eq!(stand_in.status(&change).await, ChangeStatus::Insync);
}

#[tokio::test]
async fn a_test_sets_how_long_a_change_is_pending() {
    let stand_in = start().await;
    let server = stand_in.name_server().await;
    stand_in.route53.faults().insync_after(0);
    let change = stand_in.publish().await;
    assert_eq!(stand_in.status(&change).await, ChangeStatus::Insync);
    stand_in.route53.faults().stay_pending(true);
    let proof = txt("_portico.acme.example", &["\"1\"", "\"2\""]);
    let change = stand_in.make(ChangeAction::Upsert, proof).await.unwrap();
    for _ in 0..5 {
        assert_eq!(stand_in.status(&change).await, ChangeStatus::Pending);
    }
    assert_eq!(served(&server, "_portico.acme.example.").await, 1);
    stand_in.route53.faults().stay_pending(false);
    assert_eq!(stand_in.status(&change).await, ChangeStatus::Insync);
    assert_eq!(served(&server, "_portico.acme.example.").await, 2);
}

#[tokio::test]
async fn a_change_that_nobody_asks_after_is_served_in_the_end() {
    let stand_in = start().await;
    let server = stand_in.name_server().await;
    stand_in.route53.faults().settle_within(Duration::ZERO);
    stand_in.publish().await;
    while served(&server, "_portico.acme.example.").await == 0 {}
}

#[tokio::test]
async fn a_change_that_was_never_made_is_no_such_change() {
    let stand_in = start().await;
    let error = stand_in.client.get_change().id("C0").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 404);
    assert!(error.into_service_error().is_no_such_change());
}
