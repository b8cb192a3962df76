//! Links: by the official SDKs' own calls, and what the application can end.

use super::{Admin, Way};
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

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_serving_connection_trusts_is_changed_by_a_link_of_five_minutes_alone_and_every_contact_is_told()
 {
    let mut admin = Admin::start(true).await;
    let made = json!({
        "organization_id": admin.organization,
        "saml_options": { "idp_metadata_xml": admin.idp.metadata },
    });
    let connection = admin.deployment.api.post("/connections", &made).await.ok();
    let path = format!("/connections/{}", connection["id"].as_str().unwrap());
    admin.enter("sso").await;
    admin.name_a_contact().await;
    admin.browser.click("button", "Invite it@acme.test").await;
    admin.browser.read("The invitation was sent to it@acme.test").await;
    let sent = admin.deployment.stack.mails().all();
    let invitation = sent.last().unwrap();
    assert_eq!(invitation.to, ["it@acme.test"]);
    let link =
        invitation.text.split_whitespace().find(|word| word.contains("/portal/open/")).unwrap().to_owned();

    // Whoever was invited before it served is told so, and nothing changes.
    admin.browser.renew(json!({})).await;
    admin.browser.goto(&link).await;
    admin.browser.click("button", "Continue").await;
    admin.browser.read("This visit ends at").await;
    admin.deployment.api.patch(&path, &json!({ "state": "active" })).await.ok();
    let values = admin.deployment.url("/portal/sso/steps/metadata");
    admin.browser.goto(&values).await;
    admin.hand_over(Way::Fields).await;
    admin.browser.read("invitation").await;
    let kept = admin.deployment.api.get(&path).await.ok();
    assert_eq!(kept["saml"]["idp_metadata_url"], connection["saml"]["idp_metadata_url"]);

    // An admin of the application's own may.
    admin.browser.renew(json!({})).await;
    admin.enter("sso").await;
    admin.browser.goto(&values).await;
    admin.browser.choose("Single values").await;
    admin.browser.fill("Entity ID", "https://new.idp.test").await;
    admin.browser.click("button", "Continue").await;
    admin.browser.read("Step ").await;
    let kept = admin.deployment.api.get(&path).await.ok();
    assert_eq!(
        (&kept["saml"]["idp_entity_id"], &kept["state"]),
        (&json!("https://new.idp.test"), &json!("active"))
    );
    let sent = admin.deployment.stack.mails().all();
    let told = sent.last().unwrap();
    assert_eq!(
        (told.to.as_slice(), told.subject.as_str()),
        (&["it@acme.test".to_owned()][..], "The single sign-on of Acme was changed")
    );
    admin.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_of_the_applications_is_open_until_it_is_revoked() {
    let mut admin = Admin::start(true).await;
    let asked = json!({ "organization": admin.organization, "intents": ["sso"] });
    let made = admin.deployment.api.post("/portal/links", &asked).await.ok();
    let (id, link) = (made["id"].as_str().unwrap(), made["link"].as_str().unwrap());
    assert_eq!(admin.browser.goto(link).await, 200);
    let second = admin.deployment.api.post("/portal/links", &asked).await;
    assert_eq!(second.status, 409, "one is open at a time: {}", second.body);
    let revoked = admin.deployment.api.delete(&format!("/portal/links/{id}")).await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
    assert_eq!(admin.browser.goto(link).await, 410);
    admin.deployment.stop().await;
}
