use serde_json::json;

use crate::{Api, column};

#[tokio::test]
async fn the_log_is_followed_from_a_cursor_oldest_first() {
    let api = Api::start().await;
    for name in ["A", "B", "C"] {
        api.organization(json!({"name": name})).await;
    }
    let names = |page: &serde_json::Value| -> Vec<String> {
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["data"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    api.log("").await;
    let first = api.get("/events?limit=2&events=organization.created,dsync.user.created").await.expect(200);
    assert_eq!(names(&first), ["A", "B"]);
    let after = first["list_metadata"]["after"].as_str().unwrap().to_owned();
    let rest = api.get(&format!("/events?limit=2&after={after}")).await.expect(200);
    assert_eq!((names(&rest), &rest["list_metadata"]["after"]), (vec!["C".to_owned()], &json!(null)));
    let before = rest["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(names(&api.get(&format!("/events?limit=1&before={before}")).await.expect(200)), ["B"]);
    assert_eq!(names(&api.get("/events?order=desc&limit=2").await.expect(200)), ["C", "B"]);
    let event = &first["data"][0];
    assert_eq!((&event["object"], &event["event"]), (&json!("event"), &json!("organization.created")));
    assert_eq!(event["created_at"], "2026-11-02T09:00:00.001Z");
}

#[tokio::test]
async fn the_log_is_narrowed_to_an_organization_a_time_and_kinds() {
    let api = Api::start().await;
    let one = api.organization(json!({"name": "A", "domains": ["a.com"]})).await;
    api.log("").await;
    api.organization(json!({"name": "B"})).await;
    assert_eq!(column(&api.log(&format!("organization_id={one}")).await, "event").len(), 2);
    assert_eq!(column(&api.log("events=organization_domain.created").await, "event").len(), 1);
    assert_eq!(column(&api.log("events=dsync.activated").await, "event"), [""; 0]);
    let later = column(&api.log("range_start=2026-11-02T09:00:01Z").await, "event");
    assert_eq!(later, ["organization.created"]);
    assert_eq!(column(&api.log("range_end=2026-11-02T09:00:01.000Z").await, "event").len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let api = Api::start().await;
    assert_eq!(api.get("/events?after=org_1").await.refused(400), "invalid_cursor");
    assert_eq!(api.get("/events?events=user.exploded").await.wrong_fields(), ["events unknown_event"]);
    assert_eq!(api.get("/events?range_end=yesterday").await.wrong_fields(), ["range_end invalid"]);
    assert_eq!(api.get("/events?organization_id=7").await.wrong_fields(), ["organization_id invalid"]);
    assert_eq!(api.get("/events?limit=101").await.wrong_fields(), ["limit invalid"]);
}
