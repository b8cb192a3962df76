//! What requests cost, counted: the budgets of docs/data-model.md, whatever the size of a directory or a group.

use portico_tests::{Cost, Deployment, Directory, fill, fill_group};
use serde_json::{Value, json};

/// One kind of request, and how many round trips it may take.
type Budget = (&'static str, u32);

async fn spent(
    deployment: &Deployment,
    directory: &Directory,
    request: impl Future<Output = Value>,
) -> (Cost, Value) {
    directory.settle(deployment).await;
    deployment.round_trips.take();
    let answer = request.await;
    (deployment.round_trips.take(), answer)
}

/// Makes each kind of request once; what each cost.
async fn costs(deployment: &Deployment, directory: &Directory, round: u64) -> Vec<(Budget, Cost)> {
    let mut all = Vec::new();
    let name = format!("new{round}@large.test");
    let body = json!({ "userName": name, "externalId": name, "emails": [{ "value": name, "type": "work" }], "active": true });
    let (cost, made) =
        spent(deployment, directory, async { directory.post("/Users", &body).await.ok() }).await;
    all.push((("create a user", 2), cost));
    let path = format!("/Users/{}", made["id"].as_str().unwrap());
    let gets = [
        (("a user by id", 1), path.clone()),
        (("filter by userName", 2), format!("/Users?filter=userName+eq+%22{name}%22")),
        (
            ("filter by userName, without groups", 2),
            format!("/Users?filter=userName+eq+%22{name}%22&excludedAttributes=groups"),
        ),
        (
            ("filter by externalId, without groups", 2),
            "/Users?filter=externalId+eq+%22ext7%22&excludedAttributes=groups".to_owned(),
        ),
        (
            ("filter by address, without groups", 2),
            "/Users?filter=emails.value+eq+%22user7@large.test%22&excludedAttributes=groups".to_owned(),
        ),
        (("a page by cursor", 2), "/Users?cursor&count=50".to_owned()),
        (("the first page by number", 2), "/Users?startIndex=1&count=20".to_owned()),
        (("the next page by number", 3), "/Users?startIndex=21&count=20".to_owned()),
        (("how many", 1), "/Users?count=0".to_owned()),
    ];
    for (budget, path) in gets {
        let (cost, _) = spent(deployment, directory, async { directory.get(&path).await.ok() }).await;
        all.push((budget, cost));
    }
    let mut whole = body.clone();
    whole["title"] = json!("Countess");
    let (cost, _) = spent(deployment, directory, async { directory.put(&path, &whole).await.ok() }).await;
    all.push((("replace a user", 2), cost));
    let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    for (budget, change) in [
        (("change a user", 2), json!([{ "op": "replace", "path": "title", "value": "Dr" }])),
        (("deactivate a user", 2), off.clone()),
        (("deactivate a user again", 2), off),
    ] {
        let (cost, _) =
            spent(deployment, directory, async { directory.patch(&path, change).await.ok() }).await;
        all.push((budget, cost));
    }
    let (cost, _) = spent(deployment, directory, async { directory.delete(&path).await.ok() }).await;
    all.push((("delete a user", 2), cost));
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_cost_the_same_in_a_directory_of_a_hundred_and_of_ten_thousand() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    fill(&deployment.stack, &directory, 0..100).await;
    costs(&deployment, &directory, 0).await;
    let small = costs(&deployment, &directory, 1).await;
    fill(&deployment.stack, &directory, 100..10_000).await;
    let large = costs(&deployment, &directory, 2).await;
    assert_eq!(directory.get("/Users?count=0").await.ok()["totalResults"], json!(10_000));
    for (((request, most), small), (_, large)) in small.into_iter().zip(large) {
        println!("{request}: {small}; among 10,000: {large}");
        assert!(
            small.round_trips >= 1 && small.round_trips <= most,
            "{request}: at most {most}, took {small}"
        );
        assert!(large.round_trips <= most, "{request}: at most {most}, took {large}");
        assert_eq!(small.requests, large.requests, "{request}");
        assert_eq!(small.write_units, large.write_units, "{request}");
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_member_more_costs_the_same_in_a_group_of_ten_and_of_thousands() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let users = [directory.user("ada@acme.test").await, directory.user("bob@acme.test").await];
    let small = fill_group(&deployment.stack, &directory, 1, 0..10).await;
    let large = fill_group(&deployment.stack, &directory, 2, 0..6_000).await;
    let warm = fill_group(&deployment.stack, &directory, 3, 0..10).await;
    let change = async |group: &str, operations: Value| {
        let path = format!("/Groups/{group}");
        spent(&deployment, &directory, async { directory.patch(&path, operations).await.ok() }).await.0
    };
    let add = |users: &[String]| {
        let members: Vec<_> = users.iter().map(|id| json!({ "value": id })).collect();
        json!([{ "op": "add", "path": "members", "value": members }])
    };
    let remove = |user: &str| json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
    change(&warm, add(&users)).await;
    for (what, operations) in [
        ("add one", add(&users[..1])),
        ("add one more", add(&users)),
        ("add who is there", add(&users)),
        ("remove one", remove(&users[0])),
        ("remove who isn't there", remove(&users[0])),
    ] {
        let (in_small, in_large) =
            (change(&small, operations.clone()).await, change(&large, operations).await);
        println!("{what}: {in_small}; in a group of 6,000: {in_large}");
        assert_eq!(in_small, in_large, "{what}");
        assert!(in_small.round_trips <= 3, "{what}: {in_small}");
    }
    let asked = format!(
        "/Groups?filter=id+eq+%22{large}%22+and+members+eq+%22{}%22&excludedAttributes=members",
        users[1]
    );
    assert_eq!(directory.get(&asked).await.ok()["totalResults"], json!(1));
    let whole = directory.get(&format!("/Groups/{large}")).await;
    assert_eq!((whole.status.as_u16(), &whole.body["scimType"]), (400, &json!("tooMany")), "{}", whole.body);
    let slim = directory.get(&format!("/Groups/{large}?excludedAttributes=members")).await.ok();
    assert_eq!(slim["displayName"], json!("Group 2"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_by_the_hundred_take_a_transaction_for_each_twenty_four() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    fill(&deployment.stack, &directory, 0..101).await;
    let page = directory.get("/Users?count=101&excludedAttributes=groups").await.ok();
    let all: Vec<_> =
        page["Resources"].as_array().unwrap().iter().map(|user| json!({ "value": user["id"] })).collect();
    let group = directory.group("Engineering", &[]).await;
    let path = format!("/Groups/{group}");
    for count in [1_usize, 24, 25, 48, 96] {
        let add = json!([{ "op": "add", "path": "members", "value": all[..count] }]);
        let (cost, _) =
            spent(&deployment, &directory, async { directory.patch(&path, add).await.ok() }).await;
        let most = 2 + u32::try_from(count.div_ceil(24)).unwrap();
        println!("{count} members: {cost}");
        assert!(cost.round_trips <= most, "{count} members may take {most} round trips: {cost}");
        let none = json!([{ "op": "remove", "path": "members" }]);
        directory.patch(&path, none).await.ok();
        assert_eq!(directory.members(&group).await, Vec::<String>::new());
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_usual_user_costs_no_more_units_than_are_told() {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    // Of the second the name is an id of its own; of the third both copies of the event pass 1 KB.
    for (name, id, made_by, deleted_by) in [
        ("ada@new.test", "ada@new.test", 22.0, 23.0),
        ("bob@new.test", "00u1", 24.0, 25.0),
        ("a-name-of-some-length@new.test", "a-name-of-some-length@new.test", 26.0, 27.0),
    ] {
        let body = json!({
            "userName": name,
            "externalId": id,
            "name": { "givenName": "New", "familyName": "User" },
            "emails": [{ "value": name, "type": "work", "primary": true }],
            "active": true,
        });
        let (made, user) =
            spent(&deployment, &directory, async { directory.post("/Users", &body).await.ok() }).await;
        let path = format!("/Users/{}", user["id"].as_str().unwrap());
        let (deleted, _) = spent(&deployment, &directory, async { directory.delete(&path).await.ok() }).await;
        println!("{name}: {made}; deleted: {deleted}");
        assert_eq!((made.round_trips, deleted.round_trips), (2, 2), "{name}");
        assert!(
            made.write_units <= made_by && deleted.write_units <= deleted_by,
            "{name}: {made}, {deleted}"
        );
    }
    deployment.stop().await;
}
