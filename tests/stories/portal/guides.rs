//! The guides for Okta and Entra ID, each walked to an active connection: leaving half-way, changing provider.

use super::{Admin, Said, Way};
use portico_tests::REDIRECT_URI;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn okta_with_a_pause_half_way_and_a_new_link() {
    let mut admin = Admin::start(true).await;
    admin.enter("sso").await;
    // Single sign-on needs a domain and a contact, and the page says so.
    admin.browser.read("Prove one of your e-mail domains").await;
    admin.prove_the_domain().await;
    admin.name_a_contact().await;
    admin.browser.goto(&admin.deployment.url("/portal/sso")).await;
    admin.browser.click("button", "Okta SAML 2.0").await;
    admin.walk_to("Tell Okta what to send").await;
    // The browser is closed; tomorrow there is another link.
    admin.browser.renew(json!({})).await;
    admin.enter("sso").await;
    let (_, url) = admin.browser.read("Tell Okta what to send").await;
    assert!(url.ends_with("/portal/sso/steps/attribute-statements"), "{url}");
    assert_eq!(admin.setup().await["sso_button_label"], json!("Continue SSO setup"));
    admin.walk_to("Give us Okta’s values").await;
    admin.teach_the_provider(&Said::ann(["id", "email", "firstName", "lastName"]), None).await;
    admin.hand_over(Way::Url).await;
    admin.walk_to("Match the attributes").await;
    admin.browser.click("button", "Continue").await;
    admin.walk_to("Test the sign-in").await;
    let worked = admin.test_the_sign_in("It works. Single sign-on is active.").await;
    assert!(worked.contains("00u1ann") && worked.contains("IT, Staff"), "{worked}");
    // What a person does afterwards.
    let authorize = admin.deployment.url(&format!(
        "/sso/authorize?client_id={}&response_type=code&organization={}&redirect_uri={}",
        admin.deployment.stack.client_id(),
        admin.organization,
        portico_tests::query(&[("u", REDIRECT_URI)]).split_once('=').unwrap().1
    ));
    let mut ann = portico_tests::Person::default();
    let arrived = ann.follow(&authorize, REDIRECT_URI).await;
    assert!(arrived.parameter("code").is_some(), "{} {}", arrived.url, arrived.text);
    admin.browser.goto(&admin.deployment.url("/portal/sign-ins")).await;
    let (page, _) = admin.browser.read("Test successful").await;
    assert!(page.contains("Success"), "{page}");
    admin.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_after_another_provider_was_chosen_first() {
    let mut admin = Admin::start(true).await;
    admin.enter("settings").await;
    admin.prove_the_domain().await;
    admin.name_a_contact().await;
    admin.browser.goto(&admin.deployment.url("/portal/sso")).await;
    admin.browser.click("button", "Okta SAML 2.0").await;
    admin.walk_to("Enter our URLs").await;
    admin.browser.click("link", "Choose another provider").await;
    admin.browser.read("You have begun with Okta").await;
    admin.browser.click("button", "Microsoft Entra ID formerly Azure AD").await;
    admin.walk_to("Give us Entra’s values").await;
    let claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
    let [email, first, last] =
        ["emailaddress", "givenname", "surname"].map(|name| format!("{claims}/{name}"));
    let id = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    admin.teach_the_provider(&Said::ann([id, &email, &first, &last]), None).await;
    admin.hand_over(Way::Xml).await;
    admin.walk_to("Match the attributes").await;
    admin.browser.click("button", "Continue").await;
    admin.walk_to("Test the sign-in").await;
    let worked = admin.test_the_sign_in("It works. Single sign-on is active.").await;
    assert!(worked.contains("Lindqvist"), "{worked}");
    let setup = admin.setup().await;
    assert_eq!(setup["sso"]["connection_type"], json!("AzureSAML"));
    assert_eq!(setup["sso"]["state"], json!("active"));
    okta_takes_its_place(&mut admin).await;
    admin.deployment.stop().await;
}

/// A year later they change over: what serves goes on serving until the first test of the other succeeds.
async fn okta_takes_its_place(admin: &mut Admin) {
    admin.browser.goto(&admin.deployment.url("/portal/sso/provider")).await;
    admin.browser.read("Single sign-on with Microsoft Entra ID is active and stays so").await;
    admin.browser.click("button", "Okta SAML 2.0").await;
    admin.walk_to("Give us Okta’s values").await;
    let said = Said::ann(["id", "email", "firstName", "lastName"]);
    admin.teach_the_provider(&said, Some("https://somebody-else.test")).await;
    admin.hand_over(Way::Url).await;
    let page = admin.walk_to("Test the sign-in").await;
    assert!(page.contains("This test ends single sign-on with Microsoft Entra ID"), "{page}");
    admin.test_the_sign_in("The test did not succeed").await;
    assert_eq!(states(admin).await, ["active", "validating"]);
    admin.teach_the_provider(&said, None).await;
    admin.test_the_sign_in("It works. Single sign-on is active.").await;
    assert_eq!(states(admin).await, ["inactive", "active"]);
    let told = admin.deployment.stack.mails().all();
    let told = told.iter().filter(|mail| mail.subject.contains("another identity provider"));
    assert_eq!(told.map(|mail| mail.to.concat()).collect::<Vec<_>>(), ["it@acme.test", "it@acme.test"]);
}

/// The states of the organization's connections, oldest first.
async fn states(admin: &Admin) -> Vec<String> {
    let path = format!("/connections?organization_id={}&order=asc", admin.organization);
    let listed = admin.deployment.api.get(&path).await.ok();
    let states = listed["data"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap());
    states.map(str::to_owned).collect()
}
