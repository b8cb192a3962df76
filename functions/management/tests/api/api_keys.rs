use http::StatusCode;
use portico_management::{admin, router};
use portico_testing::Bench;
use serde_json::{Value, json};

use crate::Api;

#[tokio::test]
async fn a_key_is_shown_once_works_at_once_and_ends_when_it_is_revoked() {
    let mut api = Api::start().await;
    let made = admin(&api.bench.app, json!({"action": "create_api_key", "name": " second key "})).await;
    let key = made["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("sk_") && key.ends_with(made["last_four"].as_str().unwrap()));
    assert_eq!((&made["name"], &made["revoked_at"]), (&json!("second key"), &Value::Null));

    let listed = admin(&api.bench.app, json!({"action": "list_api_keys"})).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(&key));

    api.key = key;
    api.get("/organizations").await.expect(200);
    let revoked = admin(&api.bench.app, json!({"action": "revoke_api_key", "id": made["id"]})).await;
    assert!(revoked["revoked_at"].is_string() && revoked.get("key").is_none());
    // An instance believes what it read for a minute; another one reads now.
    api.router = router(&api.bench.another_instance());
    assert_eq!(api.get("/organizations").await.refused(401), "unauthorized");
}

#[tokio::test]
async fn a_command_that_cannot_be_done_says_why() {
    let bench = Bench::start().await;
    for (command, code) in [
        (json!({"action": "drop_table"}), "invalid_command"),
        (json!({"action": "create_api_key"}), "invalid_command"),
        (json!("create_api_key"), "invalid_command"),
        (json!(null), "invalid_command"),
        (json!({"action": "create_api_key", "name": " "}), "invalid_name"),
        (json!({"action": "create_api_key", "name": "x".repeat(101)}), "invalid_name"),
        (json!({"action": "revoke_api_key", "id": "api_key_x"}), "api_key_not_found"),
        (
            json!({"action": "revoke_api_key", "id": "api_key_01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            "api_key_not_found",
        ),
    ] {
        assert_eq!(admin(&bench.app, command.clone()).await["error"]["code"], code, "{command}");
    }
}

#[tokio::test]
async fn a_command_over_http_is_not_found() {
    let api = Api::start().await;
    let command = json!({"portico_admin": {"action": "create_api_key", "name": "mine"}});
    assert_eq!(api.post("/", command).await.status, StatusCode::NOT_FOUND);
}
