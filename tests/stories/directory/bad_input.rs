//! What no provider should send, and what is answered: SCIM's errors by name, never a 500.

use portico_tests::{Answer, Deployment, Directory};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

#[track_caller]
fn is_refused(answer: &Answer, status: u16, kind: Option<&str>) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(
        answer.body["schemas"],
        json!(["urn:ietf:params:scim:api:messages:2.0:Error"]),
        "{}",
        answer.body
    );
    assert_eq!(answer.body["status"], json!(status.to_string()));
    assert_eq!(answer.body["scimType"].as_str(), kind, "{}", answer.body);
    assert!(answer.body["detail"].as_str().is_some_and(|detail| detail.len() > 10), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/scim+json");
}

async fn raw(directory: &Directory, method: Method, path: &str, body: &str) -> Answer {
    directory.send_as(method, path, &HeaderMap::new(), Some(body.to_owned())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_by_name() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let user = directory.user("ada@acme.test").await;
    let (users, one) = ("/Users", format!("/Users/{user}"));
    let syntax = Some("invalidSyntax");
    for body in [
        "",
        "no JSON",
        "[]",
        "7",
        "null",
        "{\"userName\":\"a\",\"userName\":\"b\"}",
        "{\"userName\":\"x\"} {}",
    ] {
        is_refused(&raw(&directory, Method::POST, users, body).await, 400, syntax);
        is_refused(&raw(&directory, Method::PUT, &one, body).await, 400, syntax);
        is_refused(&raw(&directory, Method::PATCH, &one, body).await, 400, syntax);
    }
    let deep = format!("{{\"userName\":\"x\",\"a\":{}1{}}}", "[".repeat(300), "]".repeat(300));
    is_refused(&raw(&directory, Method::POST, users, &deep).await, 400, syntax);
    let huge = format!("{{\"userName\":\"x\",\"a\":\"{}\"}}", "y".repeat(5 << 20));
    is_refused(&raw(&directory, Method::POST, users, &huge).await, 413, None);
    // API Gateway itself takes 10 MB at the most.
    let whale = "y".repeat(10 << 20);
    assert_eq!(raw(&directory, Method::POST, users, &whale).await.status, 413);
    let large = format!("{{\"userName\":\"x\",\"a\":\"{}\"}}", "y".repeat(100_000));
    is_refused(&raw(&directory, Method::POST, users, &large).await, 400, Some("tooMany"));
    let invalid = Some("invalidValue");
    for body in [
        json!({}),
        json!({ "userName": "" }),
        json!({ "userName": "  " }),
        json!({ "userName": 7 }),
        json!({ "userName": "x", "active": "perhaps" }),
        json!({ "userName": "x", "active": 1 }),
        json!({ "userName": "x", "externalId": 42 }),
        json!({ "userName": "x", "name": [1, 2] }),
        json!({ "userName": "x", "emails": [7] }),
    ] {
        is_refused(&directory.post(users, &body).await, 400, invalid);
    }
    let many: Vec<_> = (0..21).map(|n| json!({ "value": format!("u{n}@acme.test") })).collect();
    is_refused(
        &directory.post(users, &json!({ "userName": "x", "emails": many })).await,
        400,
        Some("tooMany"),
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_changes_beyond_all_bounds_are_refused_by_name() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let user = directory.user("ada@acme.test").await;
    let path = format!("/Users/{user}");
    let long = format!("/Users?filter=userName+eq+%22{}%22", "x".repeat(10_000));
    let deep = format!("/Users?filter={}userName+pr{}", "(".repeat(200), ")".repeat(200));
    for query in [long.as_str(), &deep, "/Users?filter=userName", "/Users?filter=userName+eq+ada"] {
        is_refused(&directory.get(query).await, 400, Some("invalidFilter"));
    }
    for query in ["/Users?startIndex=x", "/Users?count=1.5", "/Users?sortBy=userName&sortOrder=up"] {
        is_refused(&directory.get(query).await, 400, Some("invalidValue"));
    }
    is_refused(&directory.get("/Users?cursor=nonsense").await, 400, Some("invalidCursor"));
    let operation = json!({ "op": "replace", "path": "title", "value": "x" });
    assert_eq!(directory.patch(&path, json!(vec![operation.clone(); 1000])).await.status, 200);
    is_refused(&directory.patch(&path, json!(vec![operation; 1001])).await, 400, Some("tooMany"));
    for (operation, kind) in [
        (json!({ "op": "replace", "path": "emails[type eq", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "a b", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "addresses[country co \"x\"].region", "value": "x" }), "noTarget"),
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "remove", "path": "userName" }), "mutability"),
        (json!({ "op": "replace", "path": "id", "value": "other" }), "mutability"),
        (json!({ "op": "replace", "path": "active", "value": "perhaps" }), "invalidValue"),
        (json!({ "op": "replace", "value": "no object" }), "invalidValue"),
        (json!({ "op": "move", "path": "title" }), "invalidSyntax"),
    ] {
        is_refused(&directory.patch(&path, json!([operation])).await, 400, Some(kind));
    }
    is_refused(&directory.patch(&path, json!([])).await, 400, Some("invalidSyntax"));
    let shown = directory.get(&path).await.ok();
    assert_eq!(shown["title"], json!("x"), "nothing of a refused change is kept");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_who_cannot_be_are_none_and_the_others_are() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let other = Directory::new(&deployment).await;
    let (ada, foreign) = (directory.user("ada@acme.test").await, other.user("eve@acme.test").await);
    let group = directory.group("Engineering", &[]).await;
    let path = format!("/Groups/{group}");
    let add = |value: Value| json!([{ "op": "add", "path": "members", "value": value }]);
    let mixed = json!([{ "value": foreign }, { "value": ada }, { "value": "nobody" }, { "value": ada }]);
    let answer = directory.patch(&path, add(mixed)).await.ok();
    assert_eq!(answer["members"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(directory.members(&group).await, std::slice::from_ref(&ada));
    is_refused(&directory.patch(&path, add(json!([{ "value": 7 }]))).await, 400, Some("invalidValue"));
    is_refused(
        &directory.patch(&path, add(json!([{ "value": group, "type": "Group" }]))).await,
        400,
        Some("invalidValue"),
    );
    directory.patch(&path, add(json!([{ "value": group }]))).await.ok();
    assert_eq!(directory.members(&group).await, std::slice::from_ref(&ada), "a group in itself");
    // Only those who are named are removed, whichever way they are named.
    let bob = directory.user("bob@acme.test").await;
    directory.patch(&path, add(json!([{ "value": bob }]))).await.ok();
    let entra = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": bob }] }]);
    directory.patch(&path, entra).await.ok();
    assert_eq!(directory.members(&group).await, std::slice::from_ref(&ada));
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(other.get(&format!("/Users/{ada}")).await.status, 404);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_tokens_are_refused_alike_and_foreign_ids_lead_nowhere() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let other = Directory::new(&deployment).await;
    let foreign = directory.with_token(&other.token);
    for wrong in [&directory.with_token("wrong"), &foreign, &directory.with_token(&deployment.api_key)] {
        let refused = wrong.get("/Users").await;
        is_refused(&refused, 401, None);
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"portico\", error=\"invalid_token\"");
    }
    // Nobody is told what is wrong with a body before they are let in.
    for (method, path) in [
        (Method::POST, "/Users"),
        (Method::PUT, "/Users/x"),
        (Method::PATCH, "/Groups/x"),
        (Method::POST, "/Bulk"),
        (Method::POST, "/.search"),
    ] {
        is_refused(&foreign.send(method.clone(), path, Some(&json!([]))).await, 401, None);
        assert_eq!(directory.send(method, path, Some(&json!([]))).await.status, 400, "{path}");
    }
    is_refused(&foreign.get("/Users?filter=nonsense").await, 401, None);
    let unknown = format!("{}/scim/v2/directory_01EHZNVPK2QXHMVWCEDQEKY69A", deployment.base_url());
    let unknown = portico_tests::Api::new(&unknown, &directory.token).get("/Users").await;
    is_refused(&unknown, 401, None);
    let missing = Answer::of(reqwest::Client::new().get(format!("{}/Users", directory.endpoint))).await;
    is_refused(&missing, 401, None);
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"portico\"");
    for path in [
        "/Users/nobody",
        "/Groups/nobody",
        "/Users/directory_user_01EHZNVPK2QXHMVWCEDQEKY69A",
        "/Schemas/urn:x",
    ] {
        is_refused(&directory.get(path).await, 404, None);
    }
    for (method, path) in [(Method::PUT, "/Users"), (Method::DELETE, "/Groups"), (Method::POST, "/Schemas")] {
        is_refused(&directory.send(method, path, Some(&json!({}))).await, 405, None);
    }
    is_refused(&directory.get("/Nothing").await, 404, None);
    is_refused(&directory.get("/Me").await, 501, None);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_create_sent_ten_times_one_is_done_and_variants_of_a_name_are_the_same() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let body = json!({ "userName": "Ada@Acme.test", "externalId": "e1" });
    let sent: Vec<_> = (0..10)
        .map(|_| {
            let (directory, body) = (directory.clone(), body.clone());
            tokio::spawn(async move { directory.post("/Users", &body).await })
        })
        .collect();
    let mut made = 0;
    for answer in sent {
        let answer = answer.await.unwrap();
        match answer.status.as_u16() {
            201 => made += 1,
            _ => is_refused(&answer, 409, Some("uniqueness")),
        }
    }
    assert_eq!(made, 1);
    for name in ["ada@acme.test", "ADA@ACME.TEST", " Ada@Acme.test ", "Ada@Acme.test\t"] {
        is_refused(&directory.post("/Users", &json!({ "userName": name })).await, 409, Some("uniqueness"));
    }
    directory.post("/Users", &json!({ "userName": "Zo\u{eb}" })).await.ok();
    is_refused(
        &directory.post("/Users", &json!({ "userName": "ZOE\u{308}" })).await,
        409,
        Some("uniqueness"),
    );
    is_refused(
        &directory.post("/Users", &json!({ "userName": "x", "externalId": "e1" })).await,
        409,
        Some("uniqueness"),
    );
    let shown = directory.get("/Users?filter=userName+eq+%22ada@acme.test%22").await.ok();
    assert_eq!(shown["Resources"][0]["userName"], json!("Ada@Acme.test"), "as it was sent");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_precondition_and_a_password_change_nothing() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let user = directory.user("ada@acme.test").await;
    let path = format!("/Users/{user}");
    let header = |name: &'static str, value: &'static str| {
        HeaderMap::from_iter([(reqwest::header::HeaderName::from_static(name), value.parse().unwrap())])
    };
    let change = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "Dr" }] }).to_string();
    let first =
        directory.send_as(Method::PATCH, &path, &header("if-match", "W/\"1\""), Some(change.clone())).await;
    assert_eq!((first.status.as_u16(), first.header("etag")), (200, "W/\"2\""));
    let lost = directory.send_as(Method::PATCH, &path, &header("if-match", "W/\"1\""), Some(change)).await;
    is_refused(&lost, 412, None);
    let lost = directory.send_as(Method::DELETE, &path, &header("if-match", "\"1\""), None).await;
    is_refused(&lost, 412, None);
    let known = directory.send_as(Method::GET, &path, &header("if-none-match", "W/\"2\""), None).await;
    assert_eq!(known.status, 304);
    let secret = json!({ "userName": "bob@acme.test", "password": "t1meMa$heen" });
    let made = directory.post("/Users", &secret).await.ok();
    assert!(!made.to_string().contains("t1meMa$heen"));
    let set = json!([{ "op": "replace", "path": "password", "value": "t1meMa$heen" }]);
    let bob = made["id"].as_str().unwrap();
    assert!(!directory.patch(&format!("/Users/{bob}"), set).await.ok().to_string().contains("t1meMa$heen"));
    let seen = deployment.api.get(&format!("/directory_users/{bob}")).await.ok();
    assert!(!seen.to_string().contains("t1meMa$heen"));
    let other = json!({ "id": user, "userName": "eve@acme.test", "meta": { "created": "1970-01-01T00:00:00Z" }, "groups": [{ "value": "x" }] });
    let put = directory.put(&format!("/Users/{bob}"), &other).await.ok();
    assert_eq!((&put["id"], &put["groups"]), (&json!(bob), &Value::Null), "the body's id never counts");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_request_does_what_it_can_and_says_what_it_could_not() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
        { "method": "POST", "path": "/Users", "bulkId": "ada", "data": { "userName": "ada@acme.test" } },
        { "method": "POST", "path": "/Groups", "bulkId": "eng", "data": { "displayName": "Engineering", "members": [{ "value": "bulkId:ada" }] } },
        { "method": "POST", "path": "/Users", "bulkId": "again", "data": { "userName": "ADA@acme.test" } },
        { "method": "PATCH", "path": "/Groups/bulkId:eng", "data": { "Operations": [{ "op": "replace", "path": "displayName", "value": "R&D" }] } },
        { "method": "DELETE", "path": "/Users/bulkId:nobody" },
    ] });
    let answer = directory.post("/Bulk", &body).await.ok();
    let done = answer["Operations"].as_array().unwrap();
    let statuses: Vec<_> = done.iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201", "201", "409", "200", "400"]);
    let group = done[1]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(directory.members(&group).await.len(), 1);
    assert_eq!(done[2]["response"]["scimType"], json!("uniqueness"));
    let many = json!({ "Operations": vec![json!({ "method": "DELETE", "path": "/Users/x" }); 101] });
    is_refused(&directory.post("/Bulk", &many).await, 413, Some("tooMany"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_of_members_that_expect_the_same_version_one_is_done() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let mut users = Vec::new();
    for number in 0..6 {
        users.push(directory.user(&format!("u{number}@acme.test")).await);
    }
    let group = directory.group("Engineering", &[]).await;
    let path = format!("/Groups/{group}");
    let version = directory.get(&path).await.header("etag").to_owned();
    let expected = HeaderMap::from_iter([(reqwest::header::IF_MATCH, version.parse().unwrap())]);
    let put = |user: &String| {
        let body = json!({ "displayName": "Engineering", "members": [{ "value": user }] }).to_string();
        let (directory, path, expected) = (&directory, &path, &expected);
        async move { directory.send_as(Method::PUT, path, expected, Some(body)).await.status.as_u16() }
    };
    let mut told = futures_util::future::join_all(users.iter().map(put)).await;
    told.sort_unstable();
    assert_eq!(told, [200, 412, 412, 412, 412, 412]);
    assert_eq!(directory.members(&group).await.len(), 1);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_json_holds_in_an_attribute_that_no_schema_knows_is_kept_and_told() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let long: Vec<_> = (0..15_000).map(|_| 1).collect();
    let odd = json!({ "large": 1e200, "small": 1e-200, "negative": -0.5, "texts": ["", "\u{0}"] });
    let work = |value: &str| json!([{ "value": value, "type": "work", "odd": long }]);
    let body = json!({ "userName": "ada", "odd": odd, "emails": work("ada@acme.test") });
    let made = directory.post("/Users", &body).await.ok();
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    let moved = json!({ "userName": "ada", "odd": odd, "emails": work("ada@corp.acme.test") });
    directory.put(&path, &moved).await.ok();
    let said = super::events(&deployment, &directory.organization).await;
    let last = said.last().unwrap();
    assert_eq!(last["data"]["raw_attributes"]["odd"], odd);
    assert_eq!(last["data"]["previous_attributes"]["emails"][0]["value"], json!("ada@acme.test"));
    deployment.stop().await;
}
