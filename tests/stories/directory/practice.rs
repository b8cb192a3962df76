//! The practice directory: every button does what its provider does, and what comes of it is seen in the sample app.

use portico_tests::{Browser, Practice};
use serde_json::{Value, json};

const ACTS: [&str; 5] = [
    "Assign Ada",
    "Change Ada’s title",
    "Push the group Engineering with Ada",
    "Take Ada out of Engineering",
    "Deactivate Ada",
];

/// Ada as the application sees her, and in how many groups she is.
async fn ada(practice: &Practice) -> (Value, usize) {
    let path = format!("/directory_users?directory={}", practice.local.directory_id());
    let ada = practice.api.get(&path).await.ok()["data"][0].take();
    let path = format!("/directory_groups?user={}", ada["id"].as_str().unwrap());
    (ada, practice.api.get(&path).await.ok()["data"].as_array().unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_button_of_the_practice_directory_does_what_its_provider_does() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    browser.goto(practice.local.directory_url()).await;
    browser.is_accessible("the practice directory").await;
    browser.click("button", "Deactivate Ada by Okta").await;
    let (text, _) = browser.read("There was nothing to change").await;
    assert!(!text.contains("PATCH"), "{text}");
    for (provider, title) in [("Okta", "Countess"), ("Entra ID", "Analyst")] {
        for act in ACTS {
            browser.click("button", &format!("{act} by {provider}")).await;
            let (text, _) = browser.read(&format!("{provider}: {act}")).await;
            assert!(!text.contains("There was nothing to change"), "{act} by {provider}: {text}");
            let (ada, groups) = ada(&practice).await;
            match act {
                "Assign Ada" => assert_eq!(ada["state"], "active", "{ada}"),
                "Change Ada’s title" => assert_eq!(ada["job_title"], title, "{ada}"),
                "Push the group Engineering with Ada" => assert_eq!(groups, 1, "{ada}"),
                "Take Ada out of Engineering" => assert_eq!(groups, 0, "{ada}"),
                _ => assert_eq!(ada["state"], "inactive", "{ada}"),
            }
        }
    }
    browser.is_accessible("what a provider sent").await;
    practice.local.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_deactivates_ada_and_sees_her_refused() {
    let practice = Practice::start().await;
    let mut browser = Browser::start().await;
    browser.goto(practice.local.directory_url()).await;
    browser.click("button", "Assign Ada by Okta").await;
    browser.read("Okta: Assign Ada").await;
    browser.goto(practice.local.sample_app_url()).await;
    browser.click("button", "Sign in as somebody at Acme").await;
    browser.click("button", "Ada Lovelace").await;
    browser.read("You are signed in").await;
    browser.goto(practice.local.directory_url()).await;
    browser.click("button", "Deactivate Ada by Entra ID").await;
    browser.read("Entra ID: Deactivate Ada").await;
    browser.goto(practice.local.sample_app_url()).await;
    browser.read("You were signed out").await;
    browser.is_accessible("the sample app after a session's end").await;
    browser.click("button", "Sign in as somebody at Acme").await;
    browser.click("button", "Ada Lovelace").await;
    browser.read("You could not be signed in").await;
    assert_eq!(json!(practice.last_reason().await), json!("person_deactivated"));
    practice.local.stop().await;
}
