mod bounds;
mod complex;
mod extensions;

use serde_json::json;

use super::*;
use crate::scim::document::read_value;
use crate::scim::schema::ENTERPRISE;

fn user() -> Document {
    let body = json!({
        "userName": "ada", "active": true, "title": "Dr",
        "emails": [{"value": "w@acme.com", "type": "work", "primary": true}, {"value": "h@acme.com", "type": "home"}],
        (ENTERPRISE): {"department": "R&D", "manager": {"value": "m1"}}
    });
    read_value(body, ResourceKind::User).unwrap().document
}

fn patched(operations: Value) -> Result<Value, ScimError> {
    let body = json!({"Operations": operations});
    let patch = Patch::of_value(&body, ResourceKind::User)?;
    Ok(Value::Object(patch.apply(&user())?.0))
}

#[track_caller]
fn changes(operations: Value, expected: Value) {
    let changed = patched(operations.clone()).unwrap_or_else(|error| panic!("{operations}: {error}"));
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(changed.get(name).unwrap_or(&Value::Null), value, "{operations}");
    }
}

#[test]
fn every_providers_way_to_say_a_thing_is_understood() {
    for off in [
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!([{"op": "replace", "value": {"active": false}}]),
        json!([{"op": "replace", "path": "active", "value": [false]}]),
        json!([{"op": "Add", "path": "Active", "value": "false"}]),
        json!([{"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false}]),
    ] {
        changes(off, json!({"active": false}));
    }
    let work = json!({"value": "new@acme.com", "type": "work", "primary": true});
    let home = json!({"value": "h@acme.com", "type": "home"});
    for mail in [
        json!([{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "new@acme.com"}]),
        json!([{"op": "replace", "value": {"emails[type eq \"work\"].value": "new@acme.com"}}]),
        json!([{"op": "Replace", "path": "emails[primary eq \"True\"].value", "value": "new@acme.com"}]),
    ] {
        changes(mail, json!({"emails": [work, home]}));
    }
    let dotted = json!([{"op": "replace", "value": {
        "name.givenName": "Ada", (format!("{ENTERPRISE}:employeeNumber")): "7", (ENTERPRISE): {"division": "X"},
    }}]);
    changes(
        dotted,
        json!({
            "name": {"givenName": "Ada"},
            (ENTERPRISE): {"department": "R&D", "manager": {"value": "m1"}, "employeeNumber": "7", "division": "X"},
        }),
    );
    for manager in [
        json!([{"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "m2"}]),
        json!([{"op": "replace", "path": "manager", "value": [{"$ref": "x", "value": "m2"}]}]),
        json!([{"op": "replace", "path": format!("{ENTERPRISE}:manager.value"), "value": "m2"}]),
    ] {
        let changed = patched(manager).unwrap();
        assert_eq!(changed[ENTERPRISE]["manager"]["value"], json!("m2"));
    }
}

#[test]
fn what_is_not_there_is_made_where_the_path_describes_it() {
    let made = json!([{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}]);
    changes(made, json!({"phoneNumbers": [{"type": "mobile", "value": "1"}]}));
    let role = json!([{"op": "Replace", "path": "roles[primary eq \"True\"].value", "value": "admin"}]);
    changes(role, json!({"roles": [{"primary": true, "value": "admin"}]}));
    let missed = patched(json!([{"op": "replace", "path": "emails[type sw \"x\"].value", "value": "1"}]));
    assert_eq!(missed.unwrap_err().scim_type, Some(ScimType::NoTarget));
    changes(json!([{"op": "remove", "path": "emails[type eq \"other\"]"}]), json!({"title": "Dr"}));
}

#[test]
fn values_are_added_replaced_and_removed_as_the_rfc_says() {
    let more = json!([{"op": "add", "path": "emails", "value": [{"value": "x"}, {"value": "h@acme.com", "type": "home"}]}]);
    assert_eq!(
        patched(more).unwrap()["emails"].as_array().unwrap().len(),
        3,
        "what is there isn't added again"
    );
    changes(
        json!([{"op": "replace", "path": "emails", "value": [{"value": "x"}]}]),
        json!({"emails": [{"value": "x"}]}),
    );
    changes(json!([{"op": "remove", "path": "emails"}]), json!({"emails": null}));
    changes(json!([{"op": "replace", "path": "title", "value": ""}]), json!({"title": null}));
    changes(
        json!([{"op": "remove", "path": "emails[type eq \"work\"]"}]),
        json!({"emails": [{"value": "h@acme.com", "type": "home"}]}),
    );
    let only = json!([{"op": "Remove", "path": "emails", "value": [{"value": "h@acme.com"}]}]);
    assert_eq!(patched(only).unwrap()["emails"].as_array().unwrap().len(), 1, "only those that are named");
    let primary =
        json!([{"op": "add", "path": "emails", "value": [{"value": "n@acme.com", "primary": true}]}]);
    let changed = patched(primary).unwrap();
    assert_eq!(
        (&changed["emails"][0]["primary"], &changed["emails"][2]["primary"]),
        (&json!(false), &json!(true))
    );
    changes(json!([{"op": "remove", "path": ENTERPRISE}]), json!({(ENTERPRISE): null}));
    changes(json!([{"op": "add", "path": "shoeSize", "value": 43}]), json!({"shoeSize": 43}));
}

#[test]
fn what_must_not_be_changed_is_refused_or_passed_over() {
    let kind = |operations| patched(operations).unwrap_err().scim_type.unwrap();
    assert_eq!(kind(json!([{"op": "remove", "path": "userName"}])), ScimType::Mutability);
    assert_eq!(kind(json!([{"op": "replace", "path": "id", "value": "x"}])), ScimType::Mutability);
    changes(
        json!([{"op": "replace", "value": {"id": "x", "meta": {}, "groups": [], "password": "p", "title": "Prof"}}]),
        json!({
            "title": "Prof", "id": null, "meta": null, "groups": null, "password": null,
        }),
    );
    changes(json!([{"op": "add", "path": "groups", "value": [{"value": "g"}]}]), json!({"groups": null}));
}

#[test]
fn whoever_is_inactive_stays_so_when_it_is_no_longer_said() {
    let changed = patched(json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "remove", "path": "active"},
    ]));
    let document = Document(changed.unwrap().as_object().unwrap().clone());
    assert!(!document.active());
    let removed = patched(json!([{"op": "remove", "path": "active"}])).unwrap();
    assert!(Document(removed.as_object().unwrap().clone()).active());
}

#[test]
fn a_change_is_whole_or_nothing_and_its_size_is_bounded() {
    let half = json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "replace", "path": "active", "value": 7}]);
    assert!(patched(half).is_err());
    let large = json!([{"op": "add", "path": "title", "value": "x".repeat(Limits::DOCUMENT_BYTES)}]);
    assert_eq!(patched(large).unwrap_err().scim_type, Some(ScimType::TooMany));
}

