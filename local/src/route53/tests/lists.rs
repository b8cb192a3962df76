//! Lists start at a name; they don't find it.

use super::*;
use aws_sdk_route53::operation::list_hosted_zones_by_name::ListHostedZonesByNameOutput;
use aws_sdk_route53::operation::list_resource_record_sets::ListResourceRecordSetsOutput;

fn names(answer: &ListHostedZonesByNameOutput) -> Vec<&str> {
    answer.hosted_zones().iter().map(|zone| zone.name()).collect()
}

/// Name and type of each record set.
fn sets(answer: &ListResourceRecordSetsOutput) -> Vec<(&str, &str)> {
    answer.resource_record_sets().iter().map(|set| (set.name(), set.r#type().as_str())).collect()
}

#[tokio::test]
async fn a_hosted_zone_is_told_with_its_name_server() {
    let stand_in = start().await;
    let answer = stand_in.client.get_hosted_zone().id(stand_in.acme.id().as_str()).send().await.unwrap();
    let zone = answer.hosted_zone().unwrap();
    assert_eq!(zone.id(), format!("/hostedzone/{}", stand_in.acme.id()));
    assert_eq!((zone.name(), zone.resource_record_set_count()), ("acme.example.", Some(3)));
    assert!(!zone.config().unwrap().private_zone());
    assert_eq!(answer.delegation_set().unwrap().name_servers(), ["ns1.acme.example"]);
}

#[tokio::test]
async fn zones_are_listed_from_a_name_on_in_the_order_of_reversed_labels() {
    let stand_in = start().await;
    for domain in ["eu.acme.example", "zeta.com"] {
        stand_in.zones.add(&DomainName::parse(domain).unwrap()).unwrap();
    }
    let list = || stand_in.client.list_hosted_zones_by_name();
    let all = list().send().await.unwrap();
    assert_eq!(names(&all), ["zeta.com.", "acme.example.", "eu.acme.example.", "globex.example."]);
    assert_eq!((all.is_truncated(), all.max_items()), (false, 100));
    // Nothing is of that name: what comes after it is answered.
    let answer = list().dns_name("beta.example").send().await.unwrap();
    assert_eq!((names(&answer), answer.dns_name()), (vec!["globex.example."], Some("beta.example")));
    let first = list().dns_name("ACME.example").max_items(1).send().await.unwrap();
    assert_eq!((names(&first), first.is_truncated()), (vec!["acme.example."], true));
    let next = (first.next_dns_name().unwrap(), first.next_hosted_zone_id().unwrap());
    let rest = list().dns_name(next.0).hosted_zone_id(next.1).send().await.unwrap();
    assert_eq!(names(&rest), ["eu.acme.example.", "globex.example."]);
}

#[tokio::test]
async fn a_list_of_zones_that_makes_no_sense_is_refused() {
    let stand_in = start().await;
    let list = || stand_in.client.list_hosted_zones_by_name();
    let code = |answer: Result<_, SdkError<_>>| seen(&answer.unwrap_err()).0;
    assert_eq!(code(list().dns_name("a..b").send().await), "InvalidDomainName");
    assert_eq!(code(list().hosted_zone_id("Z1").send().await), "InvalidInput");
    assert_eq!(code(list().max_items(0).send().await), "InvalidInput");
}

#[tokio::test]
async fn record_sets_are_listed_from_a_name_and_type_on() {
    let stand_in = start().await;
    for (name, value) in [("acme.example", "apex"), ("_portico.acme.example", "1"), ("*.acme.example", "any")]
    {
        stand_in.zones.put(RecordSet::txt(name, &[value]).unwrap()).unwrap();
    }
    let list = || stand_in.client.list_resource_record_sets().hosted_zone_id(stand_in.acme.id().as_str());
    let all = list().send().await.unwrap();
    assert_eq!(
        sets(&all),
        [
            ("acme.example.", "NS"),
            ("acme.example.", "SOA"),
            ("acme.example.", "TXT"),
            ("\\052.acme.example.", "TXT"),
            ("_portico.acme.example.", "TXT"),
            ("ns1.acme.example.", "A"),
        ]
    );
    assert_eq!((all.is_truncated(), all.max_items()), (false, 300));
    let text = &all.resource_record_sets()[2];
    assert_eq!((text.ttl(), text.resource_records()[0].value()), (Some(60), "\"apex\""));

    // As a caller asks for one: a name that isn't there is answered by whatever comes after.
    let one = |name: &str| list().start_record_name(name).start_record_type(RrType::Txt).max_items(1).send();
    assert_eq!(sets(&one("_portico.acme.example").await.unwrap()), [("_portico.acme.example.", "TXT")]);
    assert_eq!(sets(&one("_nobody.acme.example").await.unwrap()), [("_portico.acme.example.", "TXT")]);
    let apex = one("acme.example").await.unwrap();
    assert_eq!((sets(&apex), apex.is_truncated()), (vec![("acme.example.", "TXT")], true));
    assert_eq!(apex.next_record_name(), Some("\\052.acme.example."));
    assert_eq!(apex.next_record_type(), Some(&RrType::Txt));
    let rest = list().start_record_name(apex.next_record_name().unwrap()).send().await.unwrap();
    assert_eq!(sets(&rest).len(), 3);
    assert!(sets(&one("zeta.acme.example").await.unwrap()).is_empty());
}

#[tokio::test]
async fn a_list_of_record_sets_that_makes_no_sense_is_refused() {
    let stand_in = start().await;
    let list = || stand_in.client.list_resource_record_sets().hosted_zone_id(stand_in.acme.id().as_str());
    for request in [
        list().start_record_type(RrType::Txt),
        list().start_record_name("a..b"),
        list().start_record_identifier("x"),
        list().max_items(-1),
    ] {
        assert_eq!(seen(&request.send().await.unwrap_err()).0, "InvalidInput");
    }
}

#[tokio::test]
async fn at_most_300_record_sets_are_answered_at_once() {
    let stand_in = start().await;
    let batch = (0..400)
        .map(|number| change(ChangeAction::Create, txt(&format!("n{number}.acme.example"), &["\"1\""])));
    stand_in.try_change(batch.collect()).await.unwrap();
    let list = || stand_in.client.list_resource_record_sets().hosted_zone_id(stand_in.acme.id().as_str());
    let answer = list().max_items(1000).send().await.unwrap();
    assert_eq!((sets(&answer).len(), answer.is_truncated(), answer.max_items()), (300, true, 300));
    let next = list()
        .set_start_record_name(answer.next_record_name().map(str::to_owned))
        .set_start_record_type(answer.next_record_type().cloned());
    assert_eq!(sets(&next.send().await.unwrap()).len(), 103);
}

#[tokio::test]
async fn an_operation_that_the_stand_in_lacks_says_so() {
    let stand_in = start().await;
    let error = stand_in.client.list_hosted_zones().send().await.unwrap_err();
    assert_eq!(seen(&error).0, "InvalidAction");
}
