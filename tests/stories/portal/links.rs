//! Links: by the official SDKs' own calls, and what the application can end.

use portico_tests::Deployment;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_refused_outside_of_the_plan_in_words_that_the_application_can_show() {
    let deployment = Deployment::start().await;
    let organization = deployment.organization("acme", "acme.test").await["id"].clone();
    let id = organization.as_str().unwrap();
    let without = json!({ "features": { "directory_sync": false } });
    deployment.api.put(&format!("/organizations/{id}/policy"), &without).await.ok();
    let asked = json!({ "organization": id, "intent": "dsync" });
    let refused = deployment.api.post("/portal/generate_link", &asked).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body["message"], "Directory sync is not part of this organization's plan.");
    deployment.stop().await;
}
