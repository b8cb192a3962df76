//! The overview: what the button says, why it can't be pressed, what is kept up to date, and what a plan leaves out.

use super::Admin;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_says_what_is_missing_and_refreshes_on_return_to_the_tab() {
    let mut admin = Admin::start(true).await;
    admin.enter("settings").await;
    let (page, _) = admin.browser.read("Configure SSO").await;
    assert!(
        page.contains("This becomes available when one domain is verified and one IT contact is named."),
        "{page}"
    );
    // Meanwhile a domain is verified and a contact named, from elsewhere.
    let path = format!("/organizations/{}", admin.organization);
    let verified = json!({ "domain_data": [{ "domain": "acme.test", "state": "verified" }] });
    admin.deployment.api.put(&path, &verified).await.ok();
    let contact = json!({ "email": "it@acme.test" });
    admin.deployment.api.post(&format!("{path}/it_contacts"), &contact).await.ok();
    admin.browser.come_back().await;
    admin.browser.read("Verified").await;
    // What was a disabled button is a link now.
    admin.browser.click("link", "Configure SSO").await;
    admin.browser.read("Where do your people sign in?").await;

    let without = json!({ "features": { "directory_sync": false } });
    admin.deployment.api.put(&format!("{path}/policy"), &without).await.ok();
    admin.browser.goto(&admin.deployment.url("/portal")).await;
    let (page, _) = admin.browser.read("Single Sign-On").await;
    assert!(!page.contains("Directory"), "{page}");
    assert_eq!(admin.browser.goto(&admin.deployment.url("/portal/directory")).await, 404);
    admin.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_can_be_removed() {
    let mut admin = Admin::start(true).await;
    admin.enter("settings").await;
    admin.prove_the_domain().await;
    admin.browser.click_text("Remove acme.test").await;
    admin.browser.click("button", "Remove acme.test").await;
    admin.browser.read("No domain has been added yet").await;
    admin.name_a_contact().await;
    admin.browser.click("button", "Invite it@acme.test").await;
    admin.browser.read("The invitation was sent to it@acme.test").await;
    let mails = admin.deployment.stack.mails().all();
    let words = mails[0].text.split_whitespace();
    let link = words.clone().find(|word| word.contains("/portal/open/")).unwrap().to_owned();
    admin.browser.click_text("Remove it@acme.test").await;
    admin.browser.click("button", "Remove the contact").await;
    admin.browser.read("Nobody has been named yet").await;
    assert_eq!(admin.browser.goto(&link).await, 410, "what was sent to them opens nothing");
    admin.deployment.stop().await;
}
