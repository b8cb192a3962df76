//! Records what each function asks of DynamoDB and KMS, as IAM would see it: the action, the index, the classes of the
//! leading keys, the vault's class. The template's check holds the roles against it (tests/template/permissions.py): a
//! permission that a story needed and a role lacks, and one that a role has and no story needed.
//!
//! Calls go to the file that `PORTICO_RECORDED_CALLS` names, one JSON object a line; without the variable, nowhere.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use serde_json::{Value, json};

/// The key of KMS's encryption context that carries the vault's class.
const VAULT_CLASS: &str = "portico:class";

/// Records one request of the function `function` (its binary's name): `target` is its `X-Amz-Target`.
pub(crate) fn record(function: &str, target: &str, body: &[u8]) -> Result<(), BoxError> {
    let body: Value = serde_json::from_slice(body)?;
    for call in calls(target, &body) {
        keep(function, call)?;
    }
    Ok(())
}

/// The calls that one request is, to IAM: a transaction is one for each of its items. A request that isn't understood has
/// no leading keys, so that no role allows it and the check says so.
fn calls(target: &str, body: &Value) -> Vec<Value> {
    let operation = target.split('.').next_back().unwrap_or_default();
    if target.starts_with("TrentService.") {
        return vec![
            json!({ "action": format!("kms:{operation}"), "class": body["EncryptionContext"][VAULT_CLASS] }),
        ];
    }
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            items(body).map(|(action, item)| on_item(action, item)).collect()
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            let keys = tables.flat_map(|(_, table)| table["Keys"].as_array().into_iter().flatten());
            vec![dynamodb(operation, None, keys.filter_map(|key| key["pk"]["S"].as_str()))]
        }
        "BatchWriteItem" => {
            let writes = body["RequestItems"].as_object().into_iter().flatten();
            let writes = writes.flat_map(|(_, writes)| writes.as_array().into_iter().flatten());
            let key = |write: &'_ Value| {
                let written = &write["PutRequest"]["Item"]["pk"]["S"];
                written.as_str().or(write["DeleteRequest"]["Key"]["pk"]["S"].as_str()).map(str::to_owned)
            };
            let keys: Vec<String> = writes.filter_map(key).collect();
            vec![dynamodb(operation, None, keys.iter().map(String::as_str))]
        }
        "Query" => vec![dynamodb(operation, body["IndexName"].as_str(), partition_of(body))],
        _ => vec![on_item(operation, body)],
    }
}

/// The items of a transaction, each with the action that IAM checks it by.
fn items(body: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    const ACTIONS: [(&str, &str); 5] = [
        ("Put", "PutItem"),
        ("Update", "UpdateItem"),
        ("Delete", "DeleteItem"),
        ("ConditionCheck", "ConditionCheckItem"),
        ("Get", "GetItem"),
    ];
    let all = body["TransactItems"].as_array().into_iter().flatten();
    all.flat_map(|item| {
        ACTIONS.iter().filter_map(|(kind, action)| item.get(*kind).map(|inner| (*action, inner)))
    })
}

fn on_item(action: &str, body: &Value) -> Value {
    let key = body["Key"]["pk"]["S"].as_str().or(body["Item"]["pk"]["S"].as_str());
    dynamodb(action, None, key)
}

fn dynamodb<'a>(action: &str, index: Option<&str>, keys: impl IntoIterator<Item = &'a str>) -> Value {
    let classes: Vec<&str> = keys.into_iter().map(class).collect();
    json!({ "action": format!("dynamodb:{action}"), "index": index, "leading_keys": classes })
}

/// A key's security class, its `#` included; of configuration and of what is due, the kind within it, too.
fn class(key: &str) -> &str {
    let ends = key.match_indices('#').map(|(end, _)| end);
    let kinds = if key.starts_with("cfg#") || key.starts_with("due#") { 2 } else { 1 };
    ends.take(kinds).last().map_or(key, |end| &key[..=end])
}

