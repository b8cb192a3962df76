//! Directory sync: from the link to a configured directory that Okta feeds.

use super::Admin;
use crate::directory::wire;
use portico_tests::Directory;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn from_a_link_to_a_directory_that_okta_feeds() {
    let mut admin = Admin::start(true).await;
    admin.enter("settings").await;
    admin.browser.click("link", "Directory Sync Setup").await;
    admin.browser.read("Where are your people kept?").await;
    admin.browser.click("button", "Okta").await;
    admin.walk_to("Connect Okta").await;
    admin.browser.click("button", "Create a token").await;
    let (page, _) = admin.browser.read("The token is shown this once").await;
    let behind = |label: &str| {
        let rest = page.split(label).nth(1).unwrap_or_else(|| panic!("{label} is not in {page}"));
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let (endpoint, token) = (behind("SCIM 2.0 Base Url\n"), behind("OAuth Bearer Token\n"));
    let id = endpoint.rsplit('/').next().unwrap();
    let directory = Directory::known(id, &admin.organization, &endpoint, &token);
    admin.walk_to("See people arrive").await;
    admin.browser.read("Waiting for Okta: no request has come yet").await;
    assert_eq!(admin.setup().await["directory"]["state"], json!("validating"));

    wire::play(&directory, "okta", "test-connection").await;
    // The page looks by itself.
    admin.browser.read("Configured: Okta has called").await;
    wire::play(&directory, "okta", "aiw-group-push").await;
    admin.browser.click("link", "Look now").await;
    let (page, _) = admin.browser.read("Last request").await;
    assert!(page.contains("People\n2") && page.contains("Groups\n2"), "{page}");
    assert_eq!(admin.setup().await["directory"]["state"], json!("linked"));

    admin.browser.click("link", "Back to the overview").await;
    let (page, _) = admin.browser.read("Directory Sync Setup").await;
    assert!(page.contains("Configured"), "{page}");
    admin.browser.click("link", "Directory Sync Setup").await;
    let (page, _) = admin.browser.read("keeps").await;
    assert!(page.contains(&token[token.len() - 4..]) && !page.contains(&token), "{page}");

    // A token that is revoked is refused from then on.
    admin.browser.click_text(&format!("Revoke the token that ends in {}", &token[token.len() - 4..])).await;
    admin.browser.click("button", "Revoke …").await;
    admin.browser.read("No token has been made yet").await;
    assert_eq!(directory.get("/Users").await.status, 401);
    admin.deployment.stop().await;
}
