mod batches;
mod changes;
mod fake;
mod pace;
mod zones;

use std::time::Duration;

use self::fake::{FakeRoute53, Fault, Set};
use super::*;

const ZONE: &str = "Z0001";
const NAME: &str = "_portico.acme.com.";
const VALUE: &str = "portico-verification=0123";
const QUOTED: &str = r#""portico-verification=0123""#;
const OTHER: &str = r#""other""#;

/// The zone acme.com with some records besides.
fn acme(sets: &[Set]) -> FakeRoute53 {
    let mut all = vec![Set::new("acme.com.", "SOA", 900, &["ns. host. 1 2 3 4 5"])];
    all.extend_from_slice(sets);
    FakeRoute53::default().with_zone(ZONE, "acme.com.", false, &all)
}

/// The client as it is, except that it doesn't wait.
fn hurried(fake: &FakeRoute53, ids: &[&str]) -> Route53 {
    let pause = Duration::from_millis(1);
    Route53 {
        pace: Arc::new(Pace::new(Duration::ZERO)),
        polling: Polling { first: pause, then: pause },
        ..Route53::new(fake.client(), ids.iter().copied().map(zone).collect())
    }
}

fn zone(id: &str) -> HostedZoneId {
    HostedZoneId::parse(id).unwrap()
}

fn name(text: &str) -> RecordName {
    RecordName::parse(text).unwrap()
}

async fn publish(fake: &FakeRoute53) -> Result<Published, Route53Error> {
    hurried(fake, &[ZONE]).publish_txt(&name(NAME), VALUE).await
}

async fn withdraw(fake: &FakeRoute53) -> Result<Withdrawn, Route53Error> {
    hurried(fake, &[ZONE]).withdraw_txt(&name(NAME), VALUE).await
}

/// The TXT records at the name.
fn at_name(fake: &FakeRoute53) -> Option<Set> {
    fake.sets(ZONE).into_iter().find(|set| set.name == NAME && set.kind == "TXT")
}

fn first_change() -> ChangeId {
    ChangeId::parse("C1").unwrap()
}

fn publish_at(host: &str, value: &str) -> TxtChange {
    TxtChange::Publish { name: name(host), value: value.to_owned() }
}

#[tokio::test]
async fn a_value_is_published_where_there_is_none_and_the_next_name_of_the_list_is_left_alone() {
    let next = Set::new("_porticos.acme.com.", "TXT", 300, &[OTHER]);
    let fake = acme(&[next.clone(), Set::new(r"\052.acme.com.", "CNAME", 300, &["acme.com."])]);
    assert_eq!(publish(&fake).await, Ok(Published::Sent(first_change())));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 60, &[QUOTED])));
    assert!(fake.sets(ZONE).contains(&next));
    assert_eq!(fake.batches(), [[("CREATE".to_owned(), NAME.to_owned())]]);
}

#[tokio::test]
async fn other_values_and_their_time_to_live_stay_as_they_are_written() {
    let others = [r#""v=spf1 -all""#, r#""a" "b\054""#];
    let fake = acme(&[Set::new(NAME, "TXT", 3600, &others), Set::new(NAME, "A", 60, &["192.0.2.1"])]);
    assert_eq!(publish(&fake).await, Ok(Published::Sent(first_change())));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 3600, &[others[0], others[1], QUOTED])));
    assert_eq!(
        fake.batches()[0].iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(),
        ["DELETE", "CREATE"]
    );

    assert!(matches!(withdraw(&fake).await, Ok(Withdrawn::Sent(_))));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 3600, &others)));
}

#[tokio::test]
async fn a_value_that_is_there_already_is_not_written_again_whatever_its_writing() {
    for written in [QUOTED, r#""portico-verification" "=0123""#, r#""\160ortico-verification=0123""#] {
        let fake = acme(&[Set::new("_PORTICO.acme.com.", "TXT", 300, &[OTHER, written])]);
        assert_eq!(publish(&fake).await, Ok(Published::Already), "{written}");
        assert_eq!(fake.asked(), ["GetHostedZone", "ListResourceRecordSets"]);
    }
}