/// The value that a query's condition gives to the partition key of the table or index.
fn partition_of(body: &Value) -> Option<&str> {
    let partition_key = match body["IndexName"].as_str() {
        None => "pk",
        Some("by_parent") => "parent",
        Some("due") => "due_shard",
        Some(_) => return None,
    };
    let condition = body["KeyConditionExpression"].as_str()?;
    condition.split(" AND ").find_map(|term| {
        let (name, value) = term.split_once('=')?;
        let name = name.trim();
        let name = body["ExpressionAttributeNames"][name].as_str().unwrap_or(name);
        let value = &body["ExpressionAttributeValues"][value.trim()]["S"];
        value.as_str().filter(|_| name == partition_key)
    })
}

/// Appends a call to the file, once per process. A line is short, so that appends of several processes don't mix.
fn keep(function: &str, mut call: Value) -> std::io::Result<()> {
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let Some(file) = file() else { return Ok(()) };
    call["function"] = Value::from(function);
    let line = format!("{call}\n");
    let mut seen = SEEN.lock().unwrap();
    if seen.get_or_insert_default().insert(line.clone()) {
        OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())?;
    }
    Ok(())
}

// The test command says where the record goes: no App is involved.
#[allow(clippy::disallowed_methods)]
fn file() -> Option<&'static str> {
    static FILE: OnceLock<Option<String>> = OnceLock::new();
    FILE.get_or_init(|| std::env::var("PORTICO_RECORDED_CALLS").ok()).as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(operation: &str, body: Value) -> Vec<String> {
        calls(&format!("DynamoDB_20120810.{operation}"), &body).iter().map(Value::to_string).collect()
    }

    #[test]
    fn a_transaction_is_one_call_for_each_item_by_the_action_that_iam_checks() {
        let key = json!({ "pk": { "S": "req#1" }, "sk": { "S": "request" } });
        let body = json!({ "TransactItems": [
            { "Update": { "Key": key } },
            { "Put": { "Item": { "pk": { "S": "person#profile#1" } } } },
            { "ConditionCheck": { "Key": { "pk": { "S": "state#connection#1" } } } },
        ] });
        let expected = [
            r#"{"action":"dynamodb:UpdateItem","index":null,"leading_keys":["req#"]}"#,
            r#"{"action":"dynamodb:PutItem","index":null,"leading_keys":["person#"]}"#,
            r#"{"action":"dynamodb:ConditionCheckItem","index":null,"leading_keys":["state#"]}"#,
        ];
        assert_eq!(seen("TransactWriteItems", body), expected);
    }

    #[test]
    fn a_query_of_an_index_has_the_leading_key_of_the_index() {
        let body = json!({
            "IndexName": "by_parent",
            "KeyConditionExpression": "#p = :p AND child < :c",
            "ExpressionAttributeNames": { "#p": "parent" },
            "ExpressionAttributeValues": { ":p": { "S": "cfg#organizations" }, ":c": { "S": "z" } },
        });
        let expected = r#"{"action":"dynamodb:Query","index":"by_parent","leading_keys":["cfg#"]}"#;
        assert_eq!(seen("Query", body), [expected]);
    }

    #[test]
    fn a_batch_has_the_leading_keys_of_all_its_items() {
        let body = json!({ "RequestItems": { "portico": { "Keys": [{ "pk": { "S": "cfg#a" } }, { "pk": { "S": "key#b" } }] } } });
        let expected = r#"{"action":"dynamodb:BatchGetItem","index":null,"leading_keys":["cfg#","key#"]}"#;
        assert_eq!(seen("BatchGetItem", body), [expected]);
    }

    #[test]
    fn a_request_that_is_not_understood_has_no_leading_key_and_so_no_role_allows_it() {
        let expected = r#"{"action":"dynamodb:Scan","index":null,"leading_keys":[]}"#;
        assert_eq!(seen("Scan", json!({ "TableName": "portico" })), [expected]);
    }

    #[test]
    fn a_call_to_kms_has_the_class_of_the_vault() {
        let body = json!({ "EncryptionContext": { "portico:class": "sp_keys" } });
        let expected = json!({ "action": "kms:Decrypt", "class": "sp_keys" });
        assert_eq!(calls("TrentService.Decrypt", &body), [expected]);
    }
}
