//! Plays one exchange: what is given, each request with what its answer must be, and what there is in the end.

use std::collections::BTreeMap;

use portico_tests::{Answer, Directory};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::expect::differences;

/// Values by their names, for `${name}` in what follows.
type Kept = BTreeMap<String, String>;

/// Plays an exchange; `name` is for messages.
pub(super) async fn replay(directory: &Directory, exchange: &Value, name: &str) {
    let mut kept = given(directory, &exchange["given"]).await;
    for (number, step) in exchange["exchange"].as_array().unwrap().iter().enumerate() {
        let at = format!("{name}, step {}", number + 1);
        let answer = sent(directory, &filled(&step["request"], &kept)).await;
        check(&answer, &filled(&step["expect"], &kept), &at);
        for (name, pointer) in step["keep"].as_object().into_iter().flatten() {
            let value = answer.body.pointer(pointer.as_str().unwrap()).and_then(Value::as_str);
            kept.insert(
                name.clone(),
                value.unwrap_or_else(|| panic!("{at}: no {pointer} in {}", answer.body)).to_owned(),
            );
        }
    }
    holds(directory, &exchange["end_state"], name).await;
}

async fn given(directory: &Directory, given: &Value) -> Kept {
    let mut kept = Kept::new();
    for user in given["users"].as_array().into_iter().flatten() {
        let made = directory.post("/Users", user).await.ok();
        kept.insert(format!("user:{}", user["userName"].as_str().unwrap()), text(&made["id"]));
    }
    for group in given["groups"].as_array().into_iter().flatten() {
        let names = group["members"].as_array().into_iter().flatten();
        let members: Vec<_> =
            names.map(|name| kept[&format!("user:{}", name.as_str().unwrap())].clone()).collect();
        let name = text(&group["displayName"]);
        kept.insert(format!("group:{name}"), directory.group(&name, &members).await);
    }
    kept
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected a text, got {value}")).to_owned()
}

/// A value with what was kept in place of `${name}`.
fn filled(value: &Value, kept: &Kept) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for (name, value) in kept {
                text = text.replace(&format!("${{{name}}}"), value);
            }
            assert!(!text.contains("${"), "nothing was kept for {text}");
            Value::String(text)
        }
        Value::Array(elements) => elements.iter().map(|element| filled(element, kept)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, kept))).collect()
        }
        simple => simple.clone(),
    }
}

async fn sent(directory: &Directory, request: &Value) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in request["headers"].as_object().unwrap() {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), text(value).parse().unwrap());
    }
    let body = request.get("body").map(Value::to_string);
    let method = Method::from_bytes(text(&request["method"]).as_bytes()).unwrap();
    let path = text(&request["path"]);
    match request["token"].as_str() {
        Some(token) => directory.with_token(token).send_as(method, &path, &headers, body).await,
        None => directory.send_as(method, &path, &headers, body).await,
    }
}

#[track_caller]
fn check(answer: &Answer, expected: &Value, at: &str) {
    assert_eq!(json!(answer.status.as_u16()), expected["status"], "{at}: {}", answer.body);
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let got = json!(answer.header(name));
        let wrong = differences(value, &got);
        assert!(wrong.is_empty() && got != json!(""), "{at}: {name} is {got}: {wrong:?}");
    }
    if let Some(body) = expected.get("body") {
        let wrong = differences(body, &answer.body);
        assert!(wrong.is_empty(), "{at}:\n{}\n{:#}", wrong.join("\n"), answer.body);
    }
    assert!(answer.status.as_u16() < 500, "{at}: {}", answer.status);
}

/// Holds everything that the directory has against what is expected, and finds nobody and nothing more.
async fn holds(directory: &Directory, expected: &Value, at: &str) {
    let users = directory.get("/Users?count=200").await.ok()["Resources"].clone();
    let wrong = differences(&json!({ "$unordered": expected["users"] }), &users);
    assert!(wrong.is_empty(), "{at}, in the end:\n{}", wrong.join("\n"));
    let name_of = |id: &Value| {
        let user = users.as_array().unwrap().iter().find(|user| user["id"] == *id);
        user.map_or(Value::Null, |user| user["userName"].clone())
    };
    let groups = directory.get("/Groups?count=200").await.ok()["Resources"].clone();
    let groups: Vec<_> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let members = group["members"].as_array().into_iter().flatten();
            let members: Vec<_> = members.map(|member| name_of(&member["value"])).collect();
            json!({ "displayName": group["displayName"], "members": members })
        })
        .collect();
    let expected: Vec<_> = expected["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| json!({ "displayName": group["displayName"], "members": { "$unordered": group["members"] } }))
        .collect();
    let wrong = differences(&json!({ "$unordered": expected }), &json!(groups));
    assert!(wrong.is_empty(), "{at}, in the end:\n{}", wrong.join("\n"));
}
