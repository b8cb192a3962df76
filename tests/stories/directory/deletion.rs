//! A directory that is deleted: nobody gets in by it, and in the end nothing of it is left.

use portico_tests::{Deployment, Directory};
use serde_json::{Value, json};

use super::{events, names};

/// Runs the schedule until it has nothing left to do.
pub(super) async fn swept(deployment: &Deployment) -> Value {
    let mut last = Value::Null;
    for _ in 0..20 {
        last = deployment.stack.invoke("scim", json!({ "portico_schedule": true })).await.unwrap();
        if last["unfinished"] == json!(0) {
            break;
        }
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_directory_lets_nobody_in_and_is_gone_in_the_end() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut members = Vec::new();
    for number in 0..30 {
        members.push(directory.user(&format!("u{number}@acme.test")).await);
    }
    let group = directory.group("Everybody", &members).await;
    directory.get("/Users?startIndex=1&count=5").await.ok();
    directory.delete(&format!("/Users/{}", members[0])).await.ok();
    assert_eq!(deployment.api.delete(&format!("/directories/{}", directory.id)).await.status, 202);
    assert_eq!(directory.get("/Users").await.status, 401, "its tokens open nothing from then on");
    assert_eq!(deployment.api.delete(&format!("/directories/{}", directory.id)).await.status, 202);
    let shown = deployment.api.get(&format!("/directories/{}", directory.id)).await.ok();
    assert_eq!(shown["state"], json!("deleting"));
    deployment.move_clock(120);
    let done = swept(&deployment).await;
    assert_eq!(done["unfinished"], json!(0), "{done}");
    assert_eq!(deployment.api.get(&format!("/directories/{}", directory.id)).await.status, 404);
    for gone in [format!("/directory_users/{}", members[1]), format!("/directory_groups/{group}")] {
        assert_eq!(deployment.api.get(&gone).await.status, 404);
    }
    let said = events(&deployment, &directory.organization).await;
    assert_eq!(names(&said).last(), Some(&"dsync.deleted"));
    let of_users = names(&said).iter().filter(|name| **name == "dsync.user.deleted").count();
    assert_eq!(of_users, 1, "a directory goes as a whole");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_takes_its_directories_along() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    directory.user("ada@acme.test").await;
    deployment.api.delete(&format!("/organizations/{}", directory.organization)).await.ok();
    assert_eq!(directory.get("/Users").await.status, 401);
    deployment.move_clock(120);
    swept(&deployment).await;
    assert_eq!(deployment.api.get(&format!("/directories/{}", directory.id)).await.status, 404);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_of_a_user_in_many_groups_go_with_the_user() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let user = directory.user("ada@acme.test").await;
    let mut groups = Vec::new();
    for number in 0..45 {
        groups.push(directory.group(&format!("Group {number}"), std::slice::from_ref(&user)).await);
    }
    directory.delete(&format!("/Users/{user}")).await.ok();
    for group in &groups {
        assert_eq!(directory.members(group).await, Vec::<String>::new());
    }
    deployment.move_clock(120);
    assert_eq!(swept(&deployment).await["forgotten"], json!(1));
    deployment.stop().await;
}
