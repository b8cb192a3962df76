//! Round trips to DynamoDB of a warm function: the budgets of docs/data-model.md, first and later sign-ins, every
//! selector. The last line prints what a sign-in costs.

use portico_local::RecordSet;
use portico_tests::{Cost, Customer, Deployment, Page, Person, SamlIdp, authorize};
use serde_json::{Value, json};

/// What each request of one sign-in cost.
struct Spent {
    authorize: Cost,
    acs: Cost,
    token: Cost,
    profile: Cost,
    introspect: Cost,
}

/// Signs in step by step, with the counter emptied between the steps.
async fn sign_in(deployment: &Deployment, person: &mut Person, selector: (&str, &str)) -> Spent {
    let spent = || deployment.round_trips.take();
    spent();
    let asked = person.visit(&authorize(deployment, &[selector])).await;
    let to_provider = asked.location().unwrap_or_else(|| panic!("{}", asked.text));
    assert!(to_provider.query().is_some_and(|query| query.contains("SAMLRequest=")), "{to_provider}");
    let authorize = spent();
    let answered: Page = person.visit(to_provider.as_str()).await;
    let form = answered.form().unwrap();
    spent();
    let back = person.submit(&form.action, &form.fields).await;
    let acs = spent();
    let code = Page { url: back.location().unwrap_or_else(|| panic!("{}", back.text)), ..back }
        .parameter("code")
        .unwrap();
    let access = deployment.trade(&code).await.ok();
    let token = deployment.round_trips.take_after("PutItem").await;
    let access = access["access_token"].as_str().unwrap();
    deployment.api.with_key(access).get("/sso/profile").await.ok();
    let profile = spent();
    let fields = [
        ("token", access),
        ("client_id", deployment.stack.client_id()),
        ("client_secret", &deployment.api_key),
    ];
    let seen = deployment.api.post_form("/oauth2/introspect", &fields).await.ok();
    assert_eq!(seen["active"], json!(true));
    Spent { authorize, acs, token, profile, introspect: spent() }
}

