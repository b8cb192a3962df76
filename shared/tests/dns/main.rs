//! Looks at a claim's record, over real sockets: what each kind of server and each kind of record comes to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

use std::collections::HashSet;

use hickory_net::proto::op::ResponseCode;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::domain_proof::{Failure, Finding, Outcome, Sighting, Wanted};
use portico_shared::net::dns::Look;
use portico_testing::Bench;
use portico_testing::dns::{Manner, RESOLVER, SECOND_RESOLVER, TestDns};

const NAME: &str = "_portico.acme.com";
const VALUE: &str = "portico-verification=0123456789abcdef0123456789abcdef";
const TARGET: &str = "fedcba9876543210fedcba9876543210.proof.portico.example";
const WANTED: Wanted<'_> = Wanted { txt: VALUE, cname: Some(TARGET) };

/// acme.com on so many name servers.
async fn acme(name_servers: u8) -> TestDns {
    let dns = TestDns::start(name_servers + 1).await;
    let servers: Vec<_> = (0..name_servers).map(TestDns::server).collect();
    dns.delegate("acme.com", &servers);
    dns
}

/// The server that is no server of acme.com.
fn other(name_servers: u8) -> std::net::Ipv4Addr {
    TestDns::server(name_servers)
}

async fn sighting(dns: &TestDns, nearby: bool, second_voice: bool) -> Sighting {
    let bench = Bench::with_dns(dns).await;
    let domain = DomainName::parse("acme.com").unwrap();
    let look = Look { domain: &domain, label: "_portico", wanted: WANTED, second_voice, nearby };
    bench.app.dns().look(&look).await
}

async fn found(dns: &TestDns) -> Finding {
    sighting(dns, false, false).await.finding(&WANTED)
}

async fn outcome(dns: &TestDns) -> Outcome {
    found(dns).await.outcome
}

#[tokio::test]
async fn a_record_is_found_at_the_zones_own_servers_though_resolvers_deny_it() {
    let dns = acme(2).await;
    assert_eq!(outcome(&dns).await, Outcome::NoRecord);
    for server in [0, 1].map(TestDns::server) {
        dns.txt(server, NAME, &[VALUE]);
    }
    assert_eq!(outcome(&dns).await, Outcome::Found);
    let asked = dns.asked();
    let resolvers_for_txt =
        |(server, question): &&(_, String)| *server == RESOLVER && question.starts_with("TXT");
    assert_eq!(
        asked.iter().filter(resolvers_for_txt).count(),
        0,
        "they only say who is in charge: {asked:?}"
    );
}

