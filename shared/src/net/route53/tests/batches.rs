use super::*;

#[tokio::test]
async fn wishes_for_several_names_are_one_batch_and_those_for_one_name_are_one_change() {
    let fake = acme(&[Set::new("_b.acme.com.", "TXT", 60, &[QUOTED])]);
    let route53 = hurried(&fake, &[ZONE]);
    let withdraw =
        |host: &str, value: &str| TxtChange::Withdraw { name: name(host), value: value.to_owned() };
    let changes = [
        publish_at("_a.acme.com", "one"),
        withdraw("_b.acme.com", VALUE),
        publish_at("_a.acme.com", "two"),
        publish_at("_c.acme.com", "gone"),
        withdraw("_c.acme.com", "gone"),
    ];
    assert_eq!(route53.apply(&zone(ZONE), &changes).await, Ok(vec![first_change()]));
    let change = |action: &str, host: &str| (action.to_owned(), host.to_owned());
    assert_eq!(fake.batches(), [[change("CREATE", "_a.acme.com."), change("DELETE", "_b.acme.com.")]]);
    let published = Set::new("_a.acme.com.", "TXT", 60, &[r#""one""#, r#""two""#]);
    assert!(fake.sets(ZONE).contains(&published));
    assert_eq!(route53.apply(&zone(ZONE), &changes).await, Ok(vec![]), "all is as wanted");
}

/// More characters than one batch holds: eight of these fit.
fn nine_long() -> Vec<TxtChange> {
    (0..9).map(|nth| publish_at(&format!("_long{nth}.acme.com"), &"x".repeat(3900))).collect()
}

#[tokio::test]
async fn each_batch_has_tries_of_its_own() {
    let fake = acme(&[]);
    let theirs = |host: &str, ttl: u32| vec![Set::new(host, "TXT", ttl, &[OTHER])];
    let (first, ninth) = ("_long0.acme.com.", "_long8.acme.com.");
    // The second state stands for two tries, so that the third finds what it expects.
    for (host, ttl) in [(first, 1), (first, 2), (first, 2), (ninth, 1), (ninth, 2)] {
        fake.meanwhile(theirs(host, ttl));
    }
    assert_eq!(hurried(&fake, &[ZONE]).apply(&zone(ZONE), &nine_long()).await.unwrap().len(), 2);
    assert_eq!(fake.asked().iter().filter(|action| **action == "ChangeResourceRecordSets").count(), 6);
}

#[tokio::test]
async fn what_one_batch_cannot_hold_becomes_several_in_order() {
    let fake = acme(&[]);
    let route53 = hurried(&fake, &[ZONE]);
    let many: Vec<TxtChange> = (0..1001).map(|nth| publish_at(&format!("_{nth}.acme.com"), "x")).collect();
    assert_eq!(route53.apply(&zone(ZONE), &many).await.unwrap().len(), 2);
    assert_eq!(route53.apply(&zone(ZONE), &nine_long()).await.unwrap().len(), 2);
    assert_eq!(fake.batches().iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1, 8, 1]);
    assert_eq!(fake.batches()[1][0].1, "_1000.acme.com.");
}
