//! Lists: every entry once, and the right number of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use portico_tests::{Deployment, Directory};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// Makes users `u{first}`…, some at a time; their ids.
async fn users(directory: &Directory, names: std::ops::Range<usize>) -> Vec<String> {
    let turns = Arc::new(Semaphore::new(8));
    let made: Vec<_> = names
        .map(|number| {
            let (directory, turns) = (directory.clone(), turns.clone());
            tokio::spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                patient(&directory, number).await
            })
        })
        .collect();
    let mut ids = Vec::new();
    for id in made {
        ids.push(id.await.unwrap());
    }
    ids
}

/// Makes a user as a provider does: told to come again, it comes again.
async fn patient(directory: &Directory, number: usize) -> String {
    let body = json!({ "userName": format!("u{number}@acme.test") });
    for _ in 0..20 {
        let answer = directory.post("/Users", &body).await;
        if answer.status == 201 {
            return answer.body["id"].as_str().unwrap().to_owned();
        }
        assert!(answer.status == 429 || answer.status == 503, "{} {}", answer.status, answer.body);
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    }
    panic!("user {number} was never taken");
}

fn ids(page: &Value) -> Vec<String> {
    page["Resources"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_number_and_by_cursor_show_every_user_once() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut made = users(&directory, 0..137).await;
    made.sort();
    let (mut seen, mut start) = (Vec::new(), 1);
    loop {
        let page = directory.get(&format!("/Users?startIndex={start}&count=20")).await.ok();
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(137), &json!(start)));
        let read = ids(&page);
        assert_eq!(page["itemsPerPage"], json!(read.len()));
        if read.is_empty() {
            break;
        }
        start += read.len();
        seen.extend(read);
    }
    assert_eq!(seen, made, "by number");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = directory.get(&format!("/Users?cursor={cursor}&count=20")).await.ok();
        seen.extend(ids(&page));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, made, "by cursor");
    // In the middle, where nobody has read up to.
    let page = directory.get("/Users?startIndex=103&count=7").await.ok();
    assert_eq!(ids(&page), made[102..109]);
    let beyond = directory.get("/Users?startIndex=138").await.ok();
    assert_eq!((ids(&beyond), &beyond["totalResults"]), (Vec::new(), &json!(137)));
    let none = directory.get("/Users?count=0").await.ok();
    assert_eq!((ids(&none), &none["totalResults"]), (Vec::new(), &json!(137)));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pages_while_users_are_deleted_misses_nobody() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut made = users(&directory, 0..60).await;
    made.sort();
    let first = ids(&directory.get("/Users?startIndex=1&count=20").await.ok());
    for gone in [&made[0], &made[7], &made[19]] {
        directory.delete(&format!("/Users/{gone}")).await.ok();
    }
    let second = ids(&directory.get("/Users?startIndex=21&count=20").await.ok());
    let third = ids(&directory.get("/Users?startIndex=41&count=20").await.ok());
    assert_eq!([first, second, third].concat(), made, "those who were deleted had been read before");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_users_is_exact_after_many_changes_at_once() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let made = users(&directory, 0..120).await;
    let turns = Arc::new(Semaphore::new(8));
    let gone: BTreeSet<_> = made.iter().step_by(3).cloned().collect();
    let deletions: Vec<_> = gone
        .iter()
        .map(|id| {
            let (directory, id, turns) = (directory.clone(), id.clone(), turns.clone());
            tokio::spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                assert_eq!(directory.delete(&format!("/Users/{id}")).await.status, 204);
            })
        })
        .collect();
    let more = users(&directory, 200..230).await;
    for deletion in deletions {
        deletion.await.unwrap();
    }
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    directory.patch(&format!("/Users/{}", more[0]), off).await.ok();
    let total = directory.get("/Users?count=0").await.ok()["totalResults"].clone();
    assert_eq!(total, json!(120 - gone.len() + 30));
    let shown = deployment.api.get(&format!("/directories/{}", directory.id)).await.ok();
    let expected = json!({ "users": { "active": 120 - gone.len() + 29, "inactive": 1 }, "groups": 0 });
    assert_eq!(shown["metadata"], expected);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_sorting_find_what_they_should() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let ada = directory.user("ada@acme.test").await;
    let bob = directory.user("bob@acme.test").await;
    let group = directory.group("Engineering", std::slice::from_ref(&ada)).await;
    let found = async |query: &str| ids(&directory.get(query).await.ok());
    for filter in [
        "userName eq \"ADA@acme.test\"",
        "externalId eq \"ext-ada@acme.test\"",
        "emails[type eq \"work\"].value eq \"ada@acme.test\"",
        "emails.value eq \"Ada@acme.test\" and active eq true",
        "userName sw \"ada\"",
        "not (userName eq \"bob@acme.test\")",
    ] {
        let query: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        assert_eq!(found(&format!("/Users?filter={query}")).await, std::slice::from_ref(&ada), "{filter}");
    }
    assert_eq!(found(&format!("/Users?filter=id+eq+%22{bob}%22")).await, std::slice::from_ref(&bob));
    assert_eq!(found("/Users?sortBy=userName&sortOrder=descending").await, [bob.clone(), ada.clone()]);
    assert_eq!(found("/Groups?filter=displayName+eq+%22engineering%22").await, std::slice::from_ref(&group));
    let whole = directory.get("/Groups").await.ok();
    assert_eq!(whole["Resources"][0]["members"][0]["value"], json!(ada));
    let shown = directory.get("/Users?filter=userName+eq+%22ada@acme.test%22").await.ok();
    assert_eq!(shown["Resources"][0]["groups"][0]["value"], json!(group));
    let slim = directory.get("/Groups?excludedAttributes=members").await.ok();
    assert_eq!(slim["Resources"][0]["members"], Value::Null);
    let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "displayName pr", "attributes": ["displayName"] });
    let both = directory.post("/.search", &search).await.ok();
    assert_eq!(
        (&both["totalResults"], &both["Resources"][0]["displayName"]),
        (&json!(1), &json!("Engineering"))
    );
    deployment.stop().await;
}
