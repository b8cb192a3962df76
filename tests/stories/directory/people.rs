//! Who a directory's user is: whoever the organization knew as somebody else must not outlive them, and nobody may fall with
//! somebody who isn't they.

use portico_tests::{Directory, Hash, Sign, User};
use serde_json::{Value, json};

use super::deletion::swept;
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

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_two_accounts_is_the_others_once_one_of_them_lets_go_of_it() {
    let mut acme = Acme::new().await;
    for (round, goes) in ["deleted", "renamed"].into_iter().enumerate() {
        let email = format!("ada{round}@acme.test");
        let admin = made(&acme.directory, &format!("adm.{round}"), &format!("a{round}"), Some(&email)).await;
        let own = made(&acme.directory, &format!("own.{round}"), &format!("o{round}"), Some(&email)).await;
        match goes {
            "deleted" => {
                acme.directory.delete(&admin).await.ok();
            }
            _ => set(&acme.directory, &admin, "emails[type eq \"work\"].value", json!("it@acme.test")).await,
        }
        acme.is_met_by(&format!("unknown-{round}"), &email).await;
        let token = acme.token().await;
        set(&acme.directory, &own, "active", json!("False")).await;
        assert!(!acme.is_active(&token).await, "{goes}");
        assert_eq!(acme.reason().await.as_deref(), DEACTIVATED, "{goes}");
        // Once nobody has it, whoever has it next is somebody else.
        acme.directory.delete(&own).await.ok();
        acme.is_met_by(&format!("hired-{round}"), &email).await;
        assert_eq!(acme.reason().await, None, "{goes}");
    }
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_accounts_leave_to_one_another_at_once_is_nobodys_in_the_end() {
    let mut acme = Acme::new().await;
    let mut paths = Vec::new();
    for number in 0..4 {
        let name = format!("account{number}");
        paths.push(made(&acme.directory, &name, &name, Some("ada@acme.test")).await);
    }
    let last = paths.pop().unwrap();
    let gone = paths.iter().map(|path| acme.directory.delete(path));
    for answer in futures_util::future::join_all(gone).await {
        answer.ok();
    }
    acme.is_met_by("unknown", "ada@acme.test").await;
    let token = acme.token().await;
    set(&acme.directory, &last, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await, "the last one had it");
    acme.directory.delete(&last).await.ok();
    acme.is_met_by("hired", "ada@acme.test").await;
    assert_eq!(acme.reason().await, None);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_an_address_before_it_was_anothers_by_mistake_still_has_it() {
    let mut acme = Acme::new().await;
    acme.is_met_by("bob-1", "bob@acme.test").await;
    let token = acme.token().await;
    let ada = made(&acme.directory, "ada", "e1", Some("ada@acme.test")).await;
    for email in ["bob@acme.test", "ada@acme.test"] {
        set(&acme.directory, &ada, "emails[type eq \"work\"].value", json!(email)).await;
    }
    let bob = made(&acme.directory, "bob", "e2", Some("bob@acme.test")).await;
    assert!(acme.is_active(&token).await);
    set(&acme.directory, &bob, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await);
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_deleted_directory_are_found_by_the_next_one() {
    let mut acme = Acme::new().await;
    made(&acme.directory, "ada", "e1", None).await;
    acme.is_met_by("e1", "ada@acme.test").await;
    let by_id = acme.token().await;
    made(&acme.directory, "bob", "e2", Some("bob@acme.test")).await;
    acme.is_met_by("bob-1", "bob@acme.test").await;
    let by_address = acme.token().await;
    acme.deployment.api.delete(&format!("/directories/{}", acme.directory.id)).await.ok();
    acme.deployment.move_clock(120);
    assert_eq!(swept(&acme.deployment).await["unfinished"], json!(0));
    assert!(acme.is_active(&by_id).await && acme.is_active(&by_address).await);
    let next = acme.second_directory().await;
    let ada = made(&next, "ada", "e1", None).await;
    let bob = made(&next, "bob", "another-id", Some("bob@acme.test")).await;
    set(&next, &ada, "active", json!(false)).await;
    set(&next, &bob, "active", json!(false)).await;
    assert!(!acme.is_active(&by_id).await && !acme.is_active(&by_address).await);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_by_their_user_name_is_its_user() {
    let mut acme = Acme::new().await;
    // A subject that is the name, beside another address.
    let ada = made(&acme.directory, "ada@corp.acme.test", "00u1", Some("ada.lovelace@acme.test")).await;
    acme.is_met_by("ada@corp.acme.test", "a.lovelace@acme.test").await;
    let of_ada = acme.token().await;
    set(&acme.directory, &ada, "active", json!(false)).await;
    assert!(!acme.is_active(&of_ada).await);
    assert_eq!(acme.reason().await.as_deref(), DEACTIVATED);
    // An address that is the name of somebody without a mailbox.
    let bob = made(&acme.directory, "bob@acme.test", "00u2", None).await;
    acme.is_met_by("bob-1", "bob@acme.test").await;
    let of_bob = acme.token().await;
    set(&acme.directory, &bob, "active", json!(false)).await;
    assert!(!acme.is_active(&of_bob).await);
    // Somebody who signed in before the directory knew them.
    acme.is_met_by("eve@corp.acme.test", "eve@acme.test").await;
    let of_eve = acme.token().await;
    let eve = made(&acme.directory, "eve@corp.acme.test", "00u3", Some("eve.mail@acme.test")).await;
    set(&acme.directory, &eve, "active", json!(false)).await;
    assert!(!acme.is_active(&of_eve).await);
    // Whoever gets the name next is somebody else.
    acme.directory.delete(&eve).await.ok();
    let hired = made(&acme.directory, "eve@corp.acme.test", "00u4", Some("eve.hired@acme.test")).await;
    acme.is_met_by("hired-1", "eve.hired@acme.test").await;
    let of_hired = acme.token().await;
    assert!(acme.is_active(&of_hired).await && !acme.is_active(&of_eve).await);
    set(&acme.directory, &hired, "active", json!(false)).await;
    assert!(!acme.is_active(&of_hired).await);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_users_name_that_is_anothers_id_makes_them_no_one_person() {
    const J: &str = "jsmith@acme.test";
    const K: &str = "kdoe@acme.test";
    let mut acme = Acme::new().await;
    for (round, [(first_name, first_id), (second_name, second_id)]) in
        [[("a1", J), (J, "x1")], [(K, "x2"), ("a2", K)]].into_iter().enumerate()
    {
        let emails = [format!("first{round}@acme.test"), format!("second{round}@acme.test")];
        let first = made(&acme.directory, first_name, first_id, Some(&emails[0])).await;
        let second = made(&acme.directory, second_name, second_id, Some(&emails[1])).await;
        acme.is_met_by(&format!("f{round}"), &emails[0]).await;
        let of_first = acme.token().await;
        acme.is_met_by(&format!("s{round}"), &emails[1]).await;
        let of_second = acme.token().await;
        set(&acme.directory, &second, "active", json!(false)).await;
        assert_eq!([acme.is_active(&of_first).await, acme.is_active(&of_second).await], [true, false]);
        set(&acme.directory, &first, "active", json!(false)).await;
        assert!(!acme.is_active(&of_first).await);
    }
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_becomes_a_name_and_a_name_that_becomes_an_id_are_whose_they_are() {
    const NAME: &str = "ada@acme.test";
    let mut acme = Acme::new().await;
    let user = made(&acme.directory, NAME, NAME, Some("a.lovelace@acme.test")).await;
    for id in [Some("00u1"), Some(NAME), None, Some(NAME)] {
        let body = json!({
            "userName": NAME, "externalId": id, "emails": [{ "value": "a.lovelace@acme.test" }], "active": true,
        });
        acme.directory.put(&user, &body).await.ok();
    }
    acme.directory.delete(&user).await.ok();
    let again = made(&acme.directory, "another@acme.test", NAME, Some("other@acme.test")).await;
    acme.is_met_by(NAME, "unknown@acme.test").await;
    let token = acme.token().await;
    set(&acme.directory, &again, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await, "the provider's own id stays theirs");
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_a_directory_says_is_not_let_go_by_a_sign_in() {
    let mut acme = Acme::new().await;
    let ada = made(&acme.directory, "ada", "e1", Some("ada@acme.test")).await;
    for email in ["ada@acme.test", "alias@acme.test"] {
        acme.is_met_by("subject", email).await;
        acme.token().await;
    }
    acme.is_met_by("another-subject", "ada@acme.test").await;
    let token = acme.token().await;
    set(&acme.directory, &ada, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_says_who_it_is_where_the_subject_is_a_colleagues_name() {
    let mut acme = Acme::new().await;
    let jane = made(&acme.directory, "j.doe@acme.test", "e1", Some("jane@acme.test")).await;
    let john = made(&acme.directory, "john", "e2", Some("john@acme.test")).await;
    acme.is_met_by("j.doe@acme.test", "john@acme.test").await;
    let token = acme.token().await;
    set(&acme.directory, &jane, "active", json!(false)).await;
    assert!(acme.is_active(&token).await, "John fell with Jane");
    set(&acme.directory, &john, "active", json!(false)).await;
    assert!(!acme.is_active(&token).await);
    acme.deployment.stop().await;
}
