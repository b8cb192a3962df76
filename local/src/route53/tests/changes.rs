//! Changing record sets.

use super::*;

#[tokio::test]
async fn a_batch_creates_replaces_and_deletes() {
    let stand_in = start().await;
    let proof = txt("_portico.acme.example", &["\"portico-verification=1\""]);
    stand_in.make(ChangeAction::Create, proof).await.unwrap();
    let two = txt("_Portico.acme.example.", &["\"portico-verification=1\"", "\"other\" \"\\303\\244 \\\"\""]);
    stand_in.make(ChangeAction::Upsert, two.clone()).await.unwrap();
    assert_eq!(
        stand_in.kept()[0].values(),
        two.resource_records().iter().map(|r| r.value()).collect::<Vec<_>>()
    );
    let alias = set("www.acme.example", RrType::Cname, 300, &["elsewhere.example"]);
    let batch = vec![change(ChangeAction::Delete, two), change(ChangeAction::Create, alias)];
    stand_in.try_change(batch).await.unwrap();
    assert_eq!(
        stand_in.kept(),
        [RecordSet { ttl: 300, ..RecordSet::cname("www.acme.example", "elsewhere.example").unwrap() }]
    );
}

#[tokio::test]
async fn a_refused_batch_leaves_everything_as_it_was_and_says_all_that_is_wrong() {
    let stand_in = start().await;
    let batch = vec![
        change(ChangeAction::Create, txt("a.acme.example", &["\"1\""])),
        change(ChangeAction::Delete, txt("b.acme.example", &["\"1\""])),
        change(ChangeAction::Create, txt("a.globex.example", &["\"1\""])),
    ];
    assert_eq!(
        stand_in.try_change(batch).await.unwrap_err(),
        (
            "InvalidChangeBatch".to_owned(),
            "[Tried to delete resource record set [name='b.acme.example.', type='TXT'] but it was not found, \
             RRSet with DNS name a.globex.example. is not permitted in zone acme.example.]"
                .to_owned()
        )
    );
    assert_eq!(stand_in.kept(), []);
}

#[tokio::test]
async fn every_violation_is_an_invalid_change_batch() {
    let stand_in = start().await;
    stand_in.make(ChangeAction::Create, txt("text.acme.example", &["\"1\"", "\"2\""])).await.unwrap();
    let alias = |name: &str| set(name, RrType::Cname, 60, &["elsewhere.example"]);
    stand_in.make(ChangeAction::Create, alias("alias.acme.example")).await.unwrap();
    let before = stand_in.kept();
    let long = format!("\"{}\"", "x".repeat(256));
    let create = |value: &str| (ChangeAction::Create, txt("new.acme.example", &[value]));
    for ((action, set), message) in [
        (create("unquoted"), "InvalidCharacterString (Value should be enclosed in quotation marks)"),
        (create("\"a\" b"), "InvalidCharacterString (Value should be enclosed in quotation marks)"),
        (create(&long), "CharacterStringTooLong (Value is too long)"),
        (create("\"ä\""), "UnsupportedCharacter (Value contains unsupported characters)"),
        ((ChangeAction::Create, txt("new.acme.example", &["\"1\"", "\"1\""])), "Duplicate Resource Record"),
        ((ChangeAction::Create, txt("a..acme.example", &["\"1\""])), "InvalidDomainName"),
        (
            (ChangeAction::Create, txt("acme.example.net", &["\"1\""])),
            "is not permitted in zone acme.example.",
        ),
        ((ChangeAction::Create, txt("text.acme.example", &["\"3\""])), "but it already exists"),
        ((ChangeAction::Delete, txt("text.acme.example", &["\"1\""])), "do not match the current values"),
        (
            (ChangeAction::Delete, set("text.acme.example", RrType::Txt, 61, &["\"1\"", "\"2\""])),
            "do not match the current values",
        ),
        ((ChangeAction::Delete, alias("text.acme.example")), "but it was not found"),
        ((ChangeAction::Upsert, alias("acme.example")), "is not permitted at apex in zone acme.example."),
        ((ChangeAction::Upsert, alias("text.acme.example")), "conflicts with other records"),
        ((ChangeAction::Upsert, txt("alias.acme.example", &["\"1\""])), "conflicting RRSet of type CNAME"),
        (
            (ChangeAction::Create, set("new.acme.example", RrType::Cname, 60, &["a.example", "b.example"])),
            "more than one resource record",
        ),
    ] {
        let (code, said) = stand_in.make(action, set.clone()).await.unwrap_err();
        assert_eq!((code.as_str(), said.contains(message)), ("InvalidChangeBatch", true), "{set:?}: {said}");
    }
    assert_eq!(stand_in.kept(), before);
}

