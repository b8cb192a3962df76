use super::*;

/// Several zones, two of them private.
fn several() -> FakeRoute53 {
    FakeRoute53::default()
        .with_zone("Z0001", "acme.com.", false, &[])
        .with_zone("Z0002", "eu.acme.com.", false, &[])
        .with_zone("Z0003", "acme.com.", false, &[])
        .with_zone("Z0004", "corp.acme.com.", true, &[])
        .with_zone("Z0005", "internal.example.", true, &[])
}

#[tokio::test]
async fn a_name_belongs_to_the_public_zone_with_the_longest_name_of_those_given() {
    let fake = several();
    let route53 = hurried(&fake, &["Z0001", "Z0002", "Z0003", "Z0004", "Z0005"]);
    for (host, expected) in [
        ("_portico.acme.com", Ok(zone("Z0001"))),
        ("acme.com", Ok(zone("Z0001"))),
        ("_portico.eu.acme.com", Ok(zone("Z0002"))),
        ("_portico.xeu.acme.com", Ok(zone("Z0001"))),
        ("_portico.corp.acme.com", Ok(zone("Z0001"))),
        ("_portico.internal.example", Err(Route53Error::PrivateZone(zone("Z0005")))),
        ("_portico.notacme.com", Err(Route53Error::NoZone { name: name("_portico.notacme.com") })),
    ] {
        assert_eq!(route53.zone_of(&name(host)).await, expected, "{host}");
    }
    assert_eq!(fake.asked(), ["GetHostedZone"; 5], "each zone is read once");
    // A zone that wasn't given is never touched.
    let route53 = hurried(&fake, &["Z0002"]);
    let outside = Route53Error::NoZone { name: name(NAME) };
    assert_eq!(route53.publish_txt(&name(NAME), VALUE).await, Err(outside));
    let refused = route53.apply(&zone("Z0001"), &[publish_at(NAME, VALUE)]).await;
    assert_eq!(refused, Err(Route53Error::NoSuchZone(zone("Z0001"))));
    let refused =
        hurried(&fake, &["Z0005"]).apply(&zone("Z0005"), &[publish_at("internal.example", VALUE)]).await;
    assert_eq!(refused, Err(Route53Error::PrivateZone(zone("Z0005"))));
    assert_eq!(fake.asked(), ["GetHostedZone"; 2]);
}

#[tokio::test]
async fn a_missing_zone_is_reported_only_where_no_other_holds_the_name() {
    let fake = several();
    let route53 = hurried(&fake, &["Z0009", "Z0001"]);
    assert_eq!(route53.zone_of(&name(NAME)).await, Ok(zone("Z0001")));
    let missing = Route53Error::NoSuchZone(zone("Z0009"));
    assert_eq!(route53.zone_of(&name("_portico.example.org")).await, Err(missing.clone()));
    assert_eq!(route53.apply(&zone("Z0009"), &[]).await, Err(missing));
}

#[tokio::test]
async fn while_a_zone_cannot_be_read_no_other_is_taken_for_it_and_the_next_look_asks_again() {
    let fake = FakeRoute53::default().with_zone("Z0002", "eu.acme.com.", false, &[]);
    fake.fail("GetHostedZone", &[Fault::Unreachable; 3]);
    let route53 = hurried(&fake, &["Z0002"]);
    let host = name("_portico.eu.acme.com");
    assert_eq!(route53.zone_of(&host).await, Err(Route53Error::Unreachable));
    assert_eq!(route53.zone_of(&host).await, Ok(zone("Z0002")));
}

#[tokio::test]
async fn at_most_twenty_zones_are_used() {
    let fake = FakeRoute53::default();
    let ids: Vec<String> = (0..21).map(|nth| format!("Z{nth:04}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let outcome = hurried(&fake, &ids).zone_of(&name(NAME)).await;
    assert_eq!(outcome, Err(Route53Error::NoSuchZone(zone("Z0000"))), "the first is named");
    assert_eq!(fake.asked().len(), 20);
}
