//! Lists: every entry once, and the right number of them.

use std::ops::Range;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use portico_tests::{Answer, Deployment, Directory, fill, fill_group};
use reqwest::Method;
use serde_json::{Value, json};

/// Makes users `u{first}`…, so many at a time; their ids.
pub(super) async fn users(directory: &Directory, numbers: Range<usize>, at_once: usize) -> Vec<String> {
    let made = stream::iter(numbers).map(|number| patient(directory, number)).buffered(at_once);
    made.collect().await
}

/// Makes a user as a provider does: told to come again, it comes again, and looks up who is there already.
async fn patient(directory: &Directory, number: usize) -> String {
    let name = format!("u{number}@acme.test");
    let answer = insist(directory, Method::POST, "/Users", Some(&json!({ "userName": name }))).await;
    match answer.status.as_u16() {
        201 => answer.body["id"].as_str().unwrap().to_owned(),
        409 => {
            ids(&directory.get(&format!("/Users?filter=userName+eq+%22{name}%22")).await.ok()).pop().unwrap()
        }
        _ => panic!("{} {}", answer.status, answer.body),
    }
}

/// Sends a request until it is told something other than to come again.
pub(super) async fn insist(
    directory: &Directory,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    for _ in 0..60 {
        let answer = directory.send(method.clone(), path, body).await;
        if answer.status != 429 && answer.status != 503 {
            return answer;
        }
        let wait = answer.header("retry-after").parse().unwrap();
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
    panic!("{method} {path} was never taken");
}

pub(super) fn ids(page: &Value) -> Vec<String> {
    page["Resources"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

/// Reads pages by number to the end, so many a page: all ids.
pub(super) async fn by_number(directory: &Directory, count: usize, total: usize) -> Vec<String> {
    let (mut seen, mut start) = (Vec::new(), 1);
    loop {
        let path = format!("/Users?startIndex={start}&count={count}&excludedAttributes=groups");
        let page = insist(directory, Method::GET, &path, None).await.ok();
        assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(total), &json!(start)));
        let read = ids(&page);
        assert_eq!(page["itemsPerPage"], json!(read.len()));
        if read.is_empty() {
            return seen;
        }
        start += read.len();
        seen.extend(read);
    }
}

/// The same by cursors.
pub(super) async fn by_cursor(directory: &Directory, count: usize) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/Users?cursor={cursor}&count={count}&excludedAttributes=groups");
        let page = insist(directory, Method::GET, &path, None).await.ok();
        seen.extend(ids(&page));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return seen,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_number_and_by_cursor_show_every_user_once() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut made = users(&directory, 0..137, 8).await;
    made.sort();
    assert_eq!(by_number(&directory, 20, 137).await, made, "by number");
    assert_eq!(by_cursor(&directory, 20).await, made, "by cursor");
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
    let mut made = users(&directory, 0..60, 8).await;
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
    exact(&deployment, &directory, (0, 120), 8).await;
    deployment.stop().await;
}

