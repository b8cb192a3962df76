use serde_json::{Value, json};

use crate::idp::{self, ENTITY_ID, SSO_URL};
use crate::{Api, column, id};

async fn create(api: &Api, organization: &str, options: Value) -> crate::Answer {
    api.post("/connections", json!({"organization_id": organization, "saml_options": options})).await
}

#[tokio::test]
async fn a_draft_already_has_our_values_for_the_identity_provider() {
    let api = Api::start().await;
    let organization = api
        .organization(json!({"name": "Acme", "domain_data": [{"domain": "acme.com", "state": "verified"}]}))
        .await;
    let draft = create(&api, &organization, json!({})).await.expect(201);
    let id = id(&draft);
    assert_eq!((&draft["state"], &draft["status"]), (&json!("draft"), &json!("unlinked")));
    assert_eq!((&draft["name"], &draft["connection_type"]), (&json!("Acme"), &json!("GenericSAML")));
    assert_eq!(draft["domains"][0]["object"], "connection_domain");
    assert_eq!(draft["domains"][0]["domain"], "acme.com");
    assert_eq!(draft["saml"]["acs_url"], format!("http://127.0.0.1:4400/sso/saml/acs/{id}"));
    assert_eq!(draft["saml"]["sp_entity_id"], draft["saml"]["sp_metadata_url"]);
    assert_eq!(draft["saml"]["idp_entity_id"], json!(null));
    assert_eq!(api.get(&format!("/connections/{id}")).await.expect(200), draft);
    let connection = id.parse().unwrap();
    assert!(api.bench.app.store().sp_keys(connection).await.unwrap().is_some(), "with a key pair of its own");
    assert_eq!(api.events().await.last().unwrap(), "connection.created");
}

#[tokio::test]
async fn metadata_makes_a_connection_that_can_be_tested_and_an_api_key_activates_it() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let metadata = idp::metadata("IDPSSODescriptor", "");
    let made = create(&api, &organization, json!({"idp_metadata_xml": metadata})).await.expect(201);
    assert_eq!((&made["state"], &made["connection_type"]), (&json!("validating"), &json!("OktaSAML")));
    assert_eq!(
        (&made["saml"]["idp_entity_id"], &made["saml"]["idp_sso_url"]),
        (&json!(ENTITY_ID), &json!(SSO_URL))
    );
    assert_eq!(made["saml"]["sign_requests"], true, "as the metadata wants it");
    let path = format!("/connections/{}", id(&made));
    let active = api.patch(&path, json!({"state": "active"})).await.expect(200);
    assert_eq!((&active["state"], &active["status"]), (&json!("active"), &json!("linked")));
    api.patch(&path, json!({"state": "active", "name": "Okta"})).await.expect(200);
    api.patch(&path, json!({"state": "inactive"})).await.expect(200);
    api.delete(&path).await.expect(204);
    assert_eq!(api.get(&path).await.refused(404), "entity_not_found");
    let log = api.log(&format!("organization_id={organization}")).await;
    assert_eq!(
        column(&log, "event"),
        [
            "organization.created",
            "connection.created",
            "connection.activated",
            "connection.updated",
            "connection.deactivated",
            "connection.deleted"
        ]
    );
    let activated = &log["data"][2];
    assert_eq!(activated["data"]["external_key"], made["id"]);
    assert_eq!(
        (&activated["data"]["state"], &activated["context"]["before"]["state"]),
        (&json!("active"), &json!("validating"))
    );
    let renamed = &log["data"][3]["context"];
    assert_eq!((&renamed["before"]["name"], &renamed["after"]["name"]), (&json!("Acme"), &json!("Okta")));
}

#[tokio::test]
async fn metadata_is_fetched_by_its_address() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metadata", listener.local_addr().unwrap());
    let document = idp::metadata("IDPSSODescriptor", "");
    let router = axum::Router::new().route("/metadata", axum::routing::get(async || document));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let made = create(&api, &organization, json!({"idp_metadata_url": url})).await.expect(201);
    assert_eq!((&made["saml"]["idp_metadata_url"], &made["state"]), (&json!(url), &json!("validating")));
    let refused =
        create(&api, &organization, json!({"idp_metadata_url": url.replace("/metadata", "/nothing")})).await;
    assert_eq!(refused.wrong_fields(), ["saml_options.idp_metadata_url metadata_not_fetched"]);
    let refused = create(&api, &organization, json!({"idp_metadata_url": "https://169.254.169.254/x"})).await;
    assert_eq!(refused.wrong_fields(), ["saml_options.idp_metadata_url metadata_not_fetched"]);
    let path = format!("/connections/{}", id(&made));
    let forgotten = api.patch(&path, json!({"saml_options": {"idp_metadata_url": null}})).await.expect(200);
    assert_eq!(forgotten["saml"]["idp_metadata_url"], json!(null));
    assert_eq!(forgotten["saml"]["idp_entity_id"], ENTITY_ID);
    server.abort();
}