#[tokio::test]
async fn withdrawing_the_only_value_deletes_the_records_as_they_are_written() {
    let fake = acme(&[Set::new(NAME, "TXT", 7, &[r#""portico-" "verification=0123""#])]);
    assert_eq!(withdraw(&fake).await, Ok(Withdrawn::Sent(first_change())));
    assert_eq!(at_name(&fake), None);
    assert_eq!(fake.batches(), [[("DELETE".to_owned(), NAME.to_owned())]]);
}

#[tokio::test]
async fn withdrawing_what_is_not_there_changes_nothing() {
    for sets in [
        vec![],
        vec![Set::new(NAME, "TXT", 60, &[OTHER])],
        vec![Set::new(NAME, "CNAME", 60, &["elsewhere.example."])],
        vec![Set::new("_porticos.acme.com.", "TXT", 60, &[QUOTED])],
    ] {
        let fake = acme(&sets);
        assert_eq!(withdraw(&fake).await, Ok(Withdrawn::NothingThere));
        assert_eq!(fake.batches().len(), 0);
    }
}

#[tokio::test]
async fn a_cname_at_the_name_is_reported_as_what_is_in_the_way() {
    let fake = acme(&[Set::new(NAME, "CNAME", 60, &["elsewhere.example."])]);
    assert_eq!(publish(&fake).await, Err(Route53Error::CnameInTheWay { name: name(NAME) }));
    assert_eq!(fake.asked(), ["GetHostedZone", "ListResourceRecordSets"]);
}

#[tokio::test]
async fn records_with_a_routing_policy_are_not_touched() {
    let weighted = Set { identifier: Some("blue".to_owned()), ..Set::new(NAME, "TXT", 60, &[QUOTED]) };
    let fake = acme(&[weighted]);
    assert_eq!(publish(&fake).await, Err(Route53Error::NotSimple { name: name(NAME) }));
    assert_eq!(withdraw(&fake).await, Err(Route53Error::NotSimple { name: name(NAME) }));
    assert_eq!(fake.batches().len(), 0);
}

#[tokio::test]
async fn a_name_with_more_records_than_a_page_holds_is_read_to_its_end() {
    let weighted =
        |nth: u32| Set { identifier: Some(format!("{nth:02}")), ..Set::new(NAME, "A", 60, &["192.0.2.1"]) };
    let mut sets: Vec<Set> = (0..45).map(weighted).collect();
    sets.push(Set::new(NAME, "TXT", 60, &[QUOTED]));
    let fake = acme(&sets);
    assert_eq!(publish(&fake).await, Ok(Published::Already));
    let list = "ListResourceRecordSets";
    assert_eq!(fake.asked(), ["GetHostedZone", list, list, list]);
}

#[tokio::test]
async fn what_somebody_else_writes_meanwhile_is_read_again_and_kept() {
    let theirs = |values: &[&str]| Set::new(NAME, "TXT", 300, values);
    let fake = acme(&[]);
    fake.meanwhile(vec![theirs(&[OTHER])]);
    assert_eq!(publish(&fake).await, Ok(Published::Sent(first_change())));
    assert_eq!(at_name(&fake), Some(theirs(&[OTHER, QUOTED])));
    let (list, change) = ("ListResourceRecordSets", "ChangeResourceRecordSets");
    assert_eq!(fake.asked(), ["GetHostedZone", list, change, list, change]);

    fake.meanwhile(vec![theirs(&[OTHER, QUOTED, r#""more""#])]);
    assert!(matches!(withdraw(&fake).await, Ok(Withdrawn::Sent(_))));
    assert_eq!(at_name(&fake), Some(theirs(&[OTHER, r#""more""#])));

    fake.meanwhile(vec![]);
    assert!(matches!(publish(&fake).await, Ok(Published::Sent(_))));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 60, &[QUOTED])));
}

#[tokio::test]
async fn another_time_to_live_written_meanwhile_is_kept_too() {
    let fake = acme(&[Set::new(NAME, "TXT", 300, &[OTHER])]);
    fake.meanwhile(vec![Set::new(NAME, "TXT", 5, &[OTHER])]);
    assert!(matches!(publish(&fake).await, Ok(Published::Sent(_))));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 5, &[OTHER, QUOTED])));
}

#[tokio::test]
async fn after_three_tries_against_others_it_is_given_up() {
    let fake = acme(&[]);
    for ttl in [1, 2, 3] {
        fake.meanwhile(vec![Set::new(NAME, "TXT", ttl, &[OTHER])]);
    }
    assert_eq!(publish(&fake).await, Err(Route53Error::Contended));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 3, &[OTHER])));
}

#[tokio::test]
async fn a_refusal_that_nobody_else_caused_is_passed_on_in_at_most_200_characters() {
    let fake = acme(&[]);
    let refused = hurried(&fake, &[ZONE]).publish_txt(&name(NAME), &"x".repeat(5000)).await;
    let Err(Route53Error::Refused(words)) = refused else { panic!("{refused:?}") };
    assert!(words.starts_with("[Invalid Resource Record: \"xxx"), "{words}");
    assert_eq!(words.len(), 200);
    assert_eq!(fake.asked().iter().filter(|action| **action == "ChangeResourceRecordSets").count(), 2);
}

#[tokio::test]
async fn a_value_longer_than_a_character_string_is_published_in_several() {
    let fake = acme(&[]);
    let value = "0123456789".repeat(60) + "\"\\\u{fc}";
    let route53 = hurried(&fake, &[ZONE]);
    assert!(matches!(route53.publish_txt(&name(NAME), &value).await, Ok(Published::Sent(_))));
    assert_eq!(at_name(&fake).unwrap().values[0].matches("\" \"").count(), 2);
    assert_eq!(route53.publish_txt(&name(NAME), &value).await, Ok(Published::Already));
    assert!(matches!(route53.withdraw_txt(&name(NAME), &value).await, Ok(Withdrawn::Sent(_))));
}

#[tokio::test]
async fn a_throttled_change_is_tried_again_and_reported_after_the_third_time() {
    let (throttled, busy) =
        (Fault::Refused(400, "Throttling"), Fault::Refused(400, "PriorRequestNotComplete"));
    let fake = acme(&[]);
    fake.fail("ChangeResourceRecordSets", &[throttled, busy]);
    assert_eq!(publish(&fake).await, Ok(Published::Sent(first_change())));
    assert_eq!(fake.asked().iter().filter(|action| **action == "ChangeResourceRecordSets").count(), 3);

    for last in [throttled, busy] {
        let fake = acme(&[]);
        fake.fail("ChangeResourceRecordSets", &[throttled, busy, last]);
        assert_eq!(publish(&fake).await, Err(Route53Error::Throttled));
    }
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_found_to_be_done() {
    let fake = acme(&[Set::new(NAME, "TXT", 300, &[OTHER])]);
    fake.fail("ChangeResourceRecordSets", &[Fault::AnswerLost]);
    assert_eq!(publish(&fake).await, Ok(Published::Already));
    assert_eq!(at_name(&fake), Some(Set::new(NAME, "TXT", 300, &[OTHER, QUOTED])));
}

#[tokio::test]
async fn an_action_that_iam_denies_is_named() {
    for (action, named) in [
        ("GetHostedZone", "route53:GetHostedZone"),
        ("ListResourceRecordSets", "route53:ListResourceRecordSets"),
        ("ChangeResourceRecordSets", "route53:ChangeResourceRecordSets"),
    ] {
        let fake = acme(&[]);
        fake.fail(action, &[Fault::Refused(403, "AccessDenied")]);
        assert_eq!(publish(&fake).await, Err(Route53Error::AccessDenied { action: named }));
    }
    let fake = acme(&[]);
    fake.fail("GetChange", &[Fault::Refused(403, "AccessDenied")]);
    let status = hurried(&fake, &[ZONE]).change_status(&first_change()).await;
    assert_eq!(status, Err(Route53Error::AccessDenied { action: "route53:GetChange" }));
}

#[tokio::test]
async fn a_server_that_fails_or_is_not_there_is_tried_three_times() {
    for fault in [Fault::Unreachable, Fault::Refused(500, "InternalFailure")] {
        let fake = acme(&[]);
        fake.fail("ListResourceRecordSets", &[fault, fault, fault]);
        assert_eq!(publish(&fake).await, Err(Route53Error::Unreachable));
        let list = "ListResourceRecordSets";
        assert_eq!(fake.asked(), ["GetHostedZone", list, list, list]);
    }
}

#[tokio::test]
async fn a_zone_that_goes_after_it_was_read_is_reported_as_missing() {
    let fake = acme(&[]);
    fake.fail("ListResourceRecordSets", &[Fault::Refused(404, "NoSuchHostedZone")]);
    assert_eq!(publish(&fake).await, Err(Route53Error::NoSuchZone(zone(ZONE))));
}