fn members(operations: Value) -> Result<Option<MemberChange>, ScimError> {
    Patch::of_value(&json!({"Operations": operations}), ResourceKind::Group)?.member_change()
}

fn change(replace: bool, add: &[&str], remove: &[&str]) -> Option<MemberChange> {
    let member = |id: &&str| Member { id: (*id).to_owned(), display: None };
    let remove = remove.iter().map(|id| (*id).to_owned()).collect();
    Some(MemberChange { replace, add: add.iter().map(member).collect(), remove })
}

#[test]
fn members_come_and_go_in_every_way_that_providers_say_it() {
    for (operations, expected) in [
        (
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}]}]),
            change(false, &["a"], &[]),
        ),
        (json!([{"op": "add", "value": {"members": [{"value": "a"}]}}]), change(false, &["a"], &[])),
        (
            json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "a"}]}]),
            change(false, &[], &["a"]),
        ),
        (json!([{"op": "remove", "path": "members[value eq \"a\"]"}]), change(false, &[], &["a"])),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\" or value eq \"b\"]"}]),
            change(false, &[], &["a", "b"]),
        ),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\" and type eq \"User\"]"}]),
            change(false, &[], &["a"]),
        ),
        (json!([{"op": "add", "path": "members.value", "value": "a"}]), change(false, &["a"], &[])),
        (json!([{"op": "remove", "path": "members"}]), change(true, &[], &[])),
        (json!([{"op": "replace", "path": "members", "value": [{"value": "a"}]}]), change(true, &["a"], &[])),
        (json!([{"op": "replace", "value": {"displayName": "x"}}]), None),
        (
            json!([{"op": "remove", "path": "members[value eq \"a\"]"}, {"op": "add", "path": "members", "value": [{"value": "b"}, {"value": "a"}]}]),
            change(false, &["a", "b"], &[]),
        ),
        (
            json!([{"op": "replace", "path": "members", "value": []}, {"op": "add", "path": "members", "value": [{"value": "a"}]}, {"op": "remove", "path": "members", "value": [{"value": "a"}]}]),
            change(true, &[], &[]),
        ),
    ] {
        assert_eq!(members(operations.clone()).unwrap(), expected, "{operations}");
    }
    for operations in [
        json!([{"op": "add", "path": "members", "value": [{"value": 7}]}]),
        json!([{"op": "add", "path": "members", "value": [{"display": "x"}]}]),
        json!([{"op": "remove", "path": "members[display eq \"x\"]"}]),
        json!([{"op": "replace", "path": "members[value eq \"a\"].display", "value": "x"}]),
        json!([{"op": "remove", "path": "members[value eq \"a\" and type eq \"Group\"]"}]),
        json!([{"op": "remove", "path": "members[value eq \"a\" and value eq \"b\"]"}]),
    ] {
        assert!(members(operations.clone()).is_err(), "{operations}");
    }
}

#[test]
fn a_path_to_a_part_of_members_takes_nobody_away() {
    for path in [
        "members.display",
        "members.$ref",
        "Members.nickName",
        "members[value eq \"a\"].display",
        "members[value eq \"a\"].value",
    ] {
        for op in ["add", "replace", "remove"] {
            let refused = members(json!([{"op": op, "path": path, "value": "x"}])).unwrap_err();
            assert_eq!(refused.scim_type, Some(ScimType::InvalidPath), "{op} {path}");
        }
    }
    assert!(
        members(json!([{"op": "remove", "path": "members.value"}])).is_err(),
        "it would take everybody away"
    );
    let nameless = members(json!([{"op": "replace", "value": {"members.display": "x"}}]));
    assert!(nameless.unwrap_err().detail.contains("nothing about one can be changed"));
}
