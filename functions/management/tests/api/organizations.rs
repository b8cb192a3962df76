use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::organization::{DomainState, DomainStrategy};
use portico_shared::store::{ChangedDomain, CheckedDomain, Ownership};
use serde_json::json;

use crate::{Api, column, id};

#[tokio::test]
async fn an_organization_is_made_read_changed_and_deleted() {
    let api = Api::start().await;
    let made = api
        .post(
            "/organizations",
            json!({"name": " Acme ", "external_id": "customer-7", "metadata": {"tier": "gold", "gone": null},
                "domain_data": [{"domain": "ACME.com", "state": "verified"}, {"domain": "acme.io", "state": "pending"}]}),
        )
        .await
        .expect(201);
    assert_eq!(made["object"], "organization");
    assert_eq!(made["name"], "Acme");
    assert_eq!(made["metadata"], json!({"tier": "gold"}));
    assert_eq!(made["allow_profiles_outside_organization"], false);
    let domains = &made["domains"];
    assert_eq!((&domains[0]["domain"], &domains[0]["state"]), (&json!("acme.com"), &json!("verified")));
    assert_eq!(
        (&domains[1]["state"], &domains[1]["verification_strategy"]),
        (&json!("pending"), &json!("dns"))
    );
    assert_eq!(domains[1]["verification_token"].as_str().unwrap().len(), 32);

    let path = format!("/organizations/{}", id(&made));
    assert_eq!(api.get(&path).await.expect(200), made);
    assert_eq!(api.get("/organizations/external_id/customer-7").await.expect(200), made);
    let changed = api
        .put(
            &path,
            json!({"name": "Acme Ltd", "metadata": {"tier": null, "seats": "9"}, "external_id": null,
            "stripe_customer_id": "cus_1", "allow_profiles_outside_organization": true}),
        )
        .await
        .expect(200);
    assert_eq!(changed["metadata"], json!({"seats": "9"}));
    assert_eq!(changed["external_id"], json!(null));
    assert_eq!(changed["stripe_customer_id"], "cus_1");
    assert_eq!(changed["allow_profiles_outside_organization"], true);
    assert_eq!(changed["domains"], made["domains"], "domains that aren't named stay");
    assert_ne!(changed["updated_at"], made["updated_at"]);
    assert_eq!(api.get(&path).await.expect(200), changed);
    api.get("/organizations/external_id/customer-7").await.expect(404);

    api.delete(&path).await.expect(202);
    assert_eq!(api.get(&path).await.refused(404), "entity_not_found");
    assert_eq!(
        api.events().await,
        [
            "organization.created",
            "organization_domain.created",
            "organization_domain.verified",
            "organization_domain.created",
            "organization.updated",
            "organization.deleted"
        ]
    );
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_no_event() {
    let api = Api::start().await;
    let body = json!({"name": "Acme", "external_id": "x", "metadata": {"a": "b"},
        "domain_data": [{"domain": "acme.com", "state": "verified"}]});
    let made = api.post("/organizations", body.clone()).await.expect(201);
    assert_eq!(api.put(&format!("/organizations/{}", id(&made)), body).await.expect(200), made);
    assert!(!api.events().await.contains(&"organization.updated".to_owned()));
}

#[tokio::test]
async fn a_domain_is_claimed_proved_and_given_up_by_naming_what_is_wanted() {
    let api = Api::start().await;
    let organization = api
        .post("/organizations", json!({"name": "Acme", "domains": ["acme.com", "old.com"]}))
        .await
        .expect(201);
    let path = format!("/organizations/{}", id(&organization));
    let wanted = json!({"domain_data": [{"domain": "acme.com", "state": "verified"}, {"domain": "acme.io", "state": "pending"}]});
    let changed = api.put(&path, wanted).await.expect(200);
    let domains: Vec<_> =
        changed["domains"].as_array().unwrap().iter().map(|d| (&d["domain"], &d["state"])).collect();
    assert_eq!(domains, [(&json!("acme.com"), &json!("verified")), (&json!("acme.io"), &json!("pending"))]);
    assert_eq!(changed["domains"][0]["id"], organization["domains"][0]["id"], "the claim stays the same one");
    assert_eq!(changed["domains"][0]["verification_strategy"], "manual");
    assert_eq!(
        api.events().await[3..],
        [
            "organization.updated",
            "organization_domain.deleted",
            "organization_domain.verified",
            "organization_domain.created"
        ]
        .map(str::to_owned)
    );
    let again = json!({"domain_data": [{"domain": "acme.com", "state": "pending"}]});
    assert_eq!(
        api.put(&path, again).await.expect(200)["domains"][0]["state"],
        "verified",
        "proved stays proved"
    );
}

#[tokio::test]
async fn a_domain_has_one_owner_who_is_not_named() {
    let api = Api::start().await;
    let verified = json!([{"domain": "acme.com", "state": "verified"}]);
    let owner = api.organization(json!({"name": "Secretive Ltd", "domain_data": verified})).await;
    let other = api.organization(json!({"name": "Other", "domains": ["acme.com"]})).await;
    let taken =
        api.post("/organizations", json!({"name": "Third", "domain_data": verified})).await.expect(409);
    assert_eq!(taken["code"], "domain_already_verified");
    assert!(taken["message"].as_str().unwrap().contains("acme.com"));
    assert!(!taken.to_string().contains(&owner) && !taken.to_string().contains("Secretive"));
    let path = format!("/organizations/{other}");
    let refused = api.put(&path, json!({"name": "Renamed", "domain_data": verified})).await;
    assert_eq!(refused.refused(409), "domain_already_verified");
    assert_eq!(api.get(&path).await.expect(200)["name"], "Other", "nothing is half done");
    api.delete(&format!("/organizations/{owner}")).await.expect(202);
    api.put(&path, json!({"domain_data": verified})).await.expect(200);
}

#[tokio::test]
async fn an_external_id_belongs_to_one_organization() {
    let api = Api::start().await;
    let first = api.organization(json!({"name": "A", "external_id": "x"})).await;
    let second = api.organization(json!({"name": "B"})).await;
    let body = json!({"name": "C", "external_id": "x"});
    assert_eq!(api.post("/organizations", body.clone()).await.refused(400), "external_id_already_used");
    assert_eq!(
        api.put(&format!("/organizations/{second}"), body.clone()).await.refused(400),
        "external_id_already_used"
    );
    api.put(&format!("/organizations/{first}"), json!({"external_id": null})).await.expect(200);
    api.put(&format!("/organizations/{second}"), body).await.expect(200);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let api = Api::start().await;
    let post = |body| api.post("/organizations", body);
    assert_eq!(post(json!({})).await.wrong_fields(), ["name required"]);
    assert_eq!(post(json!({"name": 7})).await.wrong_fields(), ["name invalid"]);
    assert_eq!(
        post(json!({"name": "A", "domain_data": [{"domain": "a.com"}]})).await.wrong_fields(),
        ["domain_data[0].state required"]
    );
    for (nobodys, why) in [
        ("gmail.com", "domain_is_consumer_mail"),
        ("co.uk", "domain_is_public_suffix"),
        ("localhost", "domain_is_public_suffix"),
        ("127.0.0.1", "domain_is_ip_address"),
        ("not a domain", "domain_malformed"),
    ] {
        let body = json!({"name": "A", "domain_data": [{"domain": nobodys, "state": "verified"}]});
        assert_eq!(post(body).await.wrong_fields(), [format!("domain_data[0].domain {why}")]);
    }
    let long = "x".repeat(601);
    assert_eq!(post(json!({"name": "A", "metadata": {"k": long}})).await.refused(400), "invalid_metadata");
    assert_eq!(post(json!({"name": "A", "metadata": {"k": 1}})).await.wrong_fields(), ["metadata.k invalid"]);
    assert!(api.events().await.is_empty());
}

#[tokio::test]
async fn a_plan_bounds_the_domains_and_one_request_the_changes() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "A", "domains": ["a.com", "b.com"]})).await;
    let path = format!("/organizations/{organization}");
    api.put(&format!("{path}/policy"), json!({"features": {"domains": 1}})).await.expect(200);
    let more = json!({"domains": ["a.com", "b.com", "c.com"]});
    assert_eq!(api.put(&path, more).await.wrong_fields(), ["domain_data too_many"]);
    api.put(&path, json!({"domains": ["a.com"]})).await.expect(200);
    let domains = |many: usize| -> Vec<_> {
        (0..many).map(|i| json!({"domain": format!("d{i}.com"), "state": "verified"})).collect()
    };
    let body = json!({"name": "B", "domain_data": domains(13)});
    assert_eq!(api.post("/organizations", body).await.wrong_fields(), ["domain_data too_many"]);
    api.organization(json!({"name": "B", "external_id": "b", "domain_data": domains(12)})).await;
}

