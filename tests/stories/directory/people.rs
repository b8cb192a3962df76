//! Who a directory's user is: whoever the organization knew as somebody else must not outlive them, and nobody may fall with
//! somebody who isn't they.

use portico_tests::{Directory, Hash, Sign, User};
use serde_json::{Value, json};

use super::leavers::Acme;

const DEACTIVATED: Option<&str> = Some("person_deactivated");

impl Acme {
    /// From now on this person signs in.
    async fn is_met_by(&mut self, subject: &str, email: &str) {
        let user = User { subject: subject.to_owned(), email: email.to_owned(), ..User::ada("acme.test") };
        self.customer.answer_with(&user, Sign::Assertion, Hash::Sha256).await;
    }

    async fn second_directory(&self) -> Directory {
        Directory::of(&self.deployment, &self.customer.organization, "azure scim v2.0").await
    }

    async fn reason(&self) -> Option<String> {
        self.attempt().await
    }
}

/// Makes a user; its path.
async fn made(directory: &Directory, name: &str, id: &str, email: Option<&str>) -> String {
    let emails: Vec<_> = email.iter().map(|email| json!({ "value": email, "type": "work" })).collect();
    let body = json!({ "userName": name, "externalId": id, "emails": emails, "active": true });
    let made = directory.post("/Users", &body).await.ok();
    format!("/Users/{}", made["id"].as_str().unwrap())
}

async fn set(directory: &Directory, user: &str, path: &str, value: Value) {
    directory.patch(user, json!([{ "op": "Replace", "path": path, "value": value }])).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_whom_two_directories_number_alike_stay_two() {
    let mut acme = Acme::new().await;
    let (one, other) = (acme.directory.clone(), acme.second_directory().await);
    let first = made(&one, "john.a@acme.test", "jsmith", Some("john.a@acme.test")).await;
    let second = made(&other, "john.b@acme.test", "jsmith", Some("john.b@acme.test")).await;
    acme.is_met_by("jsmith", "john.b@acme.test").await;
    let token = acme.token().await;
    set(&one, &first, "active", json!(false)).await;
    assert!(acme.is_active(&token).await, "one fell with the other");
    assert_eq!(acme.reason().await, None);
    acme.is_met_by("a-1", "john.a@acme.test").await;
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED);
    set(&other, &second, "active", json!("False")).await;
    assert!(!acme.is_active(&token).await);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_in_by_an_address_that_the_directory_learns_later_falls_with_its_user() {
    let acme = Acme::new().await;
    let user = made(&acme.directory, "a.lovelace@corp.acme.test", "e1", None).await;
    let token = acme.token().await;
    set(&acme.directory, &user, "emails[type eq \"work\"].value", json!("ada@acme.test")).await;
    assert!(acme.is_active(&token).await, "an address ends no session");
    set(&acme.directory, &user, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await);
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED);
    set(&acme.directory, &user, "active", json!(true)).await;
    assert_eq!(acme.reason().await, None);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shared_an_address_is_tied_by_the_next_one() {
    let mut acme = Acme::new().await;
    let first = made(&acme.directory, "ada@acme.test", "e1", Some("ada@acme.test")).await;
    let second = made(&acme.directory, "bob@corp.acme.test", "e2", Some("ada@acme.test")).await;
    set(&acme.directory, &second, "emails[type eq \"work\"].value", json!("bob@acme.test")).await;
    acme.is_met_by("bob-1", "bob@acme.test").await;
    let bob = acme.token().await;
    acme.is_met_by("ada-1", "ada@acme.test").await;
    let ada = acme.token().await;
    set(&acme.directory, &second, "active", json!(false)).await;
    assert_eq!((acme.is_active(&bob).await, acme.is_active(&ada).await), (false, true));
    set(&acme.directory, &first, "active", json!(false)).await;
    assert!(!acme.is_active(&ada).await);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_let_go_is_the_next_ones_though_the_new_one_is_anothers() {
    let mut acme = Acme::new().await;
    let first = made(&acme.directory, "ada@acme.test", "e1", Some("ada@acme.test")).await;
    made(&acme.directory, "bob@acme.test", "e2", Some("bob@acme.test")).await;
    set(&acme.directory, &first, "emails[type eq \"work\"].value", json!("bob@acme.test")).await;
    acme.is_met_by("hired-1", "ada@acme.test").await;
    let hired = acme.token().await;
    set(&acme.directory, &first, "active", json!(false)).await;
    assert!(acme.is_active(&hired).await, "whoever has the address now fell with whoever had it");
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_one_directory_is_still_the_others() {
    let acme = Acme::new().await;
    let other = acme.second_directory().await;
    let first = made(&acme.directory, "ada@acme.test", "e1", Some("ada@acme.test")).await;
    let second = made(&other, "ada@acme.test", "e1", Some("ada@acme.test")).await;
    acme.directory.delete(&first).await.ok();
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED, "the last word counts");
    set(&other, &second, "active", json!(true)).await;
    let token = acme.token().await;
    set(&other, &second, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_word_counts_though_its_directory_said_it_before() {
    let acme = Acme::new().await;
    let other = acme.second_directory().await;
    let first = made(&acme.directory, "ada@acme.test", "e1", Some("ada@acme.test")).await;
    let second = made(&other, "ada@acme.test", "e1", Some("ada@acme.test")).await;
    set(&acme.directory, &first, "active", json!(false)).await;
    set(&other, &second, "title", json!("Countess")).await;
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED, "a title is no word about access");
    set(&other, &second, "active", json!("True")).await;
    assert_eq!(acme.reason().await, None);
    let token = acme.token().await;
    set(&acme.directory, &first, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await);
    // With something else beside it, too.
    let mut whole = other.get(&second).await.ok();
    whole["title"] = json!("Analyst");
    other.put(&second, &whole).await.ok();
    assert_eq!(acme.reason().await, None);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_by_an_address_that_a_directory_knows_is_its_user() {
    let mut acme = Acme::new().await;
    let path = format!("/organizations/{}", acme.customer.organization);
    let outside = json!({ "name": "Acme", "allow_profiles_outside_organization": true });
    acme.deployment.api.put(&path, &outside).await.ok();
    let guest = made(&acme.directory, "bob@mail.test", "00u1", Some("bob@mail.test")).await;
    acme.is_met_by("bob-1", "bob@mail.test").await;
    let token = acme.token().await;
    set(&acme.directory, &guest, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await, "a guest of a domain that nobody has proved");
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED);
    // The provider names its subjects otherwise from now on.
    let ada = made(&acme.directory, "ada@acme.test", "00u2", Some("ada@acme.test")).await;
    let mut tokens = Vec::new();
    for subject in ["ada-1", "ada@acme.test"] {
        acme.is_met_by(subject, "ada@acme.test").await;
        tokens.push(acme.token().await);
    }
    set(&acme.directory, &ada, "active", json!(false)).await;
    for token in tokens {
        assert!(!acme.is_active(&token).await);
    }
    acme.deployment.stop().await;
}
