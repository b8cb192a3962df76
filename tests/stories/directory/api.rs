//! Directories as the official SDKs read them.

use portico_tests::{Deployment, Directory, Peer};
use serde_json::{Value, json};

use super::{events, names};

async fn connected(program: Peer, deployment: &Deployment) -> Peer {
    let mut peer = program;
    let arguments = json!({ "base_url": deployment.base_url(), "api_key": deployment.api_key, "client_id": deployment.stack.client_id() });
    peer.call("connect", arguments).await;
    peer
}

async fn call(peer: &mut Peer, method: &str, arguments: Value) -> Value {
    peer.call("use", json!({ "method": method, "arguments": arguments })).await
}

/// A directory with two users, of whom one is in a group.
async fn synced(deployment: &Deployment) -> (Directory, String, String, String) {
    let directory = Directory::new(deployment).await;
    let ada = directory.user("ada@acme.test").await;
    let bob = directory.user("bob@acme.test").await;
    let group = directory.group("Engineering", std::slice::from_ref(&ada)).await;
    (directory, ada, bob, group)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_reads_directories_users_and_groups() {
    let deployment = Deployment::start().await;
    let (directory, ada, bob, group) = synced(&deployment).await;
    let mut sdk = connected(Peer::node("workos_sdk.mjs"), &deployment).await;
    let mine = json!([{ "organizationId": directory.organization }]);
    let listed = call(&mut sdk, "directorySync.listDirectories", mine).await;
    assert_eq!(
        (&listed["data"][0]["id"], &listed["data"][0]["type"]),
        (&json!(directory.id), &json!("okta scim v2.0"))
    );
    let one = call(&mut sdk, "directorySync.getDirectory", json!([directory.id])).await;
    assert_eq!((&one["name"], &one["state"]), (&json!("Acme"), &json!("active")));
    let users =
        call(&mut sdk, "directorySync.listUsers", json!([{ "directory": directory.id, "limit": 1 }])).await;
    assert_eq!(users["data"][0]["id"], json!(bob));
    let next = json!([{ "directory": directory.id, "limit": 1, "after": users["listMetadata"]["after"] }]);
    assert_eq!(call(&mut sdk, "directorySync.listUsers", next).await["data"][0]["id"], json!(ada));
    let members = call(&mut sdk, "directorySync.listUsers", json!([{ "group": group }])).await;
    assert_eq!((&members["data"][0]["id"], members["data"].as_array().unwrap().len()), (&json!(ada), 1));
    let groups = call(&mut sdk, "directorySync.listGroups", json!([{ "user": ada }])).await;
    assert_eq!(groups["data"][0]["name"], json!("Engineering"));
    let user = call(&mut sdk, "directorySync.getUser", json!([ada])).await;
    assert_eq!(
        (&user["email"], &user["idpId"], &user["state"]),
        (&json!("ada@acme.test"), &json!("ext-ada@acme.test"), &json!("active"))
    );
    assert_eq!(call(&mut sdk, "directorySync.getGroup", json!([group])).await["name"], json!("Engineering"));
    call(&mut sdk, "directorySync.deleteDirectory", json!([directory.id])).await;
    assert_eq!(directory.get("/Users").await.status, 401);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_reads_directories_users_and_groups() {
    let deployment = Deployment::start().await;
    let (directory, ada, bob, group) = synced(&deployment).await;
    let mut sdk = connected(Peer::python("workos_sdk.py"), &deployment).await;
    let mine = json!({ "organization_id": directory.organization });
    let listed = call(&mut sdk, "directory_sync.list_directories", mine).await;
    assert_eq!(listed["data"][0]["id"], json!(directory.id));
    let one = call(&mut sdk, "directory_sync.get_directory", json!({ "id": directory.id })).await;
    assert_eq!((&one["name"], &one["metadata"]["users"]["active"]), (&json!("Acme"), &json!(2)));
    let users = call(&mut sdk, "directory_sync.list_users", json!({ "directory": directory.id })).await;
    let ids: Vec<_> = users["data"].as_array().unwrap().iter().map(|user| user["id"].clone()).collect();
    assert_eq!(ids, [json!(bob), json!(ada)]);
    let members = call(&mut sdk, "directory_sync.list_users", json!({ "group": group })).await;
    assert_eq!(members["data"][0]["first_name"], json!("Ada"));
    let groups = call(&mut sdk, "directory_sync.list_groups", json!({ "user": ada })).await;
    assert_eq!(groups["data"][0]["id"], json!(group));
    let user = call(&mut sdk, "directory_sync.get_user", json!({ "id": ada })).await;
    assert_eq!(user["custom_attributes"]["username"], json!("ada@acme.test"));
    assert_eq!(
        call(&mut sdk, "directory_sync.get_group", json!({ "id": group })).await["name"],
        json!("Engineering")
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_found_by_the_providers_id_and_by_address() {
    let deployment = Deployment::start().await;
    let (directory, ada, ..) = synced(&deployment).await;
    for filter in ["idp_id=ext-ada@acme.test", "email=ADA@acme.test"] {
        let path = format!("/directory_users?directory={}&{filter}", directory.id);
        let found = deployment.api.get(&path).await.ok();
        assert_eq!(
            (&found["data"][0]["id"], found["data"].as_array().unwrap().len()),
            (&json!(ada), 1),
            "{filter}"
        );
    }
    let other = Directory::new(&deployment).await;
    let path = format!("/directory_users?directory={}&email=ada@acme.test", other.id);
    assert_eq!(deployment.api.get(&path).await.ok()["data"], json!([]));
    assert_eq!(deployment.api.get("/directory_users").await.status, 422);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_replaced_without_a_gap_and_says_when_it_was_used() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let path = format!("/directories/{}/tokens", directory.id);
    let next = deployment.api.post(&path, &json!({})).await.ok();
    let renewed = directory.with_token(next["bearer_token"].as_str().unwrap());
    assert_eq!(deployment.api.post(&path, &json!({})).await.status, 409, "a third one");
    for holder in [&directory, &renewed] {
        assert_eq!(holder.get("/Users").await.status, 200);
    }
    let listed = deployment.api.get(&path).await.ok();
    let old = &listed["data"][0];
    assert!(directory.token.ends_with(old["token_suffix"].as_str().unwrap()));
    let revoked = deployment.api.delete(&format!("{path}/{}", old["id"].as_str().unwrap())).await;
    assert_eq!(revoked.status, 204);
    let refused = directory.get("/Users").await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("www-authenticate")),
        (401, "Bearer realm=\"portico\", error=\"invalid_token\"")
    );
    assert_eq!(renewed.get("/Users").await.status, 200);
    let mut used = json!(null);
    for _ in 0..50 {
        used = deployment.api.get(&path).await.ok()["data"][0]["last_used_at"].clone();
        if used.is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(used.is_string(), "the use was never noted");
    let said = events(&deployment, &directory.organization).await;
    assert_eq!(
        names(&said),
        ["dsync.token.created", "dsync.token.created", "dsync.activated", "dsync.token.revoked"]
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_sync_come_in_order_and_say_who_and_what_changed() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let ada = directory.user("ada@acme.test").await;
    let group = directory.group("Engineering", std::slice::from_ref(&ada)).await;
    let rename = json!([{ "op": "replace", "value": { "id": group, "displayName": "R&D" } }]);
    directory.patch(&format!("/Groups/{group}"), rename).await.ok();
    let title = json!([{ "op": "add", "path": "title", "value": "Countess" }]);
    directory.patch(&format!("/Users/{ada}"), title).await.ok();
    let out = json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]);
    directory.patch(&format!("/Groups/{group}"), out.clone()).await.ok();
    directory.patch(&format!("/Groups/{group}"), out).await.ok();
    directory.delete(&format!("/Groups/{group}")).await.ok();
    let said = events(&deployment, &directory.organization).await;
    let expected = [
        "dsync.token.created",
        "dsync.activated",
        "dsync.user.created",
        "dsync.group.created",
        "dsync.group.user_added",
        "dsync.group.updated",
        "dsync.user.updated",
        "dsync.group.user_removed",
        "dsync.group.deleted",
    ];
    assert_eq!(names(&said), expected);
    let data = |name: &str| said.iter().find(|event| event["event"] == json!(name)).unwrap()["data"].clone();
    assert_eq!(data("dsync.group.updated")["previous_attributes"]["name"], json!("Engineering"));
    let changed = data("dsync.user.updated")["previous_attributes"].clone();
    assert_eq!(
        (&changed["job_title"], &changed["custom_attributes"]),
        (&Value::Null, &json!({ "job_title": null }))
    );
    let added = data("dsync.group.user_added");
    assert_eq!(
        (&added["user"]["id"], &added["group"]["id"], &added["directory_id"]),
        (&json!(ada), &json!(group), &json!(directory.id))
    );
    assert_eq!(data("dsync.activated")["state"], json!("active"));
    deployment.stop().await;
}