#[tokio::test]
async fn an_organization_with_as_many_domains_as_can_be_is_deleted_in_one_go() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "A", "external_id": "a"})).await;
    let path = format!("/organizations/{organization}");
    let domains: Vec<_> =
        (0..31).map(|i| json!({"domain": format!("d{i}.com"), "state": "verified"})).collect();
    for many in [10, 20, 30] {
        api.put(&path, json!({"domain_data": domains[..many]})).await.expect(200);
    }
    assert_eq!(
        api.put(&path, json!({"domain_data": domains})).await.wrong_fields(),
        ["domain_data too_many"]
    );
    api.delete(&path).await.expect(202);
    api.organization(json!({"name": "B", "domain_data": [{"domain": "d29.com", "state": "verified"}]})).await;
}

#[tokio::test]
async fn a_list_is_paged_searched_and_narrowed_to_domains() {
    let api = Api::start().await;
    for (name, domain) in [("Acme", "acme.com"), ("Beta", "beta.com"), ("acme west", "west.com")] {
        api.organization(json!({"name": name, "domains": [domain]})).await;
    }
    let list = async |query: &str| api.get(&format!("/organizations?{query}")).await.expect(200);
    let all = list("").await;
    assert_eq!(column(&all, "name"), ["acme west", "Beta", "Acme"]);
    assert_eq!(all["list_metadata"], json!({"before": null, "after": null}));
    assert_eq!(all["data"][0]["domains"][0]["domain"], "west.com");

    let first = list("limit=2").await;
    let after = first["list_metadata"]["after"].as_str().unwrap().to_owned();
    let second = list(&format!("limit=2&after={after}")).await;
    assert_eq!((column(&first, "name").len(), column(&second, "name")), (2, vec!["Acme".to_owned()]));
    let before = second["list_metadata"]["before"].as_str().unwrap().to_owned();
    assert_eq!(list(&format!("limit=2&before={before}")).await["data"], first["data"]);

    assert_eq!(column(&list("search=ACME&order=asc").await, "name"), ["Acme", "acme west"]);
    assert_eq!(column(&list("domains=acme.com,beta.com").await, "name"), ["Beta", "Acme"]);
    assert_eq!(
        column(&list("domains%5B%5D=west.com&domains[]=acme.com&limit=1").await, "name"),
        ["acme west"]
    );
    assert_eq!(column(&list("domains=nobody.com").await, "name"), [""; 0]);
    assert_eq!(api.get("/organizations?after=conn_01").await.wrong_fields(), ["after invalid"]);
    assert_eq!(api.get("/organizations?limit=0").await.wrong_fields(), ["limit invalid"]);
}

