//! The envelope of a list (RFC 7644 §3.4.2, RFC 9865 §2).

use serde_json::{Map, Value, json};

/// A list: how many there are in all (left out where nobody counted), the number of the first (left out where they were asked
/// for by cursor), the resources, and the cursors of the next and the previous page.
pub fn list_response(
    total: Option<u64>,
    start_index: Option<u64>,
    resources: Vec<Value>,
    (next, previous): (Option<String>, Option<String>),
) -> Value {
    let mut list = Map::new();
    let mut say = |name: &str, value: Value| list.insert(name.to_owned(), value);
    say("schemas", json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    total.map(|total| say("totalResults", json!(total)));
    say("itemsPerPage", json!(resources.len()));
    start_index.map(|start| say("startIndex", json!(start)));
    next.map(|cursor| say("nextCursor", json!(cursor)));
    previous.map(|cursor| say("previousCursor", json!(cursor)));
    say("Resources", Value::Array(resources));
    Value::Object(list)
}