#[tokio::test]
async fn what_has_the_wrong_form_is_an_invalid_input() {
    let stand_in = start().await;
    let too_long = format!("\"{}\"", "x".repeat(3999));
    let without_ttl =
        ResourceRecordSet::builder().name("a.acme.example").r#type(RrType::Txt).build().unwrap();
    let weighted = ResourceRecordSet::builder().name("a.acme.example").r#type(RrType::Txt).ttl(60).weight(1);
    for (action, set, message) in [
        (ChangeAction::Create, txt("a.acme.example", &[&too_long]), "less than or equal to 4000"),
        (ChangeAction::Create, txt("a.acme.example", &[]), "greater than or equal to 1"),
        (ChangeAction::Create, set("a.acme.example", RrType::Txt, -1, &["\"1\""]), "0 and 2147483647"),
        (ChangeAction::Create, set("a.acme.example", RrType::Mx, 60, &["1 a.example"]), "TXT and CNAME"),
        (ChangeAction::from("REPLACE"), txt("a.acme.example", &["\"1\""]), "enum value set"),
        (ChangeAction::Create, without_ttl, "Expected exactly one of"),
        (ChangeAction::Create, weighted.build().unwrap(), "simple record sets"),
    ] {
        let (code, said) = stand_in.make(action, set.clone()).await.unwrap_err();
        assert_eq!((code.as_str(), said.contains(message)), ("InvalidInput", true), "{set:?}: {said}");
    }
    assert_eq!(stand_in.try_change(Vec::new()).await.unwrap_err().0, "InvalidInput");
}

#[tokio::test]
async fn a_body_that_is_no_change_request_is_an_invalid_input() {
    let stand_in = start().await;
    let wrong_namespace = "<ChangeResourceRecordSetsRequest xmlns=\"urn:other\"/>";
    let bare = "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"/>";
    let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    for body in ["", "text", "<a/>", "<!DOCTYPE a><a/>", wrong_namespace, bare, &deep] {
        assert!(matches!(request::read(body.as_bytes()), Err(ServiceError::InvalidInput(_))), "{body}");
    }
    assert!(matches!(request::read(&[0xff]), Err(ServiceError::InvalidInput(_))));
    assert_eq!(stand_in.kept(), []);
}

#[tokio::test]
async fn a_batch_has_at_most_a_thousand_records_and_those_of_an_upsert_count_twice() {
    let stand_in = start().await;
    let batch = |action: ChangeAction, number: usize| {
        let sets = (0..number).map(|number| txt(&format!("n{number}.acme.example"), &["\"1\""]));
        sets.map(|set| change(action.clone(), set)).collect::<Vec<_>>()
    };
    stand_in.try_change(batch(ChangeAction::Create, 1000)).await.unwrap();
    stand_in.try_change(batch(ChangeAction::Upsert, 500)).await.unwrap();
    for batch in [batch(ChangeAction::Delete, 1001), batch(ChangeAction::Upsert, 501)] {
        let (code, message) = stand_in.try_change(batch).await.unwrap_err();
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("InvalidChangeBatch", "[Number of records limit of 1000 exceeded.]")
        );
    }
}

#[tokio::test]
async fn a_batch_has_at_most_32000_characters() {
    let stand_in = start().await;
    let value = format!("\"{}\"", "x".repeat(253));
    let value = [value.as_str(); 15].join(" ");
    assert_eq!(value.chars().count(), 3839);
    let batch = |number: usize| {
        let sets = (0..number).map(|number| txt(&format!("n{number}.acme.example"), &[&value]));
        sets.map(|set| change(ChangeAction::Create, set)).collect::<Vec<_>>()
    };
    let (code, message) = stand_in.try_change(batch(9)).await.unwrap_err();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("InvalidChangeBatch", "[Number of characters limit of 32000 exceeded.]")
    );
    stand_in.try_change(batch(8)).await.unwrap();
}

#[tokio::test]
async fn faults_are_answered_by_the_names_that_an_sdk_knows() {
    let stand_in = start().await;
    let faults = stand_in.route53.faults().clone();
    let proof = || txt("_portico.acme.example", &["\"1\""]);
    let get_zone = || stand_in.client.get_hosted_zone().id(stand_in.acme.id().as_str()).send();
    faults.throttle_next(2);
    assert_eq!(seen(&get_zone().await.unwrap_err()), ("Throttling".to_owned(), "Rate exceeded".to_owned()));
    assert_eq!(stand_in.make(ChangeAction::Create, proof()).await.unwrap_err().0, "Throttling");
    faults.leave_prior_request_unfinished(1);
    let refused = stand_in.make(ChangeAction::Create, proof()).await.unwrap_err();
    assert_eq!(refused.0, "PriorRequestNotComplete");
    faults.deny_access(true);
    let denied = get_zone().await.unwrap_err();
    assert_eq!(denied.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(seen(&denied).0, "AccessDenied");
    faults.deny_access(false);
    assert_eq!(stand_in.kept(), []);
    stand_in.make(ChangeAction::Create, proof()).await.unwrap();
}

#[tokio::test]
async fn a_zone_that_is_not_there_is_no_such_hosted_zone() {
    let stand_in = start().await;
    let zone = "Z0000000000000000000";
    let error = stand_in.client.get_hosted_zone().id(zone).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 404);
    assert_eq!(
        seen(&error),
        ("NoSuchHostedZone".to_owned(), format!("No hosted zone found with ID: {zone}"))
    );
    assert!(error.into_service_error().is_no_such_hosted_zone());
    let error = stand_in.client.list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap_err();
    assert!(error.into_service_error().is_no_such_hosted_zone());
    let batch =
        ChangeBatch::builder().changes(change(ChangeAction::Create, txt("a", &["\"1\""]))).build().unwrap();
    let request = stand_in.client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
    assert!(request.send().await.unwrap_err().into_service_error().is_no_such_hosted_zone());
}
