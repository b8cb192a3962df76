use serde_json::json;

use crate::{Api, column, id};

const PATH: &str = "/user_management/redirect_uris";

#[tokio::test]
async fn the_first_is_the_default_until_another_takes_over() {
    let api = Api::start().await;
    let first = api.post(PATH, json!({"uri": "https://app.example.com/cb"})).await.expect(201);
    assert_eq!((&first["object"], &first["default"]), (&json!("redirect_uri"), &json!(true)));
    assert_eq!((&first["type"], &first["initiate_login_uri"]), (&json!("confidential"), &json!(null)));
    let body = json!({"uri": "http://127.0.0.1:3000/cb", "type": "public", "initiate_login_uri": "https://app.example.com/login"});
    let second = api.post(PATH, body).await.expect(201);
    assert_eq!((&second["default"], &second["type"]), (&json!(false), &json!("public")));
    assert_eq!(api.delete(&format!("{PATH}/{}", id(&first))).await.refused(409), "default_redirect_uri");
    api.post(PATH, json!({"uri": "https://app.example.com/new", "default": true})).await.expect(201);
    api.delete(&format!("{PATH}/{}", id(&first))).await.expect(204);
    assert_eq!(api.delete(&format!("{PATH}/{}", id(&first))).await.refused(404), "entity_not_found");
    let list = api.get(PATH).await.expect(200);
    assert_eq!(column(&list, "uri"), ["https://app.example.com/new", "http://127.0.0.1:3000/cb"]);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let api = Api::start().await;
    api.post(PATH, json!({"uri": "https://app.example.com/cb"})).await.expect(201);
    let taken = api.post(PATH, json!({"uri": "https://app.example.com/cb"})).await.expect(422);
    assert_eq!(taken["message"], "Redirect URI 'https://app.example.com/cb' already exists.");
    for uri in ["http://app.example.com/cb", "/cb", "https://app.example.com/#x", ""] {
        assert_eq!(api.post(PATH, json!({"uri": uri})).await.wrong_fields(), ["uri invalid_url"], "{uri}");
    }
    assert_eq!(api.post(PATH, json!({})).await.wrong_fields(), ["uri required"]);
    let body = json!({"uri": "https://a.test/", "type": "secret"});
    assert_eq!(api.post(PATH, body).await.wrong_fields(), ["type invalid"]);
    api.delete(&format!("{PATH}/redir_x")).await.expect(404);
}

#[tokio::test]
async fn a_list_is_walked_page_by_page() {
    let api = Api::start().await;
    for i in 0..3 {
        api.post(PATH, json!({"uri": format!("https://app.example.com/{i}")})).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = api.get(&format!("{PATH}?limit=2&order=asc&after={after}")).await.expect(200);
        seen.extend(column(&page, "uri"));
        let Some(next) = page["list_metadata"]["after"].as_str() else { break };
        after = next.to_owned();
    }
    assert_eq!(seen, ["0", "1", "2"].map(|i| format!("https://app.example.com/{i}")));
}
