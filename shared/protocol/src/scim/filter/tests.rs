use serde_json::json;

use super::*;
use crate::scim::{Limits, ScimType};

fn user() -> Map<String, Value> {
    let user = json!({
        "id": "U1",
        "userName": "Ada@Acme.com",
        "externalId": "00uA",
        "displayName": "Ada Lovelace",
        "active": true,
        "name": {"familyName": "Lovelace", "givenName": "Ada"},
        "emails": [
            {"value": "ada@acme.com", "type": "work", "primary": true},
            {"value": "ada@home.example", "type": "home"}
        ],
        "roles": [{"value": "admin", "primary": true}],
        "meta": {"resourceType": "User", "lastModified": "2026-11-02T09:00:00.000Z", "version": "W/\"3\""},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "M1"}},
        "urn:acme:badge:1.0:User": {"badge": "B7"}
    });
    user.as_object().unwrap().clone()
}

#[track_caller]
fn matches(filter: &str) -> bool {
    let parsed = Filter::parse(filter, ResourceKind::User).unwrap();
    let again = Filter::parse(&parsed.to_string(), ResourceKind::User).unwrap();
    assert_eq!(again, parsed, "{filter} reads otherwise once it is printed: {parsed}");
    parsed.matches(&user())
}

#[test]
fn filters_of_every_operator_mean_what_the_rfc_says() {
    for filter in [
        r#"userName eq "ada@acme.COM""#,
        r#"USERNAME EQ "ada@acme.com""#,
        r#"userName co "acme""#,
        r#"userName sw "ADA""#,
        r#"userName ew ".com""#,
        r#"displayName sw "ADA ""#,
        r#"displayName co "a L""#,
        r#"userName eq " ada@acme.com ""#,
        r#"userName ne "bob""#,
        r#"title ne "x""#,
        r#"title eq null"#,
        r#"userName ne null"#,
        r#"name.familyName gt "K""#,
        r#"name.familyName le "lovelace""#,
        r#"active eq true"#,
        r#"active eq "True""#,
        r#"active pr"#,
        r#"not (title pr)"#,
        r#"emails pr and not (title pr or nickName pr)"#,
        r#"emails eq "ada@home.example""#,
        r#"emails.value sw "ada@home""#,
        r#"emails[type eq "work" and value co "@acme.com"]"#,
        r#"emails[type eq "work"].value eq "ADA@acme.com""#,
        r#"roles[primary eq "True"].value eq "admin""#,
        r#"meta.lastModified ge "2026-11-02T10:00:00+01:00""#,
        r#"meta.lastModified lt "2026-11-03T00:00:00Z""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@acme.com""#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d""#,
        r#"department eq "R&D" and manager.value eq "M1""#,
        r#"urn:acme:badge:1.0:User:badge eq "B7""#,
        r#"userName eq "bob" or externalId eq "00uA" and id eq "U1""#,
        r#"userName eq "a\u0064a@acme.com""#,
        r#"schemas pr or id pr"#,
    ] {
        assert!(matches(filter), "{filter}");
    }
}

#[test]
fn what_isnt_so_doesnt_match() {
    for filter in [
        r#"externalId eq "00ua""#,
        r#"emails[type eq "home" and value co "@acme.com"]"#,
        r#"emails ne "ada@acme.com""#,
        r#"shoeSize eq 3"#,
        r#"active eq false"#,
        r#"(userName eq "bob" or externalId eq "00uA") and id eq "U2""#,
        r#"meta.lastModified gt "2026-11-02T09:00:00Z""#,
        r#"userName eq 5"#,
        r#"userName sw "ada ""#,
        r#"displayName ew " lovelace ""#,
        r#"displayName co "  ""#,
        r#"title pr"#,
        r#"id eq "u1""#,
    ] {
        assert!(!matches(filter), "{filter}");
    }
}

#[track_caller]
fn refused(filter: &str) -> String {
    let error = Filter::parse(filter, ResourceKind::User).unwrap_err();
    assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)), "{filter}");
    error.detail
}