/// Makes so many users; then deletes a third of them while a quarter as many are made. `before` are there already.
pub(super) async fn exact(
    deployment: &Deployment,
    directory: &Directory,
    (before, number): (usize, usize),
    at_once: usize,
) {
    let made = users(directory, 0..number, at_once).await;
    let gone: Vec<_> = made.iter().step_by(3).collect();
    let deletions = stream::iter(&gone).for_each_concurrent(at_once, async |id| {
        let answer = insist(directory, Method::DELETE, &format!("/Users/{id}"), None).await;
        assert!(answer.status == 204 || answer.status == 404, "{} {}", answer.status, answer.body);
    });
    let (more, ()) = tokio::join!(users(directory, number * 2..number * 2 + number / 4, at_once), deletions);
    let off = json!({ "Operations": [{ "op": "replace", "path": "active", "value": false }] });
    insist(directory, Method::PATCH, &format!("/Users/{}", more[0]), Some(&off)).await.ok();
    let active = before + number - gone.len() + more.len() - 1;
    let total = insist(directory, Method::GET, "/Users?count=0", None).await.ok()["totalResults"].clone();
    assert_eq!(total, json!(active + 1));
    let shown = deployment.api.get(&format!("/directories/{}", directory.id)).await.ok();
    assert_eq!(shown["metadata"], json!({ "users": { "active": active, "inactive": 1 }, "groups": 0 }));
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

#[tokio::test(flavor = "multi_thread")]
async fn users_and_groups_together_are_paged_one_behind_the_other() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut all = users(&directory, 0..5, 1).await;
    for number in 0..5 {
        all.push(directory.group(&format!("Group {number}"), &[]).await);
    }
    let (mut seen, mut start) = (Vec::new(), 1);
    while seen.len() < all.len() {
        let search = json!({ "startIndex": start, "count": 3 });
        let page = directory.post("/.search", &search).await.ok();
        assert_eq!(page["totalResults"], json!(10));
        let read = ids(&page);
        assert!(!read.is_empty() && read.len() <= 3, "{page}");
        start += read.len();
        seen.extend(read);
    }
    assert_eq!(seen, all);
    let by_cursor = directory.post("/.search", &json!({ "cursor": "" })).await;
    assert_eq!((by_cursor.status.as_u16(), &by_cursor.body["scimType"]), (400, &json!("invalidCursor")));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_goes_on_though_its_entry_is_gone() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut made = Vec::new();
    for number in 0..3 {
        let body = json!({ "userName": format!("u{number}"), "emails": [{ "value": "team@acme.test" }] });
        made.push(directory.post("/Users", &body).await.ok()["id"].as_str().unwrap().to_owned());
    }
    made.sort();
    let query = "/Users?filter=emails.value+eq+%22team@acme.test%22&count=1&cursor";
    let first = directory.get(query).await.ok();
    assert_eq!(ids(&first), made[..1]);
    directory.delete(&format!("/Users/{}", made[0])).await.ok();
    let next = first["nextCursor"].as_str().unwrap();
    assert_eq!(ids(&directory.get(&format!("{query}={next}")).await.ok()), made[1..2]);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_resource_is_and_its_version_are_told_whatever_is_shown_of_it() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let made = directory.post("/Users?attributes=userName", &json!({ "userName": "ada" })).await;
    assert_eq!(made.status, 201);
    let place = format!("{}/Users/{}", directory.endpoint, made.body["id"].as_str().unwrap());
    assert_eq!((made.header("location"), made.header("etag")), (place.as_str(), "W/\"1\""));
    assert_eq!(made.body["meta"], Value::Null);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_shows_no_group_before_the_last_user_though_a_page_ends_early() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut all = Vec::new();
    for number in 0..45 {
        let large = json!({ "userName": format!("u{number}"), "notes": "x".repeat(64_000) });
        all.push(directory.post("/Users", &large).await.ok()["id"].as_str().unwrap().to_owned());
    }
    all.push(directory.group("Engineering", &[]).await);
    let (mut seen, mut start, mut pages) = (Vec::new(), 1, 0);
    while seen.len() < all.len() && pages < 5 {
        let page = directory.post("/.search", &json!({ "startIndex": start, "count": 100 })).await.ok();
        assert_eq!(page["totalResults"], json!(46));
        let read = ids(&page);
        start += read.len();
        seen.extend(read);
        pages += 1;
    }
    assert_eq!((&seen, pages), (&all, 2));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_memberships_a_list_shows_its_answer_fits() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    fill(&deployment.stack, &directory, 0..1_000).await;
    for number in 0..30 {
        fill_group(&deployment.stack, &directory, number, 0..1_000).await;
    }
    for asked in [
        "sortBy=displayName",
        "filter=displayName+sw+%22Group%22",
        "startIndex=1",
        "filter=displayName+sw+%22Group%22&cursor",
        "cursor",
    ] {
        let answer = directory.get(&format!("/Groups?{asked}&count=200")).await;
        let page = answer.clone().ok();
        let groups = page["Resources"].as_array().unwrap();
        assert!(!groups.is_empty() && groups.len() < 30, "{asked}: {}", groups.len());
        assert!(groups.iter().all(|group| group["members"].as_array().unwrap().len() == 1_000), "{asked}");
        assert!(serde_json::to_string(&page.to_string()).unwrap().len() < 6_000_000, "{asked}");
        assert_eq!(page["nextCursor"].is_string(), asked.ends_with("cursor"), "{asked}");
    }
    let of_group = fill_group(&deployment.stack, &directory, 0, 0..1_000).await;
    let path = format!("/Users?filter=groups.value+eq+%22{of_group}%22&count=200&cursor");
    let (mut seen, mut cursor) = (0, String::new());
    for _ in 0..50 {
        let page = directory.get(&format!("{path}={cursor}")).await.ok();
        let users = page["Resources"].as_array().unwrap();
        assert!(users.iter().all(|user| user["groups"].as_array().unwrap().len() == 30));
        seen += users.len();
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, 1_000);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_more_groups_than_are_shown_keeps_no_list_from_others() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    fill(&deployment.stack, &directory, 0..3).await;
    for number in 0..1_010 {
        fill_group(&deployment.stack, &directory, number, 1..2).await;
    }
    for asked in ["startIndex=1", "cursor", "sortBy=userName"] {
        let page = directory.get(&format!("/Users?{asked}")).await.ok();
        let groups = |user: usize| page["Resources"][user]["groups"].as_array().map_or(0, Vec::len);
        assert_eq!([groups(0), groups(1), groups(2)], [0, 1_000, 0], "{asked}");
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_through_is_bounded_by_bytes_and_comparisons() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    for number in 0..80 {
        let large = json!({ "userName": format!("u{number}"), "title": "x".repeat(60_000) });
        directory.post("/Users", &large).await.ok();
    }
    let one = "/Users?filter=title+co+%22y%22";
    assert_eq!(directory.get(one).await.ok()["totalResults"], json!(0));
    let many = format!("{one}{}", "+or+title+co+%22y%22".repeat(60));
    let refused = directory.get(&many).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["scimType"]),
        (400, &json!("tooMany")),
        "{}",
        refused.body
    );
    // By cursor it goes on, however little one request looks through.
    let (mut cursor, mut pages) = (String::new(), 0);
    for _ in 0..10 {
        let page = directory.get(&format!("{many}&cursor={cursor}")).await.ok();
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(pages, 2);
    deployment.stop().await;
}
