//! What is too much of a change.

use super::*;

#[track_caller]
fn is_too_many(operations: Value) -> String {
    let refused = patched(operations).unwrap_err();
    assert_eq!(refused.scim_type, Some(ScimType::TooMany), "{refused}");
    refused.detail
}

fn numbered(count: usize, value: impl Fn(usize) -> (String, Value)) -> Value {
    Value::Object((0..count).map(value).collect())
}

#[test]
fn operations_count_once_they_are_taken_apart() {
    let types = |count| numbered(count, |n| (format!("emails[type eq \"{n}\"].display"), json!("")));
    assert!(patched(json!([{"op": "add", "value": types(Limits::PATCH_OPERATIONS)}])).is_ok());
    let half = Limits::PATCH_OPERATIONS / 2 + 1;
    let twice = json!([{"op": "add", "value": types(half)}, {"op": "add", "value": types(half)}]);
    assert!(is_too_many(twice).contains("1000 operations"));
    let members = || numbered(half, |n| (format!("m{n}"), json!(1)));
    for urn in [ENTERPRISE, "urn:acme:app:1.0:User"] {
        is_too_many(json!([
            {"op": "add", "path": urn, "value": members()},
            {"op": "add", "value": {urn: members()}},
        ]));
    }
}

#[test]
fn values_of_an_attribute_are_counted_before_they_are_read() {
    let values =
        |count: usize| json!([{"op": "add", "path": "roles", "value": vec![Value::from(""); count]}]);
    assert!(patched(values(Limits::ELEMENTS)).is_ok());
    assert!(is_too_many(values(Limits::ELEMENTS + 1)).contains("at most 1000 values"));
    let some = |from: usize| -> Vec<_> { (from..from + 600).map(|n| json!(n.to_string())).collect() };
    is_too_many(json!([
        {"op": "add", "path": "roles", "value": some(0)},
        {"op": "add", "path": "roles", "value": some(600)},
    ]));
}

#[test]
fn a_document_never_grows_too_large_on_the_way() {
    let large = "x".repeat(Limits::DOCUMENT_BYTES / 2);
    is_too_many(json!([
        {"op": "add", "path": "a", "value": large},
        {"op": "add", "path": "b", "value": large},
        {"op": "remove", "path": "a"},
    ]));
    let roles: Vec<_> = (0..100).map(|n| json!(n.to_string())).collect();
    for path in ["roles.display", "roles[value pr].display"] {
        let multiplied = json!([
            {"op": "add", "path": "roles", "value": roles},
            {"op": "add", "path": path, "value": "x".repeat(1000)},
        ]);
        // Said of what it would be: it is refused before anything is copied.
        assert!(is_too_many(multiplied).contains("this one has 100200"));
    }
    is_too_many(json!([{"op": "add", "path": "shoes.size", "value": nested(Limits::NESTING)}]));
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inside, _| json!([inside]))
}

#[test]
fn comparisons_are_counted_over_all_operations() {
    let roles: Vec<_> = (0..500).map(|n| json!({"value": n.to_string()})).collect();
    let terms = vec!["type eq \"x\""; Limits::FILTER_TERMS].join(" or ");
    let mut operations = vec![json!({"op": "add", "path": "roles", "value": roles})];
    let remove = json!({"op": "remove", "path": format!("roles[{terms}]")});
    operations.extend(vec![remove; Limits::PATCH_COMPARISONS / 500 / Limits::FILTER_TERMS]);
    assert!(patched(Value::Array(operations.clone())).is_ok());
    operations.push(json!({"op": "remove", "path": "roles", "value": vec![json!({"value": "x"}); 40]}));
    assert!(is_too_many(Value::Array(operations)).contains("compare more than"));
}

#[test]
fn a_long_text_counts_as_often_as_it_is_long() {
    let terms = vec!["size co \"x\""; Limits::FILTER_TERMS].join(" or ");
    let mut operations = vec![json!({"op": "add", "path": "shoes", "value": [{"size": "é".repeat(30_000)}]})];
    let remove = json!({"op": "remove", "path": format!("shoes[{terms}]")});
    operations.extend(vec![remove.clone(); 16]);
    assert!(patched(Value::Array(operations.clone())).is_ok());
    operations.push(remove);
    assert!(is_too_many(Value::Array(operations)).contains("compare more than"));
}

#[test]
fn an_object_never_gets_more_names_than_a_body_may_have() {
    let half = |from: usize| numbered(600, |n| (format!("x{}", from + n), json!(1)));
    for path in ["shoes", "name"] {
        let operations = json!([
            {"op": "add", "path": path, "value": half(0)},
            {"op": "add", "path": path, "value": half(600)},
        ]);
        assert!(is_too_many(operations).contains("1024 names"));
    }
}

#[test]
fn what_is_there_is_not_added_again_in_whichever_order_its_parts_stand() {
    let operations = json!([
        {"op": "add", "path": "shoes", "value": [{"size": 43, "pair": 1}, 2, {"size": 44}]},
        {"op": "add", "path": "shoes", "value": [{"pair": 1, "size": 43}, 3, 2, 3]},
    ]);
    changes(operations, json!({"shoes": [{"size": 43, "pair": 1}, 2, {"size": 44}, 3]}));
}

#[test]
fn a_request_about_a_user_is_measured_before_it_is_read() {
    let body = json!({"Operations": [{"op": "replace", "path": "title", "value": "x".repeat(Limits::USER_BODY_BYTES)}]});
    let body = body.to_string();
    let refused = Patch::parse(body.as_bytes(), ResourceKind::User).unwrap_err();
    assert_eq!(refused.scim_type, Some(ScimType::TooMany), "{refused}");
    assert!(Patch::parse(body.as_bytes(), ResourceKind::Group).is_ok());
}
