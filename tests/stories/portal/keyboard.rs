//! The way to an active connection without a mouse: Tab, Enter, Space and what is typed.

use super::{Admin, Said};
use portico_local::RecordSet;
use portico_shared::domain::domain_name::DomainName;
use serde_json::json;

/// Goes to what is called this by the Tab key, and presses Enter.
async fn enter(admin: &mut Admin, name: &str) {
    admin.browser.tab_to(name).await;
    admin.browser.press("Enter", 1).await;
}

/// Goes to the field by the Tab key, and types.
async fn write(admin: &mut Admin, name: &str, text: &str) {
    admin.browser.tab_to(name).await;
    admin.browser.type_text(text).await;
}

/// From screen to screen by Enter until this one.
async fn walk_to(admin: &mut Admin, title: &str) {
    for _ in 0..10 {
        admin.browser.read("Step ").await;
        if admin.browser.title().await.starts_with(title) {
            return;
        }
        enter(admin, "Continue").await;
    }
    panic!("{title} was never reached");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_alone_leads_to_an_active_connection() {
    let mut admin = Admin::start(true).await;
    let link = admin.link("settings").await;
    admin.browser.goto(&link).await;
    enter(&mut admin, "Continue").await;
    admin.browser.read("Three things are left").await;
    enter(&mut admin, "Add domains").await;
    admin.browser.read("No domain has been added yet").await;
    write(&mut admin, "Your e-mail domains", "acme.test").await;
    admin.browser.press("Enter", 1).await;
    let (page, _) = admin.browser.read("portico-verification=").await;
    let value = page.split_whitespace().find(|word| word.starts_with("portico-verification=")).unwrap();
    let zones = admin.deployment.stack.zones();
    zones.add(&DomainName::parse("acme.test").unwrap()).unwrap();
    zones.put(RecordSet::txt("_portico.acme.test", &[value]).unwrap()).unwrap();
    enter(&mut admin, "Check now").await;
    admin.browser.read("The domain is verified").await;

    enter(&mut admin, "IT contacts").await;
    admin.browser.read("Nobody has been named yet").await;
    write(&mut admin, "E-mail address", "it@acme.test").await;
    admin.browser.press("Enter", 1).await;
    admin.browser.read("1 of 20").await;
    enter(&mut admin, "Single sign-on").await;
    admin.browser.read("Where do your people sign in?").await;
    enter(&mut admin, "Custom SAML").await;
    walk_to(&mut admin, "Give us your provider’s values").await;
    admin.teach_the_provider(&Said::ann(["", "email", "firstName", "lastName"]), None).await;
    // Radio buttons are one stop of the Tab key: the address is chosen already.
    let address = admin.idp.metadata_url.clone();
    admin.browser.tab_to("Metadata URL").await;
    write(&mut admin, "Metadata URL", &address).await;
    admin.browser.press("Enter", 1).await;
    walk_to(&mut admin, "Match the attributes").await;
    enter(&mut admin, "Continue").await;
    walk_to(&mut admin, "Test the sign-in").await;
    enter(&mut admin, "Test sign-in").await;
    admin.browser.read("Go on").await;
    enter(&mut admin, "Go on").await;
    admin.browser.read("It works. Single sign-on is active.").await;
    assert_eq!(admin.setup().await["sso"]["state"], json!("active"));
    admin.deployment.stop().await;
}