fn check(name: &str, spent: &Spent, most_of_authorize: u32) {
    let rows = [
        ("authorize", spent.authorize, most_of_authorize),
        ("acs", spent.acs, 3),
        // Two before the answer and the mark after it (`the_mark_is_written_after_the_answer_and_by_one_write`).
        ("token", spent.token, 2 + 1),
        ("profile", spent.profile, 1),
        ("introspect", spent.introspect, 1),
    ];
    let mut all = Cost::default();
    for (request, cost, most) in rows {
        println!("{name}: {request}: {cost}");
        assert!(cost.round_trips >= 1, "{name}: {request} was not counted");
        assert!(cost.round_trips <= most, "{name}: {request} may take {most} round trips: {cost}");
        all += cost;
    }
    println!("{name}: all together: {all}");
    assert!(all.read_units > 0.0 && all.write_units > 0.0, "{name}: no units in {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_a_sign_in_keeps_its_budget_of_round_trips() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    // Another organization's sign-in warms the functions: what an instance reads once is no cost of a request.
    let other = Customer::new(&deployment, "other.test", SamlIdp::samlp().await).await;
    sign_in(&deployment, &mut Person::default(), ("connection", &other.connection)).await;

    let mut ada = Person::default();
    let by_connection = ("connection", acme.connection.as_str());
    let by_organization = ("organization", acme.organization.as_str());
    check("first sign-in by connection", &sign_in(&deployment, &mut ada, by_connection).await, 2);
    check("later sign-in by connection", &sign_in(&deployment, &mut ada, by_connection).await, 2);
    check("later sign-in by organization", &sign_in(&deployment, &mut ada, by_organization).await, 3);
    for (name, value) in [("login_hint", "ada@acme.test"), ("domain_hint", "acme.test")] {
        check(&format!("later sign-in by {name}"), &sign_in(&deployment, &mut ada, (name, value)).await, 3);
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_sign_ins_keep_the_budget_by_every_selector() {
    let deployment = Deployment::start().await;
    let warm = Customer::new(&deployment, "warm.test", SamlIdp::samlp().await).await;
    sign_in(&deployment, &mut Person::default(), ("connection", &warm.connection)).await;
    for (name, most) in [("organization", 3), ("login_hint", 3), ("domain_hint", 3)] {
        let domain = format!("{}.test", name.replace('_', "-"));
        let customer = Customer::new(&deployment, &domain, SamlIdp::samlp().await).await;
        let value = match name {
            "organization" => customer.organization.clone(),
            "login_hint" => format!("ada@{domain}"),
            _ => domain,
        };
        check(
            &format!("first sign-in by {name}"),
            &sign_in(&deployment, &mut Person::default(), (name, &value)).await,
            most,
        );
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_costs_the_same_when_the_organization_has_many_connections_and_the_deployment_many_organizations()
 {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    sign_in(&deployment, &mut Person::default(), ("connection", &acme.connection)).await;
    let before = sign_in(&deployment, &mut Person::default(), ("organization", &acme.organization)).await;
    for number in 0..10 {
        let draft = json!({ "organization_id": acme.organization, "name": format!("draft {number}"), "saml_options": {} });
        deployment.api.post("/connections", &draft).await.ok();
        deployment.organization(&format!("other {number}"), &format!("other{number}.test")).await;
    }
    let after = sign_in(&deployment, &mut Person::default(), ("organization", &acme.organization)).await;
    // Requests, not round trips: whether side-by-side requests overlap is up to the machine that day.
    assert_eq!(before.authorize.requests, after.authorize.requests);
    assert_eq!(before.acs.requests, after.acs.requests);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_and_an_unknown_token_cost_no_more_than_right_ones() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let code = acme.code(&deployment, &mut Person::default()).await;
    deployment.round_trips.take();
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", deployment.stack.client_id()),
        ("client_secret", "sk_wrong"),
        ("code", &code),
    ];
    let refused: Value = deployment.api.post_form("/sso/token", &fields).await.body;
    assert_eq!(refused["error"], json!("invalid_client"));
    assert!(deployment.round_trips.take().round_trips <= 2);
    assert_eq!(deployment.api.with_key("at_unknown").get("/sso/profile").await.status, 401);
    assert!(deployment.round_trips.take().round_trips <= 1);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_keep_the_budget() {
    let deployment = Deployment::start().await;
    let organization = deployment.api.post("/organizations", &json!({ "name": "Globex" })).await.ok();
    let asked = json!({ "organization_id": organization["id"], "domain": "globex.example" });
    let spent = async |what: &str, most: u32| {
        let cost = deployment.round_trips.take();
        println!("{what}: {cost:?}");
        assert!(cost.round_trips <= most, "{what} took {} round trips, at most {most}", cost.round_trips);
    };
    // The first of them reads the API key and marks the day.
    let first = json!({ "organization_id": organization["id"], "domain": "initech.example" });
    deployment.api.post("/organization_domains", &first).await.ok();
    deployment.round_trips.take();
    let claim = deployment.api.post("/organization_domains", &asked).await.ok();
    spent("a claim, made", 2).await;
    let path = format!("/organization_domains/{}", claim["id"].as_str().unwrap());
    deployment.api.get(&path).await.ok();
    spent("shown", 2).await;
    deployment.api.post(&format!("{path}/verify"), &json!({})).await.ok();
    spent("checked without a change", 3).await;
    let value = claim["dns_records"][0]["value"].as_str().unwrap();
    deployment.stack.zones().put(RecordSet::txt("_portico.globex.example", &[value]).unwrap()).unwrap();
    deployment.api.post(&format!("{path}/verify"), &json!({})).await.ok();
    spent("verified", 4).await;
    deployment.api.delete(&path).await.ok();
    spent("given up", 3).await;
    deployment.stop().await;
}
