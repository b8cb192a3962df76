//! Extensions as a whole, and those of which only the document says where their URN ends.

use super::*;

const CUSTOM: &str = "urn:okta:acme_app:1.0:user:custom";

#[track_caller]
fn custom_becomes(operations: Value, expected: Value) {
    let body = json!({"userName": "ada", (CUSTOM): {"userId": "p1", "Shoe Size": 43}});
    let document = read_value(body, ResourceKind::User).unwrap().document;
    let patch = Patch::of_value(&json!({"Operations": operations}), ResourceKind::User).unwrap();
    let changed = patch.apply(&document).unwrap().0;
    assert_eq!(changed.get(CUSTOM).unwrap_or(&Value::Null), &expected, "{operations}");
    assert!(changed.len() <= 2, "{operations} made {changed:?}");
}

#[test]
fn a_path_leads_into_the_extension_that_is_there() {
    for (operation, expected) in [
        (
            json!({"op": "replace", "path": format!("{CUSTOM}:userId"), "value": "p2"}),
            json!({"userId": "p2", "Shoe Size": 43}),
        ),
        (
            json!({"op": "add", "path": CUSTOM.to_uppercase(), "value": {"a:b": 1, "USERID": null}}),
            json!({"Shoe Size": 43, "a:b": 1}),
        ),
        (
            json!({"op": "replace", "value": {(CUSTOM): {"userId": "p2", "a.b": 1}}}),
            json!({"userId": "p2", "Shoe Size": 43, "a.b": 1}),
        ),
        (json!({"op": "remove", "path": format!("{CUSTOM}:userId")}), json!({"Shoe Size": 43})),
        (json!({"op": "remove", "path": CUSTOM}), json!(null)),
        (json!({"op": "replace", "path": CUSTOM, "value": []}), json!(null)),
    ] {
        custom_becomes(json!([operation]), expected);
    }
    let patch = json!({"Operations": [{"op": "replace", "path": CUSTOM, "value": "x"}]});
    let patch = Patch::of_value(&patch, ResourceKind::User).unwrap();
    let there = json!({"userName": "a", (CUSTOM): {"userId": "p1"}});
    let there = read_value(there, ResourceKind::User).unwrap().document;
    assert_eq!(patch.apply(&there).unwrap_err().scim_type, Some(ScimType::InvalidValue));
}

#[test]
fn what_gets_members_first_is_an_extension() {
    for operation in [
        json!({"op": "add", "path": CUSTOM, "value": {"userId": "p1"}}),
        json!({"op": "add", "value": {(CUSTOM): {"userId": "p1"}}}),
        json!({"op": "add", "path": format!("{CUSTOM}:userId"), "value": "p1"}),
    ] {
        assert_eq!(patched(json!([operation])).unwrap()[CUSTOM], json!({"userId": "p1"}));
    }
}

#[test]
fn the_enterprise_extension_is_unassigned_by_what_is_empty() {
    for empty in [json!(null), json!(""), json!([])] {
        changes(json!([{"op": "replace", "path": ENTERPRISE, "value": empty}]), json!({(ENTERPRISE): null}));
        changes(json!([{"op": "replace", "value": {(ENTERPRISE): empty}}]), json!({(ENTERPRISE): null}));
    }
    let wrong = patched(json!([{"op": "replace", "path": ENTERPRISE, "value": 7}])).unwrap_err();
    assert_eq!(wrong.scim_type, Some(ScimType::InvalidValue));
    let odd = json!([{"op": "replace", "path": ENTERPRISE, "value": {"desk no": 4, "department": null}}]);
    changes(odd, json!({(ENTERPRISE): {"manager": {"value": "m1"}, "desk no": 4}}));
}