#[test]
fn what_cannot_be_read_is_refused_with_what_was_expected() {
    insta::assert_snapshot!(refused("userName eq"), @"The filter can't be read: expected a value, got the end.");
    for filter in [
        "",
        " ",
        "userName",
        "userName eq ada",
        "eq \"x\"",
        "userName = \"x\"",
        "userName eq \"x",
        "(userName pr",
        "userName pr)",
        "userName pr or",
        "not userName pr",
        "emails[type eq \"work\"",
        "emails[emails[value pr]]",
        "name.givenName[x pr]",
        "userName pr and and id pr",
        "active gt true",
        "password eq \"x\"",
        "userName eq \"\\x\"",
        "[",
        "]",
        ".",
        "a.b.c pr",
        "userName pr id pr",
        "emails[type eq \"work\"]. eq \"x\"",
        "urn: pr",
        "\u{0} pr",
    ] {
        refused(filter);
    }
}

#[test]
fn too_long_too_deep_and_too_many_are_refused_without_being_read_through() {
    let long = format!("userName eq \"{}\"", "x".repeat(10_000));
    assert!(refused(&long).contains("4096 bytes"));
    let deep = format!("{}userName pr{}", "(".repeat(200), ")".repeat(200));
    assert!(refused(&deep).contains("32 levels"));
    let nots = format!("{}userName pr{}", "not (".repeat(200), ")".repeat(200));
    assert!(refused(&nots).contains("32 levels"));
    let many = vec!["id pr"; Limits::FILTER_TERMS + 1].join(" or ");
    assert!(refused(&many).contains("64 comparisons"));
    assert!(Filter::parse(&vec!["id pr"; Limits::FILTER_TERMS].join(" or "), ResourceKind::User).is_ok());
}

#[test]
fn an_index_answers_an_equality_that_all_that_is_meant_must_fulfil() {
    let lookup = |filter: &str| {
        let lookup = Filter::parse(filter, ResourceKind::User).unwrap().lookup();
        lookup.map(|lookup| (lookup.attribute, lookup.value))
    };
    let found = |attribute, value: &str| Some((attribute, value.to_owned()));
    assert_eq!(lookup(r#"userName eq "A""#), found(Indexed::UserName, "A"));
    assert_eq!(lookup(r#"active eq true and externalId eq "x""#), found(Indexed::ExternalId, "x"));
    assert_eq!(lookup(r#"emails[type eq "work"].value eq "a@b""#), found(Indexed::Email, "a@b"));
    assert_eq!(lookup(r#"emails[value eq "a@b"]"#), found(Indexed::Email, "a@b"));
    assert_eq!(lookup(r#"emails.value eq "a@b""#), found(Indexed::Email, "a@b"));
    assert_eq!(lookup(r#"displayName eq "x""#), found(Indexed::DisplayName, "x"));
    for none in [
        r#"userName eq "A" or externalId eq "x""#,
        r#"not (userName eq "A")"#,
        r#"userName sw "A""#,
        r#"emails.type eq "work""#,
        r#"userName eq null"#,
        r#"urn:acme:x:1.0:User:userName eq "x""#,
    ] {
        assert_eq!(lookup(none), None, "{none}");
    }
}

#[test]
fn names_that_look_alike_are_folded_together() {
    assert_eq!(fold("  Ada@Acme.com\t"), fold("ada@acme.COM"));
    assert_eq!(fold("Zoe\u{308}"), fold("ZO\u{cb}"));
    assert_ne!(fold("ada"), fold("a da"));
    assert_eq!(fold(&fold("ÀÉ")), fold("ÀÉ"));
}

#[test]
fn what_a_filter_asks_about_memberships_is_known_before_they_are_read() {
    let asks = |filter: &str| {
        Filter::parse(filter, ResourceKind::Group).unwrap().asks_membership(ResourceKind::Group)
    };
    let only = |value: &str| Asked::For(vec![value.to_owned()]);
    assert_eq!(asks(r#"displayName eq "x""#), Asked::Nothing);
    assert_eq!(asks(r#"id eq "g" and members eq "u""#), only("u"));
    assert_eq!(asks(r#"members[value eq "u"] or displayName pr"#), only("u"));
    assert_eq!(asks(r#"not (members.value eq "u")"#), only("u"));
    for everything in
        ["members pr", r#"members.display eq "x""#, r#"members.value co "x""#, r#"members[type eq "User"]"#]
    {
        assert_eq!(asks(everything), Asked::Everything, "{everything}");
    }
    let lookup = Filter::parse(r#"members.value eq "u""#, ResourceKind::Group).unwrap().lookup().unwrap();
    assert_eq!(lookup, Lookup { attribute: Indexed::Membership, value: "u".to_owned() });
}
