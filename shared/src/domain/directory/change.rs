//! What an event says of how something was before.

use serde_json::{Map, Value};

/// The members of `before` that are others in `after`, as they were; what is new comes as `null`. `custom_attributes` are
/// compared one by one. `updated_at` says nothing here.
pub fn previous_attributes(before: &Value, after: &Value) -> Map<String, Value> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return Map::new() };
    let mut previous = Map::new();
    for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
        let (was, is) = (before.get(name), after.get(name));
        if was == is || name == "updated_at" {
            continue;
        }
        let was = match (name.as_str(), was, is) {
            ("custom_attributes", Some(was), Some(is)) => Value::Object(previous_attributes(was, is)),
            (_, was, _) => was.cloned().unwrap_or(Value::Null),
        };
        previous.insert(name.clone(), was);
    }
    previous
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_changed_is_as_it_was_what_is_new_is_null_and_custom_attributes_are_compared_one_by_one() {
        let before = json!({"state": "active", "email": "a@b.c", "gone": 1, "updated_at": "1",
            "custom_attributes": {"title": "Dr", "kept": true}});
        let after = json!({"state": "inactive", "email": "a@b.c", "updated_at": "2", "new": 2,
            "custom_attributes": {"title": "Prof", "kept": true, "unit": "R&D"}});
        assert_eq!(
            Value::Object(previous_attributes(&before, &after)),
            json!({"state": "active", "gone": 1, "custom_attributes": {"title": "Dr", "unit": null}, "new": null})
        );
    }
}