#[tokio::test]
async fn its_connections_go_first_and_a_deletion_can_be_resumed() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let mut connections = Vec::new();
    for _ in 0..2 {
        let body = json!({"organization_id": organization, "saml_options": {}});
        connections.push(id(&api.post("/connections", body).await.expect(201)));
    }
    // As if the first attempt had ended here.
    api.delete(&format!("/connections/{}", connections[0])).await.expect(204);
    api.delete(&format!("/organizations/{organization}")).await.expect(202);
    for connection in connections {
        api.get(&format!("/connections/{connection}")).await.expect(404);
    }
    assert_eq!(
        api.events().await,
        [
            "organization.created",
            "connection.created",
            "connection.created",
            "connection.deleted",
            "connection.deleted",
            "organization.deleted"
        ]
    );
    api.delete(&format!("/organizations/{organization}")).await.expect(404);
}

#[tokio::test]
async fn setup_says_what_comes_next() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let path = format!("/organizations/{organization}");
    let setup = api.get(&format!("{path}/setup")).await.expect(200);
    assert_eq!(setup["unmet_prerequisites"], json!(["verified_domain", "it_contact"]));
    assert_eq!((&setup["sso"], &setup["directory"]), (&json!(null), &json!(null)));
    assert_eq!(setup["sso_button_label"], "Configure SSO");

    api.put(&path, json!({"domain_data": [{"domain": "acme.com", "state": "verified"}]})).await.expect(200);
    let setup = api.get(&format!("{path}/setup")).await.expect(200);
    assert_eq!(setup["unmet_prerequisites"], json!(["it_contact"]));
    let contact = json!({"email": "ada@acme.com"});
    api.post(&format!("{path}/it_contacts"), contact).await.expect(201);
    let connection = api
        .post("/connections", json!({"organization_id": organization, "saml_options": {}}))
        .await
        .expect(201);
    let setup = api.get(&format!("{path}/setup")).await.expect(200);
    assert_eq!(setup["unmet_prerequisites"], json!([]));
    assert_eq!(setup["sso"]["connection_id"], connection["id"]);
    assert_eq!(setup["sso_button_label"], "Continue SSO setup");
    let activate = json!({"state": "active", "saml_options": crate::idp::values()});
    api.patch(&format!("/connections/{}", id(&connection)), activate).await.expect(200);
    assert_eq!(
        api.get(&format!("{path}/setup")).await.expect(200)["sso_button_label"],
        "Reconfigure your SSO"
    );
    api.put(&format!("{path}/policy"), json!({"features": {"sso": false}})).await.expect(200);
    assert_eq!(api.get(&format!("{path}/setup")).await.expect(200)["sso_button_label"], json!(null));
}

