//! Custom SAML: from the link to an active connection, with values typed by hand, as a vendor's guide tells its admins.

use super::{Admin, Said, Way};
use serde_json::json;

async fn from_a_link_to_an_active_connection(script: bool) {
    let mut admin = Admin::start(script).await;
    admin.enter("settings").await;
    admin.browser.read("Three things are left").await;
    admin.prove_the_domain().await;
    admin.name_a_contact().await;

    admin.browser.goto(&admin.deployment.url("/portal")).await;
    admin.browser.click("link", "Configure SSO").await;
    admin.browser.click("button", "Custom SAML").await;
    admin.walk_to("Give us your provider’s values").await;
    let said = Said::ann(["", "email", "firstName", "lastName"]);
    admin.teach_the_provider(&said, Some("https://somebody-else.test")).await;
    admin.hand_over(Way::Fields).await;
    admin.walk_to("Match the attributes").await;
    admin.browser.click("button", "Continue").await;
    admin.walk_to("Test the sign-in").await;

    // A wrong audience is found, and mended by what the page says alone.
    let failed = admin.test_the_sign_in("The test did not succeed").await;
    assert!(failed.contains("https://somebody-else.test"), "{failed}");
    assert!(failed.contains("audience"), "{failed}");
    assert_eq!(admin.setup().await["sso"]["state"], json!("validating"));
    let behind = failed.split("Put this value there").nth(1).unwrap();
    let value = behind.split_whitespace().next().unwrap().to_owned();
    admin.teach_the_provider(&said, Some(&value)).await;
    let worked = admin.test_the_sign_in("It works. Single sign-on is active.").await;
    for part in ["ann@acme.test", "Ann", "Lindqvist"] {
        assert!(worked.contains(part), "{part} is not in {worked}");
    }
    let setup = admin.setup().await;
    assert_eq!(setup["sso"]["state"], json!("active"));
    assert_eq!(setup["sso_button_label"], json!("Reconfigure your SSO"));
    admin.browser.click("button", "Finish").await;
    admin.browser.read("Your visit has ended").await;
    admin.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_link_to_an_active_connection_with_values_typed_by_hand() {
    from_a_link_to_an_active_connection(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_without_script() {
    from_a_link_to_an_active_connection(false).await;
}
