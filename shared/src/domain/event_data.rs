//! The data of an event as it is kept: a tree of attributes, which is the smaller one for what is usual; as one text where
//! DynamoDB would refuse the tree, or count half as much again for it. A provider may send any JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::json_text;

/// The most values that are kept as a tree: each counts some bytes beside itself.
const TREE: usize = 2_000;

pub(super) fn serialize<S: Serializer>(data: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    let mut room = TREE;
    if fits(data, &mut room) { data.serialize(serializer) } else { json_text::serialize(data, serializer) }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => serde_json::from_str(&text).map_err(de::Error::custom),
        tree => Ok(tree),
    }
}

/// Whether a tree has no more values than there is room for, and numbers that DynamoDB keeps as they are: it has them up to
/// 9.99e125 and down to 1e-130.
fn fits(value: &Value, room: &mut usize) -> bool {
    let Some(rest) = room.checked_sub(1) else { return false };
    *room = rest;
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => !number.is_f64(),
        Value::Array(values) => values.iter().all(|value| fits(value, room)),
        Value::Object(members) => members.values().all(|value| fits(value, room)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Kept {
        #[serde(with = "super")]
        data: Value,
    }

    #[test]
    fn what_is_usual_is_a_tree_and_what_a_tree_cannot_hold_a_text() {
        let many = vec![1; TREE];
        for (data, text) in [
            (json!({ "id": "user_1", "emails": [{ "primary": true }], "count": 7 }), false),
            (json!({ "n": 1e200 }), true),
            (json!({ "n": [{ "m": -0.5 }] }), true),
            (json!({ "n": many }), true),
        ] {
            let kept = Kept { data };
            let item = serde_json::to_value(&kept).unwrap();
            assert_eq!(item["data"].is_string(), text, "{item}");
            assert_eq!(serde_json::from_value::<Kept>(item).unwrap(), kept);
        }
    }
}
