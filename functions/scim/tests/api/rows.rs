//! What is in the table after what providers do.

use chrono::Duration;
use http::Method;
use serde_json::json;

use crate::{Api, id};

fn of_the_directory(keys: Vec<String>) -> Vec<String> {
    keys.into_iter()
        .filter(|key| !key.starts_with("evt#") && !key.starts_with("person#") && !key.starts_with("due#"))
        .collect()
}

#[tokio::test]
async fn a_deleted_user_leaves_no_row_but_their_person() {
    let api = Api::start().await;
    let user = api.user("ada@acme.test").await;
    let group = json!({ "displayName": "Everybody", "members": [{ "value": user, "display": "Ada" }] });
    api.call(Method::POST, "/Groups", Some(group)).await;
    assert_eq!(
        of_the_directory(api.keys(&[&user])).len(),
        6,
        "user, place, two index rows, two of the membership"
    );
    let before = api.keys(&["#user_name#", "#user_external_id#"]);
    assert_eq!(before.len(), 2);
    api.call(Method::DELETE, &format!("/Users/{user}"), None).await;
    assert_eq!(of_the_directory(api.keys(&[&user])), Vec::<String>::new());
    assert_eq!(api.keys(&["#user_name#", "#user_external_id#"]), Vec::<String>::new());
    // Whoever gets the address next is somebody else; the provider's own id stays theirs.
    assert_eq!(api.keys(&["person#email#"]).len(), 0);
    assert_eq!(api.keys(&["person#idp#"]).len(), 1);
}

#[tokio::test]
async fn a_changed_user_is_found_by_what_is_new_and_no_longer_by_what_was() {
    let api = Api::start().await;
    let user = api.user("ada@acme.test").await;
    let rows = api.keys(&["dir#"]).len();
    let changed = json!({ "userName": "lovelace@acme.test", "externalId": "e2", "displayName": "Lady", "emails": [{ "value": "lovelace@acme.test" }] });
    api.call(Method::PUT, &format!("/Users/{user}"), Some(changed)).await;
    assert_eq!(api.keys(&["dir#"]).len(), rows);
    let found = async |filter: &str| {
        let path = format!("/Users?filter={}", filter.replace(' ', "+").replace('"', "%22"));
        api.call(Method::GET, &path, None).await["totalResults"].clone()
    };
    for (old, new) in [
        ("userName eq \"ada@acme.test\"", "userName eq \"lovelace@acme.test\""),
        ("externalId eq \"ext-ada@acme.test\"", "externalId eq \"e2\""),
        ("emails.value eq \"ada@acme.test\"", "emails.value eq \"lovelace@acme.test\""),
        ("displayName eq \"ada@acme.test\"", "displayName eq \"lady\""),
    ] {
        assert_eq!((found(old).await, found(new).await), (json!(0), json!(1)), "{old}");
    }
    // What is free again can be taken.
    assert_ne!(api.user("ada@acme.test").await, user);
}

#[tokio::test]
async fn nothing_is_written_where_nothing_changes() {
    let api = Api::start().await;
    let user = api.user("ada@acme.test").await;
    let shown = api.call(Method::GET, &format!("/Users/{user}"), None).await;
    let rows = api.keys(&["evt#"]).len();
    let again = api.call(Method::PUT, &format!("/Users/{user}"), Some(shown.clone())).await;
    assert_eq!(again, shown);
    let same = json!({ "Operations": [{ "op": "Replace", "path": "active", "value": "True" }] });
    assert_eq!(api.call(Method::PATCH, &format!("/Users/{user}"), Some(same)).await, shown);
    assert_eq!(api.keys(&["evt#"]).len(), rows);
}

