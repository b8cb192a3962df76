//! The official WorkOS SDK for Node against Portico: every method that an application signs people in with.

use portico_tests::{Customer, Deployment, Peer, Person, REDIRECT_URI, SamlIdp};
use serde_json::{Value, json};

/// The SDK, connected to a deployment.
struct Sdk(Peer);

impl Sdk {
    async fn connect(deployment: &Deployment) -> Self {
        let mut peer = Peer::node("workos_sdk.mjs");
        let arguments = json!({ "base_url": deployment.base_url(), "api_key": deployment.api_key, "client_id": deployment.stack.client_id() });
        peer.call("connect", arguments).await;
        Self(peer)
    }

    async fn call(&mut self, method: &str, arguments: Value) -> Value {
        self.0.call("use", json!({ "method": method, "arguments": arguments })).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_with_the_node_sdk_signs_a_person_in_by_connection_and_by_organization() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    let client_id = deployment.stack.client_id();
    for selector in [json!({ "connection": acme.connection }), json!({ "organization": acme.organization })] {
        let mut options = json!({ "clientId": client_id, "redirectUri": REDIRECT_URI, "state": "kept" });
        options.as_object_mut().unwrap().extend(selector.as_object().unwrap().clone());
        let url = sdk.call("sso.getAuthorizationUrl", json!([options])).await;
        let arrived = Person::default().follow(url.as_str().unwrap(), REDIRECT_URI).await;
        assert_eq!(arrived.parameter("state").as_deref(), Some("kept"), "{} {}", arrived.url, arrived.text);

        let code = arrived.parameter("code").unwrap();
        let signed_in =
            sdk.call("sso.getProfileAndToken", json!([{ "clientId": client_id, "code": code }])).await;
        let profile = &signed_in["profile"];
        assert_eq!(profile["email"], json!("ada@acme.test"));
        assert_eq!(profile["firstName"], json!("Ada"));
        assert_eq!(profile["connectionId"], json!(acme.connection));
        assert_eq!(profile["organizationId"], json!(acme.organization));
        assert_eq!(profile["connectionType"], json!("GenericSAML"));
        assert!(profile["rawAttributes"].is_object());
        let again = sdk.call("sso.getProfile", json!([{ "accessToken": signed_in["accessToken"] }])).await;
        assert_eq!(again["id"], profile["id"]);
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_signs_a_person_in_with_pkce() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    let client_id = deployment.stack.client_id();
    let options =
        json!([{ "connection": acme.connection, "clientId": client_id, "redirectUri": REDIRECT_URI }]);
    let begun = sdk.call("sso.getAuthorizationUrlWithPKCE", options).await;
    let arrived = Person::default().follow(begun["url"].as_str().unwrap(), REDIRECT_URI).await;
    assert_eq!(arrived.parameter("state").map(Value::from), Some(begun["state"].clone()));
    let trade = json!([{ "clientId": client_id, "code": arrived.parameter("code"), "codeVerifier": begun["codeVerifier"] }]);
    assert_eq!(sdk.call("sso.getProfileAndToken", trade).await["profile"]["email"], json!("ada@acme.test"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_lists_shows_and_deletes_connections() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    let page = sdk.call("sso.listConnections", json!([{ "organizationId": acme.organization }])).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    let connection = sdk.call("sso.getConnection", json!([acme.connection])).await;
    assert_eq!(connection["id"], page["data"][0]["id"]);
    assert_eq!(connection["organizationId"], json!(acme.organization));
    assert_eq!(connection["state"], json!("active"));
    sdk.call("sso.deleteConnection", json!([acme.connection])).await;
    let gone = sdk
        .0
        .attempt("use", json!({ "method": "sso.getConnection", "arguments": [acme.connection] }))
        .await
        .unwrap_err();
    assert_eq!((gone.name.as_str(), &gone.details["status"]), ("NotFoundException", &json!(404)), "{gone:?}");
    assert!(gone.details["requestID"].is_string(), "{gone:?}");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_creates_shows_lists_updates_and_deletes_organizations() {
    let deployment = Deployment::start().await;
    let mut sdk = Sdk::connect(&deployment).await;
    let domains = json!([{ "domain": "acme.test", "state": "verified" }]);
    let made = sdk.call("organizations.createOrganization", json!([{ "name": "Acme", "externalId": "customer-7", "domainData": domains, "metadata": { "tier": "gold" } }])).await;
    assert_eq!(made["domains"][0]["state"], json!("verified"));
    assert_eq!(made["externalId"], json!("customer-7"));
    let id = made["id"].clone();
    assert_eq!(sdk.call("organizations.getOrganization", json!([id])).await["name"], json!("Acme"));
    assert_eq!(sdk.call("organizations.getOrganizationByExternalId", json!(["customer-7"])).await["id"], id);
    for number in 0..3 {
        sdk.call("organizations.createOrganization", json!([{ "name": format!("Other {number}") }])).await;
    }
    let first = sdk.call("organizations.listOrganizations", json!([{ "limit": 3 }])).await;
    let after = first["listMetadata"]["after"].clone();
    let rest = sdk.call("organizations.listOrganizations", json!([{ "limit": 3, "after": after }])).await;
    assert_eq!((first["data"].as_array().unwrap().len(), rest["data"].as_array().unwrap().len()), (3, 1));
    assert_eq!(rest["data"][0]["id"], id, "newest first");
    let updated = sdk
        .call("organizations.updateOrganization", json!([{ "organization": id, "name": "Acme Ltd" }]))
        .await;
    assert_eq!((&updated["name"], &updated["domains"]), (&json!("Acme Ltd"), &made["domains"]));
    sdk.call("organizations.deleteOrganization", json!([id])).await;
    let gone = sdk
        .0
        .attempt("use", json!({ "method": "organizations.getOrganization", "arguments": [id] }))
        .await
        .unwrap_err();
    assert_eq!(gone.name, "NotFoundException", "{gone:?}");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_reads_what_happened_as_events() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    acme.sign_in(&deployment, &mut Person::default()).await;
    // A reader stays behind now by the event lag, so that no slow commit is missed.
    deployment.move_clock(61);
    let mut sdk = Sdk::connect(&deployment).await;
    let names = json!(["organization.created", "connection.activated", "authentication.sso_succeeded"]);
    let page = sdk.call("events.listEvents", json!([{ "events": names, "limit": 50 }])).await;
    let mut seen: Vec<&str> =
        page["data"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        ["authentication.sso_succeeded", "connection.activated", "organization.created"],
        "{page}"
    );
    let after = json!([{ "events": names, "after": page["data"][0]["id"] }]);
    assert_eq!(sdk.call("events.listEvents", after).await["data"].as_array().unwrap().len(), 2);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_names_what_went_wrong_by_its_own_exceptions() {
    let deployment = Deployment::start().await;
    let mut sdk = Sdk::connect(&deployment).await;
    let client_id = deployment.stack.client_id();
    let trade = json!({ "method": "sso.getProfileAndToken", "arguments": [{ "clientId": client_id, "code": "unknown" }] });
    let unknown = sdk.0.attempt("use", trade).await.unwrap_err();
    assert_eq!(unknown.name, "OauthException", "{unknown:?}");
    assert_eq!(unknown.details["error"], json!("invalid_grant"));
    let no_name = json!({ "method": "organizations.createOrganization", "arguments": [{ "name": "" }] });
    assert_eq!(sdk.0.attempt("use", no_name).await.unwrap_err().name, "UnprocessableEntityException");
    sdk.0
        .call(
            "connect",
            json!({ "base_url": deployment.base_url(), "api_key": "sk_wrong", "client_id": client_id }),
        )
        .await;
    let stranger = json!({ "method": "organizations.listOrganizations", "arguments": [] });
    assert_eq!(sdk.0.attempt("use", stranger).await.unwrap_err().name, "UnauthorizedException");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_makes_links_into_the_admin_portal() {
    let deployment = Deployment::start().await;
    let organization = deployment.organization("Acme", "acme.test").await["id"].clone();
    let mut sdk = Sdk::connect(&deployment).await;
    for intent in ["sso", "dsync", "domain_verification"] {
        let options = json!([{
            "organization": organization, "intent": intent, "returnUrl": "https://app.example.com/settings",
        }]);
        let made = sdk.call("portal.generateLink", options).await;
        let page = Person::default().visit(made["link"].as_str().unwrap()).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Acme: set up"), "{}", page.text);
    }
    deployment.stop().await;
}
