//! What a newcomer sees: the sample app, the practice identity provider, and every way in which that one can answer
//! wrongly, in a real browser.

use portico_tests::{Browser, Practice};

/// From the sample app to the question of the practice identity provider.
async fn begin(browser: &mut Browser, practice: &Practice) {
    browser.goto(practice.local.sample_app_url()).await;
    browser.click("button", "Sign in as somebody at Acme").await;
    browser.read("Who is signing in?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_sign_ada_in_to_the_sample_app() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    begin(&mut browser, &practice).await;
    browser.click("button", "Ada Lovelace").await;
    let (text, url) = browser.read("You are signed in").await;
    assert!(text.contains("ada@acme.example") && text.contains("Acme"), "{text}");
    assert!(url.starts_with(practice.local.sample_app_url()), "{url}");
    assert_eq!(practice.last_reason().await, "");

    browser.click("button", "Sign out").await;
    browser.read("Sign in with your company").await;
    practice.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_email_finds_the_company_that_signs_the_person_in() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    browser.goto(practice.local.sample_app_url()).await;
    browser.fill("Work e-mail", "grace@acme.example").await;
    browser.click("button", "Continue").await;
    browser.read("Who is signing in?").await;
    browser.click("button", "Grace Hopper").await;
    let (text, _) = browser.read("You are signed in").await;
    assert!(text.contains("grace@acme.example"), "{text}");
    practice.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_of_the_make_it_fail_menu_ends_on_a_page_that_says_so_and_in_the_sign_in_log() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    // There has to be an answer that can be replayed.
    begin(&mut browser, &practice).await;
    browser.click("button", "Ada Lovelace").await;
    browser.read("You are signed in").await;
    browser.click("button", "Sign out").await;
    for (entry, title, reason) in [
        ("Replayed", "This sign-in was already used", "request_consumed"),
        ("Expired", "This sign-in has expired", "confirmation_expired"),
        ("Wrong audience", "You could not be signed in", "audience_mismatch"),
        ("Unsigned", "You could not be signed in", "unsigned"),
        ("Wrong key", "You could not be signed in", "signature_mismatch"),
        ("E-mail outside the domain", "You could not be signed in", "email_outside_domains"),
        ("Access denied", "You are not signed in", "request_denied"),
        ("IdP-initiated", "Please start at the application", "idp_initiated_off"),
    ] {
        begin(&mut browser, &practice).await;
        browser.click_text("Make it fail").await;
        browser.click("radio", entry).await;
        browser.click("button", "Ada Lovelace").await;
        browser.read(title).await;
        assert_eq!(practice.last_reason().await, reason, "{entry}");
    }
    practice.local.stop().await;
}