#[tokio::test]
async fn a_value_in_several_strings_is_one_value() {
    let dns = acme(1).await;
    dns.txt(TestDns::server(0), NAME, &[&VALUE[..10], &VALUE[10..20], &VALUE[20..]]);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn two_tokens_and_fifty_other_records_hide_nothing_though_the_answer_needs_tcp() {
    let dns = acme(1).await;
    let server = TestDns::server(0);
    for number in 0..50 {
        dns.txt(server, NAME, &[&format!("{number}-{}", "x".repeat(200))]);
    }
    dns.txt(server, NAME, &["portico-verification=ffffffffffffffffffffffffffffffff"]);
    assert_eq!(outcome(&dns).await, Outcome::WrongValue);
    dns.txt(server, NAME, &[VALUE]);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn an_answer_of_sixty_kilobytes_is_read() {
    let dns = acme(1).await;
    let server = TestDns::server(0);
    let strings = vec!["y".repeat(250); 8];
    let strings: Vec<&str> = strings.iter().map(String::as_str).collect();
    for _ in 0..30 {
        dns.txt(server, NAME, &strings);
    }
    dns.txt(server, NAME, &[VALUE]);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn a_server_that_says_the_answer_does_not_fit_is_asked_over_tcp() {
    let dns = acme(1).await;
    dns.txt(TestDns::server(0), NAME, &[VALUE]);
    dns.behave(TestDns::server(0), Manner::Truncating);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn one_of_three_servers_that_lags_is_a_split_and_is_named() {
    let dns = acme(3).await;
    for server in [0, 2].map(TestDns::server) {
        dns.txt(server, NAME, &[VALUE]);
    }
    let finding = found(&dns).await;
    assert_eq!((finding.outcome, finding.servers), (Outcome::Split, vec!["ns1.acme.com".to_owned()]));
}

#[tokio::test]
async fn one_of_three_servers_that_is_silent_is_no_objection() {
    let dns = acme(3).await;
    for server in [0, 2].map(TestDns::server) {
        dns.txt(server, NAME, &[VALUE]);
    }
    dns.behave(TestDns::server(1), Manner::Silent);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn servers_that_fail_each_fail_in_their_own_way() {
    for (manner, failure) in [
        (Manner::Code(ResponseCode::ServFail), Failure::ServerFailure),
        (Manner::Code(ResponseCode::Refused), Failure::Refused),
        (Manner::Code(ResponseCode::NotImp), Failure::Garbled),
        (Manner::Lame, Failure::Lame),
    ] {
        let dns = acme(1).await;
        dns.txt(TestDns::server(0), NAME, &[VALUE]);
        dns.behave(TestDns::server(0), manner);
        let finding = found(&dns).await;
        assert_eq!(finding.outcome, Outcome::ServerFailure, "{manner:?}");
        assert_eq!((finding.failure, finding.servers), (Some(failure), vec!["ns0.acme.com".to_owned()]));
    }
}

#[tokio::test]
async fn no_answer_and_an_answer_by_somebody_else_are_the_same() {
    for manner in [Manner::Silent, Manner::WrongId, Manner::WrongAddress] {
        let dns = acme(1).await;
        dns.txt(TestDns::server(0), NAME, &[VALUE]);
        dns.behave(TestDns::server(0), manner);
        assert_eq!(outcome(&dns).await, Outcome::Timeout, "{manner:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_no_record() {
    let dns = acme(1).await;
    dns.txt(TestDns::server(0), NAME, &[VALUE]);
    dns.behave(TestDns::server(0), Manner::Garbled);
    let outcome = outcome(&dns).await;
    assert!(matches!(outcome, Outcome::ServerFailure | Outcome::Timeout), "{outcome:?}");
}

#[tokio::test]
async fn a_domain_that_nobody_registered_is_told_from_one_without_a_record() {
    let dns = TestDns::start(1).await;
    assert_eq!(outcome(&dns).await, Outcome::NoSuchDomain);
}

#[tokio::test]
async fn resolvers_that_do_not_answer_are_a_timeout_and_the_second_one_stands_in_for_the_first() {
    let dns = acme(1).await;
    dns.txt(TestDns::server(0), NAME, &[VALUE]);
    dns.behave(RESOLVER, Manner::Silent);
    assert_eq!(outcome(&dns).await, Outcome::Found);
    dns.behave(SECOND_RESOLVER, Manner::Silent);
    assert_eq!(outcome(&dns).await, Outcome::Timeout);
}

#[tokio::test]
async fn a_zone_whose_servers_are_silent_is_proved_by_two_resolvers() {
    let dns = acme(1).await;
    dns.behave(TestDns::server(0), Manner::Silent);
    dns.txt(RESOLVER, NAME, &[VALUE]);
    assert_eq!(outcome(&dns).await, Outcome::Timeout, "one of them is not enough");
    dns.txt(SECOND_RESOLVER, NAME, &[VALUE]);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn a_cname_to_the_proof_is_the_proof_and_nothing_is_published_there() {
    let dns = acme(1).await;
    dns.cname(TestDns::server(0), NAME, TARGET);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn a_cname_is_followed_across_zones_to_the_txt_record() {
    let dns = acme(1).await;
    dns.delegate("corp.net", &[other(1)]);
    dns.cname(TestDns::server(0), NAME, "first.corp.net");
    dns.cname(other(1), "first.corp.net", "second.corp.net");
    dns.txt(other(1), "second.corp.net", &[VALUE]);
    assert_eq!(outcome(&dns).await, Outcome::Found);
}

#[tokio::test]
async fn a_cname_to_another_name_is_shown_with_what_stands_there() {
    let dns = acme(1).await;
    dns.delegate("corp.net", &[other(1)]);
    dns.cname(TestDns::server(0), NAME, "first.corp.net");
    dns.txt(other(1), "first.corp.net", &["something else"]);
    let finding = found(&dns).await;
    assert_eq!(finding.outcome, Outcome::WrongValue);
    assert_eq!(finding.found, ["CNAME to first.corp.net", "something else"]);
}

#[tokio::test]
async fn cnames_in_a_circle_are_named() {
    let dns = acme(1).await;
    dns.delegate("corp.net", &[other(1)]);
    dns.cname(TestDns::server(0), NAME, "back.corp.net");
    dns.cname(other(1), "back.corp.net", NAME);
    let finding = found(&dns).await;
    assert_eq!((finding.outcome, finding.failure), (Outcome::ServerFailure, Some(Failure::CnameLoop)));
    let inside = acme(1).await;
    inside.cname(TestDns::server(0), NAME, NAME);
    assert_eq!(found(&inside).await.failure, Some(Failure::CnameLoop));
}

#[tokio::test]
async fn a_chain_of_many_zones_ends() {
    let dns = acme(1).await;
    for number in 0..20 {
        let (zone, next) = (format!("z{number}.net"), format!("x.z{}.net", number + 1));
        dns.delegate(&zone, &[other(1)]);
        dns.cname(other(1), &format!("x.{zone}"), &next);
    }
    dns.cname(TestDns::server(0), NAME, "x.z0.net");
    let finding = found(&dns).await;
    assert!(matches!(finding.failure, Some(Failure::CnameLoop | Failure::DeadCname)), "{finding:?}");
}

#[tokio::test]
async fn a_cname_to_a_dead_zone_is_named() {
    let dns = acme(1).await;
    dns.cname(TestDns::server(0), NAME, "x.corp.net");
    let finding = found(&dns).await;
    assert_eq!((finding.outcome, finding.failure), (Outcome::ServerFailure, Some(Failure::DeadCname)));
    dns.delegate("corp.net", &[other(1)]);
    dns.behave(other(1), Manner::Silent);
    assert_eq!(found(&dns).await.failure, Some(Failure::DeadCname));
}

#[tokio::test]
async fn the_right_value_at_a_wrong_name_is_found_for_somebody_who_waits() {
    for place in ["acme.com", "_portico.acme.com.acme.com"] {
        let dns = acme(1).await;
        dns.txt(TestDns::server(0), place, &[VALUE]);
        let finding = sighting(&dns, true, false).await.finding(&WANTED);
        assert_eq!((finding.outcome, finding.found), (Outcome::Misplaced, vec![place.to_owned()]));
        assert_eq!(outcome(&dns).await, Outcome::NoRecord);
    }
}

#[tokio::test]
async fn a_record_that_is_gone_everywhere_is_gone_and_one_silent_resolver_leaves_a_doubt() {
    let dns = acme(1).await;
    assert!(sighting(&dns, false, true).await.disproves(&WANTED));
    dns.behave(SECOND_RESOLVER, Manner::Silent);
    assert!(!sighting(&dns, false, true).await.disproves(&WANTED));
}

#[tokio::test]
async fn a_subdomain_is_looked_for_in_the_zone_that_has_it() {
    let dns = acme(1).await;
    dns.txt(TestDns::server(0), "_portico.eu.acme.com", &[VALUE]);
    let bench = Bench::with_dns(&dns).await;
    let domain = DomainName::parse("eu.acme.com").unwrap();
    let look =
        Look { domain: &domain, label: "_portico", wanted: WANTED, second_voice: false, nearby: false };
    assert!(bench.app.dns().look(&look).await.proves(&WANTED));
    assert_eq!(outcome(&dns).await, Outcome::NoRecord, "and proves nothing about the domain above it");
}

#[tokio::test]
async fn cnames_through_zones_of_many_servers_are_said_once_and_not_again_with_each_server() {
    let dns = TestDns::start(8).await;
    let all: Vec<_> = (0..8).map(TestDns::server).collect();
    dns.delegate("acme.com", &all);
    for hop in 0..7 {
        let zone = format!("z{hop}.net");
        dns.delegate(&zone, &all);
        for server in &all {
            let from = if hop == 0 { NAME.to_owned() } else { format!("x.z{}.net", hop - 1) };
            dns.cname(*server, &from, &format!("x.{zone}"));
        }
    }
    let sighting = sighting(&dns, false, false).await;
    assert!(sighting.servers.len() <= 64, "{}", sighting.servers.len());
    assert!(dns.asked().len() < 1_000, "{}", dns.asked().len());
}

#[tokio::test]
async fn several_names_of_one_server_are_asked_once() {
    let dns = acme(0).await;
    dns.delegate("acme.com", &[TestDns::server(0); 5]);
    dns.txt(TestDns::server(0), NAME, &[VALUE]);
    assert_eq!(outcome(&dns).await, Outcome::Found);
    let asked = dns.asked();
    assert_eq!(asked.iter().filter(|(_, question)| question.starts_with("TXT")).count(), 1);
}

#[tokio::test]
async fn a_resolver_that_is_out_of_order_is_waited_for_once() {
    let dns = acme(1).await;
    dns.txt(TestDns::server(0), NAME, &[VALUE]);
    dns.behave(RESOLVER, Manner::Silent);
    assert_eq!(outcome(&dns).await, Outcome::Found);
    let mut waited_for: Vec<_> = dns.asked().into_iter().filter(|(server, _)| *server == RESOLVER).collect();
    waited_for.dedup();
    assert_eq!(waited_for.len(), 1, "{waited_for:?}");
}

#[tokio::test]
async fn no_more_than_a_hundred_questions_are_under_way_however_many_looks_are() {
    let dns = TestDns::start(1).await;
    [RESOLVER, SECOND_RESOLVER].iter().for_each(|resolver| dns.behave(*resolver, Manner::Silent));
    let bench = Bench::with_dns(&dns).await;
    let mut looks = tokio::task::JoinSet::new();
    for number in 0..150 {
        let app = bench.app.clone();
        looks.spawn(async move {
            let domain = DomainName::parse(&format!("d{number}.example")).unwrap();
            let look = Look {
                domain: &domain,
                label: "_portico",
                wanted: WANTED,
                second_voice: false,
                nearby: false,
            };
            app.dns().look(&look).await
        });
    }
    // Nobody answers, so a question stays under way, and a datagram that is sent again is no new one.
    let asked = || dns.asked().into_iter().map(|(_, question)| question).collect::<HashSet<_>>().len();
    while asked() < 100 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(asked(), 100);
}
