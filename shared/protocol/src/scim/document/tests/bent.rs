//! Bodies that providers and templates bend further than the others, and those that nobody should send.

use super::*;

fn enterprise(members: Value) -> Value {
    read(json!({"userName": "a", (ENTERPRISE): members}))
}

#[test]
fn an_element_without_a_value_is_none() {
    let emails = json!([
        {"value": "", "type": "work", "primary": true},
        {"type": "other", "display": "x"},
        {"value": "h@acme.com", "type": "home", "primary": true},
    ]);
    let body =
        json!({"userName": "ada", "emails": emails, "phoneNumbers": [{"value": null, "type": "work"}]});
    let expected = json!([{"value": "h@acme.com", "type": "home", "primary": true}]);
    assert_eq!(read(body), json!({"userName": "ada", "emails": expected}));
    let verified = json!({"userName": "a", "emails": [{"type": "work", "verified": true}]});
    assert_eq!(read(verified.clone()), verified, "what says more than its type is kept");
    let addresses =
        json!({"userName": "a", "addresses": [{"type": "work"}, {"type": "home", "country": "NL"}]});
    assert_eq!(read(addresses)["addresses"], json!([{"type": "home", "country": "NL"}]));
}

#[test]
fn only_an_element_with_an_address_is_one_to_write_to() {
    let emails = json!([
        {"type": "work", "primary": true, "verified": true},
        {"value": "x@acme.com"},
        {"value": "w@acme.com", "type": "work"}
    ]);
    let document = Document(json!({"emails": emails}).as_object().unwrap().clone());
    assert_eq!(document.primary_email(), Some("w@acme.com"));
    assert_eq!(document.emails().count(), 2);
}

#[test]
fn what_is_empty_is_unassigned_wherever_it_stands() {
    for empty in [json!(null), json!(""), json!([])] {
        let body = json!({
            "userName": "a", "name": empty, "addresses": empty, "emails": empty, "manager": empty, "title": empty,
            (ENTERPRISE): empty, "urn:acme:app:1.0:user:custom": empty,
        });
        assert_eq!(read(body), json!({"userName": "a"}), "{empty}");
    }
    assert_eq!(enterprise(json!([{"department": "X"}]))[ENTERPRISE], json!({"department": "X"}));
    let name = json!({"userName": "a", "name": {"givenName": "A", "middleName": null, "familyName": ""}});
    assert_eq!(read(name)["name"], json!({"givenName": "A"}));
}

#[test]
fn a_manager_has_an_id_by_whichever_name() {
    for manager in [
        json!({"managerId": "42", "displayName": ""}),
        json!({"managerid": 42}),
        json!({"value": "", "managerId": "42"}),
        json!({"value": "42", "managerId": null}),
        json!({"value": "42", "managerId": "42"}),
    ] {
        let shown = enterprise(json!({"manager": manager}));
        assert_eq!(shown[ENTERPRISE], json!({"manager": {"value": "42"}}), "{manager}");
    }
    let two = json!({"userName": "a", "manager": {"value": "1", "managerId": "2"}});
    assert_eq!(refused(two, ResourceKind::User).0, ScimType::InvalidSyntax);
}

#[test]
fn what_would_be_shown_empty_is_not_shown() {
    let attributes = json!({
        "userName": "a", "emails": [{"verified": true}, {"value": "x"}], "roles": [{"level": 1}], "name": {"suffix": "x"},
        (ENTERPRISE): {"manager": {"boss": "42"}},
    });
    let document = Document(attributes.as_object().unwrap().clone());
    let meta = Meta { created: "c".into(), last_modified: "m".into(), version: "v".into() };
    let mut shown = document.render(ResourceKind::User, "u1", "https://x", &meta);
    shown.remove("meta");
    assert_eq!(
        Value::Object(shown),
        json!({"schemas": [crate::scim::schema::USER], "id": "u1", "userName": "a", "emails": [{"value": "x"}]})
    );
}

#[test]
fn an_unknown_urn_with_members_is_an_extension_and_its_members_stay_as_they_are() {
    let custom = "urn:okta:acme_app:1.0:user:custom";
    let members = json!({"userId": "p1", "a:b": 1, "Shoe Size": 43, "x.y": {"z": null}});
    assert_eq!(read(json!({"userName": "a", (custom): members}))[custom], members);
    let mixed = json!({
        "userName": "a", (format!("{custom}:userId")): "p1", (custom.to_uppercase()): {"level": 2},
        (ENTERPRISE): {"desk no": 4, "desk:no": 5},
    });
    assert_eq!(
        read(mixed),
        json!({
            "userName": "a", (custom): {"userId": "p1", "level": 2}, (ENTERPRISE): {"desk no": 4, "desk:no": 5},
        })
    );
    for twice in [
        json!({"userName": "a", (custom): {"userId": 1}, (format!("{custom}:USERID")): 2}),
        json!({"userName": "a", (custom): {"userId": 1, "USERID": 2}}),
        json!({"userName": "a", "shoe size": 1, "Shoe Size": 2}),
    ] {
        assert_eq!(refused(twice, ResourceKind::User).0, ScimType::InvalidSyntax);
    }
}

#[test]
fn names_with_dots_make_values_of_the_right_type() {
    let dotted =
        json!({"userName": "a", "emails.value": "a@b", "Emails.Type": "work", "phoneNumbers.type": "work"});
    assert_eq!(read(dotted), json!({"userName": "a", "emails": [{"value": "a@b", "type": "work"}]}));
    for (name, value) in
        [("active.value", json!(true)), ("title.x", json!("y")), ("externalId.id", json!("1"))]
    {
        let (kind, detail) = refused(json!({"userName": "a", name: value}), ResourceKind::User);
        assert!(kind == ScimType::InvalidValue && detail.contains("has no parts"), "{detail}");
    }
    let two = json!({"userName": "a", "emails": ["1", "2"], "emails.type": "work"});
    assert_eq!(refused(two, ResourceKind::User).0, ScimType::InvalidSyntax);
}

#[test]
fn a_part_of_members_is_not_taken_for_members() {
    let refusal = |body| refused(body, ResourceKind::Group).0;
    assert_eq!(refusal(json!({"displayName": "E", "members.display": "x"})), ScimType::InvalidPath);
    assert_eq!(
        refusal(json!({"displayName": "E", "members": ["1"], "MEMBERS": []})),
        ScimType::InvalidSyntax
    );
}

#[test]
fn more_attributes_and_values_than_anybody_has_are_refused() {
    let names = |from: usize| -> Map<String, Value> {
        (from..from + 600).map(|number| (format!("x{number}"), json!(1))).collect()
    };
    let mut body = names(0);
    body.insert("userName".to_owned(), json!("a"));
    body.insert(ENTERPRISE.to_owned(), Value::Object(names(600)));
    assert_eq!(refused(Value::Object(body), ResourceKind::User).0, ScimType::TooMany);
    for name in ["emails", "roles", "addresses"] {
        let many = json!({"userName": "a", name: vec![json!(null); Limits::ELEMENTS + 1]});
        let (kind, detail) = refused(many, ResourceKind::User);
        assert!(kind == ScimType::TooMany && detail.contains("1000 values"), "{detail}");
    }
    let nested = |levels: usize| (0..levels).fold(json!(1), |inside, _| json!([inside]));
    let at = "urn:acme:app:1.0:user:a.b";
    assert_eq!(
        refused(json!({"userName": "a", at: nested(Limits::NESTING - 2)}), ResourceKind::User).0,
        ScimType::TooMany
    );
    read(json!({"userName": "a", at: nested(Limits::NESTING - 3)}));
}