#[tokio::test]
async fn metadata_that_cannot_be_used_is_refused_with_what_to_do() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    for (document, remedy) in [
        ("<!DOCTYPE html><html><body>Sign in</body></html>".to_owned(), "web page"),
        (idp::metadata("SPSSODescriptor", ""), "service provider"),
        (idp::without_certificate(), "no signing certificate"),
        (idp::metadata("IDPSSODescriptor", r#"validUntil="2020-01-01T00:00:00Z""#), "expired on 2020-01-01"),
        ("<a><b></a>".to_owned(), "can't be read"),
        (String::new(), "can't be read"),
    ] {
        let refused = create(&api, &organization, json!({"idp_metadata_xml": document})).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "saml_options.idp_metadata_xml");
        let message = refused["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(remedy), "{remedy}: {message}");
    }
    assert_eq!(column(&api.get("/connections").await.expect(200), "id"), [""; 0]);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let create = |options| create(&api, &organization, options);
    for (options, wrong) in [
        (json!({"acs_url": "https://app.example.com/acs"}), "saml_options.acs_url not_ours"),
        (json!({"idp_sso_url": "javascript:alert(1)"}), "saml_options.idp_sso_url invalid_url"),
        (json!({"idp_entity_id": ""}), "saml_options.idp_entity_id invalid"),
        (json!({"idp_signing_certs": ["hello"]}), "saml_options.idp_signing_certs[0] invalid_certificate"),
        (json!({"idp_signing_certs": "hello"}), "saml_options.idp_signing_certs invalid"),
        (json!({"allow_sha1": "yes"}), "saml_options.allow_sha1 invalid"),
        (
            json!({"idp_metadata_xml": "<x/>", "idp_sso_url": SSO_URL}),
            "saml_options.idp_sso_url mutually_exclusive",
        ),
        (
            json!({"sp_signing_key_pair": {"key": "k", "cert": "c"}}),
            "saml_options.sp_signing_key_pair not_supported",
        ),
    ] {
        assert_eq!(create(options).await.wrong_fields(), [wrong]);
    }
    let oidc = json!({"organization_id": organization, "oidc_options": {"client_id": "x"}});
    assert_eq!(api.post("/connections", oidc).await.wrong_fields(), ["oidc_options oidc_not_available"]);
    let active = json!({"organization_id": organization, "saml_options": {}, "state": "active"});
    assert_eq!(api.post("/connections", active).await.wrong_fields().len(), 3);
    let state = json!({"organization_id": organization, "saml_options": {}, "state": "live"});
    assert_eq!(api.post("/connections", state).await.wrong_fields(), ["state invalid"]);
    for nobody in ["org_01ARZ3NDEKTSV4RRFFQ69G5FAV", "org_x", "acme"] {
        let body = json!({"organization_id": nobody, "saml_options": {}});
        assert_eq!(api.post("/connections", body).await.refused(404), "entity_not_found");
    }
    for nobody in ["conn_01ARZ3NDEKTSV4RRFFQ69G5FAV", "conn_x", &organization] {
        api.get(&format!("/connections/{nobody}")).await.expect(404);
        api.patch(&format!("/connections/{nobody}"), json!({})).await.expect(404);
        api.delete(&format!("/connections/{nobody}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_plan_without_single_sign_on_has_no_connections() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    api.put(&format!("/organizations/{organization}/policy"), json!({"features": {"sso": false}}))
        .await
        .expect(200);
    assert_eq!(create(&api, &organization, json!({})).await.refused(403), "feature_not_in_plan");
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    let api = Api::start().await;
    let made = api.connection("validating").await;
    let path = format!("/connections/{}", id(&made));
    let maps = json!({"standard_attributes": {"email": "mail"}, "custom_attributes": {"team": "ou"}});
    let changed = api.patch(&path, json!({"attribute_maps": maps, "external_id": "c-1"})).await.expect(200);
    assert_eq!(changed["attribute_maps"]["standard_attributes"]["email"], "mail");
    assert_eq!(changed["saml"], made["saml"]);
    let again =
        api.patch(&path, json!({"name": "Okta", "saml_options": {"force_authn": true}})).await.expect(200);
    assert_eq!(again["attribute_maps"], changed["attribute_maps"]);
    assert_eq!((&again["external_id"], &again["saml"]["force_authn"]), (&json!("c-1"), &json!(true)));
    let own = json!({"saml_options": {"acs_url": made["saml"]["acs_url"]}});
    assert_eq!(api.patch(&path, own).await.expect(200), again, "our own address is no change");
    let retyped = api.patch(&path, json!({"connection_type": "AzureSAML"})).await;
    assert_eq!(retyped.wrong_fields(), ["connection_type immutable"]);
    let revision = api.bench.app.store().connection(id(&made).parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(revision.connection.value.revision, 3, "two changes after the first revision");
}

#[tokio::test]
async fn a_draft_that_is_completed_becomes_testable() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let draft = create(&api, &organization, json!({})).await.expect(201);
    let path = format!("/connections/{}", id(&draft));
    let partial = api.patch(&path, json!({"saml_options": {"idp_entity_id": "urn:idp"}})).await.expect(200);
    assert_eq!(partial["state"], "draft");
    let complete = api.patch(&path, json!({"saml_options": idp::values()})).await.expect(200);
    assert_eq!(complete["state"], "validating");
}

#[tokio::test]
async fn a_certificate_that_ended_is_warned_about() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    let mut options = idp::values();
    options["idp_signing_certs"] = json!([idp::certificate_of(2020, 2024), idp::certificate()]);
    options["allow_sha1"] = json!(true);
    let made = create(&api, &organization, options).await.expect(201);
    let codes: Vec<_> = made["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]).collect();
    assert_eq!(codes, ["certificate_expired", "sha1_allowed"]);
}

#[tokio::test]
async fn a_list_is_narrowed_by_every_filter() {
    let api = Api::start().await;
    let acme = api.organization(json!({"name": "Acme", "domains": ["acme.com"]})).await;
    let beta = api.organization(json!({"name": "Beta"})).await;
    for (organization, options) in [(&acme, json!({})), (&acme, idp::values()), (&beta, json!({}))] {
        create(&api, organization, options).await.expect(201);
    }
    let types = async |query: &str| {
        let list = api.get(&format!("/connections?order=asc&{query}")).await.expect(200);
        column(&list, "organization_id").into_iter().zip(column(&list, "connection_type")).collect::<Vec<_>>()
    };
    let row = |organization: &str, kind: &str| (organization.to_owned(), kind.to_owned());
    let (generic, okta, other) =
        (row(&acme, "GenericSAML"), row(&acme, "OktaSAML"), row(&beta, "GenericSAML"));
    assert_eq!(types("").await, [generic.clone(), okta.clone(), other.clone()]);
    assert_eq!(types("connection_type=OktaSAML").await, std::slice::from_ref(&okta));
    assert_eq!(types("connection_type=GithubOAuth").await, []);
    assert_eq!(types("search=BET").await, std::slice::from_ref(&other));
    assert_eq!(types(&format!("organization_id={beta}")).await, [other]);
    assert_eq!(types("domain=acme.com").await, [generic.clone(), okta.clone()]);
    assert_eq!(types(&format!("domain=acme.com&organization_id={beta}")).await, []);
    let first = api.get(&format!("/connections?order=asc&limit=1&organization_id={acme}")).await.expect(200);
    let after = first["list_metadata"]["after"].as_str().unwrap().to_owned();
    assert_eq!(types(&format!("limit=1&organization_id={acme}&after={after}")).await, [okta]);
    assert_eq!(api.get("/connections?organization_id=x").await.wrong_fields(), ["organization_id invalid"]);
}

#[tokio::test]
async fn an_organization_has_twenty_connections_at_the_most() {
    let api = Api::start().await;
    let organization = api.organization(json!({"name": "Acme"})).await;
    for _ in 0..20 {
        create(&api, &organization, json!({})).await.expect(201);
    }
    assert_eq!(create(&api, &organization, json!({})).await.refused(422), "too_many_connections");
}
