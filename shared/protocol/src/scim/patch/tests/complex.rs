//! Attributes with parts, one or many.

use super::*;

fn named() -> Value {
    json!({"op": "replace", "path": "name", "value": {"givenName": "Ada", "middleName": "B", "familyName": "L"}})
}

#[track_caller]
fn name_becomes(operation: Value, expected: Value) {
    changes(json!([named(), operation]), json!({"name": expected}));
}

#[test]
fn parts_that_are_not_named_stay_and_empty_ones_go() {
    let without = json!({"givenName": "Ada", "familyName": "L"});
    for unset in [json!(null), json!(""), json!([])] {
        for op in ["add", "replace"] {
            name_becomes(json!({"op": op, "value": {"name": {"middleName": unset}}}), without.clone());
            name_becomes(json!({"op": op, "path": "name", "value": {"MiddleName": unset}}), without.clone());
        }
        name_becomes(json!({"op": "replace", "path": "name", "value": unset}), json!(null));
    }
    name_becomes(
        json!({"op": "replace", "path": "name", "value": [{"givenName": "A", "middleName": null}]}),
        json!({"givenName": "A", "familyName": "L"}),
    );
    name_becomes(
        json!({"op": "replace", "path": "name", "value": {}}),
        json!({"givenName": "Ada", "middleName": "B", "familyName": "L"}),
    );
    let all = json!({"givenName": null, "middleName": null, "familyName": ""});
    name_becomes(json!({"op": "replace", "path": "name", "value": all}), json!(null));
}

#[test]
fn what_only_the_server_writes_of_a_manager_changes_nothing() {
    let enterprise = &patched(json!([{
        "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": {"displayName": "Bob"}
    }]))
    .unwrap()[ENTERPRISE];
    assert_eq!(enterprise["manager"], json!({"value": "m1"}));
}

#[test]
fn a_manager_is_known_by_onelogins_name_of_the_id() {
    for operation in [
        json!({"op": "replace", "path": "manager", "value": {"managerId": 42}}),
        json!({"op": "replace", "path": "manager.managerId", "value": "42"}),
    ] {
        assert_eq!(patched(json!([operation])).unwrap()[ENTERPRISE]["manager"], json!({"value": "42"}));
    }
}

#[test]
fn an_element_is_changed_part_by_part_too() {
    let home = json!({"value": "h@acme.com", "type": "home"});
    let work = |value: Value| json!([{"op": "replace", "path": "emails[type eq \"work\"]", "value": value}]);
    for (value, expected) in [
        (
            json!({"primary": null, "display": "W"}),
            json!({"value": "w@acme.com", "type": "work", "display": "W"}),
        ),
        (json!([{"value": "n@acme.com"}]), json!({"value": "n@acme.com", "type": "work", "primary": true})),
        (json!("n@acme.com"), json!({"value": "n@acme.com", "type": "work", "primary": true})),
        (json!({}), json!({"value": "w@acme.com", "type": "work", "primary": true})),
    ] {
        changes(work(value), json!({"emails": [expected, home]}));
    }
    for nothing in [json!(null), json!(""), json!([])] {
        changes(work(nothing), json!({"emails": [home]}));
    }
    let two = patched(work(json!([{"value": "1"}, {"value": "2"}]))).unwrap_err();
    assert_eq!((two.scim_type, two.detail.contains("one value")), (Some(ScimType::InvalidValue), true));
}

#[test]
fn nothing_is_made_of_nothing() {
    let before = user().attributes()["emails"].clone();
    for (path, value) in [
        ("emails[type eq \"other\"].value", json!("")),
        ("emails[type eq \"other\"].value", json!(null)),
        ("emails[type eq \"other\"]", json!({"value": "", "display": "x"})),
        ("emails[type eq \"other\"]", json!(null)),
        ("emails[type sw \"o\"].value", json!("")),
    ] {
        for op in ["add", "replace"] {
            let operation = json!([{"op": op, "path": path, "value": value}]);
            changes(operation, json!({"emails": before}));
        }
    }
    changes(
        json!([{"op": "add", "path": "emails", "value": [{"type": "other", "value": ""}]}]),
        json!({"emails": before}),
    );
    // What a list names is compared as it is.
    changes(
        json!([{"op": "remove", "path": "emails", "value": [{"type": "work"}]}]),
        json!({"emails": [{"value": "h@acme.com", "type": "home"}]}),
    );
}

#[test]
fn a_part_may_come_before_the_value_that_it_is_of() {
    let operations = json!([
        {"op": "add", "path": "phoneNumbers[type eq \"work\"].primary", "value": "True"},
        {"op": "add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1"},
    ]);
    changes(operations, json!({"phoneNumbers": [{"type": "work", "primary": true, "value": "1"}]}));
}

#[test]
fn paths_into_what_has_no_parts_or_one_value_are_refused() {
    for path in
        ["title.x", "active.value", "externalId.value", "manager[value eq \"m1\"]", "title[value eq \"x\"]"]
    {
        for operation in [
            json!({"op": "replace", "path": path, "value": "x"}),
            json!({"op": "add", "value": {path: "x"}}),
            json!({"op": "remove", "path": path}),
        ] {
            let refused = patched(json!([operation])).unwrap_err();
            assert_eq!(refused.scim_type, Some(ScimType::InvalidPath), "{operation}");
        }
    }
    let part = json!([{"op": "add", "path": "name[type eq \"x\"].givenName", "value": "A"}]);
    insta::assert_snapshot!(patched(part).unwrap_err(), @"name: brackets choose among several values, and name has one. Leave the brackets out.");
    let of_title = json!([{"op": "add", "path": "title.x", "value": "A"}]);
    insta::assert_snapshot!(patched(of_title).unwrap_err(), @"title.x: title has no parts. Write title alone.");
}
