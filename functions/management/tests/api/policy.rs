use serde_json::json;

use crate::Api;

#[tokio::test]
async fn a_policy_changes_in_what_is_named_and_keeps_the_rest() {
    let api = Api::start().await;
    let path = format!("/organizations/{}/policy", api.organization(json!({"name": "Acme"})).await);
    let fresh = api.get(&path).await.expect(200);
    assert_eq!((&fresh["jit"], &fresh["default_role"]), (&json!(true), &json!("member")));
    assert_eq!(
        fresh["features"],
        json!({"sso": true, "directory_sync": true, "domains": 30, "audit_logs": true})
    );
    let body = json!({"features": {"directory_sync": false}, "jit": false, "allow_profiles_outside_organization": true});
    let changed = api.put(&path, body).await.expect(200);
    assert_eq!(
        (&changed["features"]["sso"], &changed["features"]["directory_sync"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(changed["default_role"], "member");
    assert_eq!(api.get(&path).await.expect(200), changed);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let api = Api::start().await;
    let path = format!("/organizations/{}/policy", api.organization(json!({"name": "Acme"})).await);
    let body = json!({"default_role": "admin", "features": {"domains": 41}});
    assert_eq!(
        api.put(&path, body).await.wrong_fields(),
        ["features.domains invalid", "default_role invalid"]
    );
    assert_eq!(api.put(&path, json!({"jit": "no"})).await.wrong_fields(), ["jit invalid"]);
    assert_eq!(
        api.put(&path, json!({"features": {"domains": -1}})).await.wrong_fields(),
        ["features.domains invalid"]
    );
    let nobody = "/organizations/org_01ARZ3NDEKTSV4RRFFQ69G5FAV/policy";
    api.put(nobody, json!({})).await.expect(404);
    api.get(nobody).await.expect(404);
}