#[tokio::test]
async fn changes_at_the_same_time_all_count() {
    let api = Api::start().await;
    let path = format!("/organizations/{}", api.organization(json!({"name": "Acme"})).await);
    let answers = tokio::join!(
        api.put(&path, json!({"metadata": {"a": "1"}})),
        api.put(&path, json!({"metadata": {"b": "2"}})),
        api.put(&path, json!({"metadata": {"c": "3"}})),
    );
    for answer in [answers.0, answers.1, answers.2] {
        answer.expect(200);
    }
    assert_eq!(api.get(&path).await.expect(200)["metadata"], json!({"a": "1", "b": "2", "c": "3"}));
}

#[tokio::test]
async fn of_those_who_claim_a_domain_at_the_same_time_one_gets_it() {
    let api = Api::start().await;
    let body = || json!({"name": "Acme", "domain_data": [{"domain": "acme.com", "state": "verified"}]});
    let create = || api.post("/organizations", body());
    let answers = tokio::join!(create(), create(), create());
    let mut statuses = [answers.0, answers.1, answers.2].map(|answer| answer.status.as_u16());
    statuses.sort();
    assert_eq!(statuses, [201, 409, 409]);
    assert_eq!(column(&api.get("/organizations?domains=acme.com").await.expect(200), "name").len(), 1);
}

#[tokio::test]
async fn a_domain_at_risk_is_verified_once_somebody_vouches_for_it() {
    let api = Api::start().await;
    let organization =
        api.post("/organizations", json!({"name": "A", "domains": ["acme.com"]})).await.expect(201);
    let store = api.bench.app.store();
    let parsed = OrganizationId::parse(&id(&organization)).unwrap();
    let claim = store.organization(parsed).await.unwrap().unwrap().value.domains.remove(0);
    let read = store.domain_check(claim.id).await.unwrap().unwrap();
    let at_risk = claim.turned(DomainState::AtRisk, DomainStrategy::Dns, api.bench.clock.now());
    let changed = Some(ChangedDomain { domain: at_risk, events: Vec::new() });
    let check = read.value.clone();
    store.keep_checked(&[CheckedDomain { read, check, changed, ownership: Ownership::Taken }]).await.unwrap();
    let path = format!("/organizations/{}", id(&organization));
    let vouched = json!({"domain_data": [{"domain": "acme.com", "state": "verified"}]});
    let domain = &api.put(&path, vouched).await.expect(200)["domains"][0];
    assert_eq!((&domain["state"], &domain["verification_strategy"]), (&json!("verified"), &json!("manual")));
    let now = store.organization(parsed).await.unwrap().unwrap().value.domains.remove(0);
    assert_eq!(now.state, DomainState::Verified);
}