#[tokio::test]
async fn nothing_is_left_of_a_deleted_directory() {
    let api = Api::start().await;
    let mut members = Vec::new();
    for number in 0..130 {
        members.push(json!({ "value": api.user(&format!("u{number}@acme.test")).await }));
        api.bench.clock.advance(Duration::milliseconds(100));
    }
    for number in 0..3 {
        let group = json!({ "displayName": format!("Group {number}"), "externalId": format!("g{number}"), "members": members });
        let made = id(&api.call(Method::POST, "/Groups", Some(group)).await);
        assert_eq!(api.keys(&[&format!("#members {made}")]).len(), 130);
    }
    api.call(Method::GET, "/Users?startIndex=1&count=50", None).await;
    let store = api.bench.app.store();
    let read = store.directory(api.directory).await.unwrap().unwrap();
    assert!(store.begin_directory_deletion(&read).await.unwrap());
    assert_eq!(api.send(Method::GET, "/Users", None).await.status(), 401);
    let early = portico_scim::sweep(&api.bench.app).await.unwrap();
    assert_eq!(early.directories, 0, "whoever read the directory before may still be writing");
    api.bench.clock.advance(Duration::seconds(61));
    let swept = portico_scim::sweep(&api.bench.app).await.unwrap();
    assert_eq!((swept.directories, swept.unfinished), (1, 0));
    let left = api.keys(&["dir#", "due#", "directory#"]);
    let left: Vec<_> = left.into_iter().filter(|key| !key.starts_with("evt#")).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_goes_on() {
    let api = Api::start().await;
    for number in 0..5 {
        api.user(&format!("u{number}@acme.test")).await;
    }
    let store = api.bench.app.store();
    let read = store.directory(api.directory).await.unwrap().unwrap();
    store.begin_directory_deletion(&read).await.unwrap();
    // A run that dies after its first step.
    assert!(!store.empty_directory(api.directory).await.unwrap());
    api.bench.clock.advance(Duration::seconds(61));
    assert_eq!(portico_scim::sweep(&api.bench.app).await.unwrap().directories, 1);
    assert_eq!(portico_scim::sweep(&api.bench.app).await.unwrap().directories, 0);
}

#[tokio::test]
async fn one_run_removes_all_that_is_left_and_says_how_late_it_was() {
    let api = Api::start().await;
    for number in 0..430 {
        let user = api.user(&format!("u{number}@acme.test")).await;
        api.send(Method::DELETE, &format!("/Users/{user}"), None).await;
        api.bench.clock.advance(Duration::milliseconds(100));
    }
    assert_eq!(portico_scim::sweep(&api.bench.app).await.unwrap().forgotten, 0);
    api.bench.clock.advance(Duration::seconds(160));
    let swept = portico_scim::sweep(&api.bench.app).await.unwrap();
    assert_eq!((swept.forgotten, swept.unfinished), (430, 0));
    assert!((140..=150).contains(&swept.behind_seconds), "{}", swept.behind_seconds);
    assert_eq!(portico_scim::sweep(&api.bench.app).await.unwrap().behind_seconds, 0);
}

#[tokio::test]
async fn work_that_fails_is_told_and_keeps_no_other_waiting() {
    let api = Api::start().await;
    let store = api.bench.app.store();
    let [broken, gone] = [api.user("ada@acme.test").await, api.user("bob@acme.test").await];
    api.send(Method::DELETE, &format!("/Users/{gone}"), None).await;
    // A row that nobody wrote: the directory's deletion can't read it.
    let row = api.keys(&["#users "]).into_iter().find(|key| key.ends_with(&broken)).unwrap();
    let (pk, sk) = row.split_once(' ').unwrap();
    let item = json!({ "pk": { "S": pk }, "sk": { "S": sk }, "version": { "N": "1" }, "body": { "S": "?" } });
    let request = json!({ "TableName": "portico", "Item": item });
    api.bench.database.put_item(serde_json::from_value(request).unwrap()).unwrap();
    let read = store.directory(api.directory).await.unwrap().unwrap();
    store.begin_directory_deletion(&read).await.unwrap();
    api.bench.clock.advance(Duration::seconds(61));
    portico_scim::sweep(&api.bench.app).await.unwrap_err();
    assert_eq!(api.keys(&["due#"]).len(), 1, "the deletion alone is left");
    let metrics = String::from_utf8(api.bench.metrics.lock().unwrap().clone()).unwrap();
    assert!(metrics.contains("\"DirectorySweepBehind\":1"), "{metrics}");
}

#[tokio::test]
async fn an_address_is_left_to_another_account_however_it_is_written() {
    let api = Api::start().await;
    let make = async |name: &str, email: &str| {
        let body = json!({ "userName": name, "emails": [{ "value": email }] });
        id(&api.call(Method::POST, "/Users", Some(body)).await)
    };
    let first = make("a1", "Ada@bücher.test").await;
    let second = make("a2", "ada@Bücher.test").await;
    make("a3", "ada@bücher.test").await;
    let off = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    api.call(Method::PATCH, &format!("/Users/{second}"), Some(off)).await;
    api.call(Method::DELETE, &format!("/Users/{first}"), None).await;
    let store = api.bench.app.store();
    let page = store.list_directory_users(api.directory, None, (10, false)).await.unwrap();
    let user = |name: &str| {
        let mut users = page.items.iter().map(|read| &read.value);
        users.find(|user| user.document.user_name() == Some(name)).unwrap()
    };
    let address = "ada@xn--bcher-kva.test";
    let holders = store.holders(user("a3").organization_id, &[address], &[]).await.unwrap();
    assert_eq!(holders.addresses[address].value.person_id, user("a3").person_id, "the active one has it");
}
