//! Every page that a person can meet passes axe-core's rules for WCAG 2.2 A and AA, in light and dark, wide and narrow.

use portico_tests::{Browser, Customer, Deployment, Practice, SamlIdp};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_app_and_the_practice_identity_provider_are_accessible() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    browser.goto(practice.local.practice_idp().url()).await;
    browser.is_accessible("the practice provider").await;
    browser.goto(practice.local.sample_app_url()).await;
    browser.is_accessible("the sample app, signed out").await;
    browser.click("button", "Sign in as somebody at Acme").await;
    browser.click_text("Make it fail").await;
    browser.is_accessible("the practice provider's question").await;
    browser.click("radio", "Access denied").await;
    browser.click("button", "Ada Lovelace").await;
    browser.read("You are not signed in").await;
    browser.is_accessible("the sample app, refused").await;
    browser.goto(practice.local.sample_app_url()).await;
    browser.click("button", "Sign in as somebody at Acme").await;
    browser.click("button", "Ada Lovelace").await;
    browser.read("You are signed in").await;
    browser.is_accessible("the sample app, signed in").await;
    practice.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_sign_in_are_accessible() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    let base = practice.local.stack().base_url().to_owned();
    browser.goto(&format!("{base}/login")).await;
    browser.is_accessible("the question for the work e-mail").await;
    browser.goto(&format!("{base}/login?email=ada%40nowhere.example")).await;
    browser.is_accessible("no company for this e-mail").await;
    assert_eq!(browser.goto(&format!("{base}/sso/authorize")).await, 400);
    browser.is_accessible("an authorization request without a client").await;
    assert_eq!(browser.goto(&format!("{base}/sso/nothing-here")).await, 404);

    browser.goto(practice.local.sample_app_url()).await;
    browser.click("button", "Sign in as somebody at Acme").await;
    browser.click_text("Make it fail").await;
    browser.click("radio", "Wrong audience").await;
    browser.click("button", "Ada Lovelace").await;
    browser.read("You could not be signed in").await;
    browser.is_accessible("a refusal for the administrator").await;
    practice.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_that_asks_whether_to_go_on_is_accessible() {
    let deployment = Deployment::start().await;
    let options = json!({ "allow_idp_initiated": true });
    let mut acme = Customer::with_options(&deployment, "acme.test", SamlIdp::pysaml2().await, options).await;
    let page = acme.idp.unsolicited(&acme.acs_url, &acme.sp_entity_id, None).await;
    let mut browser = Browser::start().await;
    browser.show(&page).await;
    browser.click("button", "Go on").await;
    browser.read("Continue to the application?").await;
    browser.is_accessible("the consent page").await;
    deployment.stop().await;
}
