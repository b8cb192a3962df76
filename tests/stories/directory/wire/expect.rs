//! What an answer must be like: objects must have the members that are named, arrays are compared whole.

use serde_json::{Map, Value};

/// What is wrong with `got`, by the path of each difference.
pub(super) fn differences(expected: &Value, got: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(&mut found, "", expected, got);
    found
}

fn compare(found: &mut Vec<String>, at: &str, expected: &Value, got: &Value) {
    match expected {
        Value::Object(members) => match special(members) {
            Some(("$any", kind)) => {
                if !is_of(kind.as_str().unwrap(), got) {
                    found.push(format!("{at}: expected any {kind}, got {got}"));
                }
            }
            Some(("$unordered", elements)) => unordered(found, at, elements.as_array().unwrap(), got),
            Some((other, _)) => found.push(format!("{at}: {other} is no expectation")),
            None => members.iter().for_each(|(name, value)| member(found, at, (name, value), got)),
        },
        Value::Array(elements) => {
            let empty = Vec::new();
            let real = got.as_array().unwrap_or(&empty);
            if real.len() != elements.len() || !got.is_array() {
                found.push(format!("{at}: expected {} elements, got {got}", elements.len()));
                return;
            }
            for (index, (expected, got)) in elements.iter().zip(real).enumerate() {
                compare(found, &format!("{at}/{index}"), expected, got);
            }
        }
        simple if simple != got => found.push(format!("{at}: expected {simple}, got {got}")),
        _ => {}
    }
}

fn member(found: &mut Vec<String>, at: &str, (name, value): (&str, &Value), got: &Value) {
    let at = format!("{at}/{name}");
    let absent = value.get("$absent") == Some(&Value::Bool(true));
    match got.get(name) {
        None if absent => {}
        None => found.push(format!("{at}: expected {value}, got nothing")),
        Some(got) if absent => found.push(format!("{at}: expected nothing, got {got}")),
        Some(got) => compare(found, &at, value, got),
    }
}

fn special(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, value) = members.iter().next()?;
    (members.len() == 1 && name.starts_with('$') && name != "$ref").then_some((name.as_str(), value))
}

/// Each expected element is one of the real ones, and none is left over.
fn unordered(found: &mut Vec<String>, at: &str, expected: &[Value], got: &Value) {
    let mut left: Vec<&Value> = got.as_array().into_iter().flatten().collect();
    for element in expected {
        match left.iter().position(|real| differences(element, real).is_empty()) {
            Some(place) => {
                left.remove(place);
            }
            None => found.push(format!("{at}: expected {element} somewhere in {got}")),
        }
    }
    left.iter().for_each(|more| found.push(format!("{at}: didn't expect {more}")));
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "array" => value.is_array(),
        "time" => value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
        other => panic!("{other} is no kind"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_named_by_its_path() {
        let differ = |expected: Value, got: Value| differences(&expected, &got);
        assert!(differ(json!({"a": 1}), json!({"a": 1, "b": 2})).is_empty());
        assert_eq!(differ(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})), ["/a/b: expected 1, got 2"]);
        assert_eq!(differ(json!({"a": {"$absent": true}}), json!({"a": 1})).len(), 1);
        assert_eq!(differ(json!({"a": {"$any": "string"}}), json!({"a": 1})).len(), 1);
        assert_eq!(differ(json!([1, 2]), json!([2, 1])).len(), 2);
        assert!(differ(json!({"$unordered": [1, 2]}), json!([2, 1])).is_empty());
        assert_eq!(differ(json!({"$unordered": [1]}), json!([2, 1])).len(), 1);
        assert_eq!(differ(json!({"a": []}), json!({})).len(), 1);
    }
}
