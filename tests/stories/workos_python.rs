//! The official WorkOS SDK for Python against Portico: signing in, and the connections that only it can make.

use portico_tests::{Customer, Deployment, Hash, Peer, Person, REDIRECT_URI, SamlIdp, Sign, TlsKey, User};
use serde_json::{Value, json};

/// The SDK, connected to a deployment.
struct Sdk(Peer);

impl Sdk {
    async fn connect(deployment: &Deployment) -> Self {
        let mut peer = Peer::python("workos_sdk.py");
        let arguments = json!({ "base_url": deployment.base_url(), "api_key": deployment.api_key, "client_id": deployment.stack.client_id() });
        peer.call("connect", arguments).await;
        Self(peer)
    }

    async fn call(&mut self, method: &str, arguments: Value) -> Value {
        self.0.call("use", json!({ "method": method, "arguments": arguments })).await
    }

    async fn refused(&mut self, method: &str, arguments: Value) -> String {
        let refused = self.0.attempt("use", json!({ "method": method, "arguments": arguments })).await;
        refused.expect_err("refused").name
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_with_the_python_sdk_signs_a_person_in() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    for selector in [("connection", &acme.connection), ("organization", &acme.organization)] {
        let asked = json!({ "redirect_uri": REDIRECT_URI, "state": "kept", selector.0: selector.1 });
        let url = sdk.call("sso.get_authorization_url", asked).await;
        let arrived = Person::default().follow(url.as_str().unwrap(), REDIRECT_URI).await;
        let code = arrived.parameter("code").unwrap_or_else(|| panic!("{} {}", arrived.url, arrived.text));
        let signed_in = sdk.call("sso.get_profile_and_token", json!({ "code": code })).await;
        assert_eq!(signed_in["profile"]["email"], json!("ada@acme.test"));
        assert_eq!(signed_in["profile"]["organization_id"], json!(acme.organization));
        let profile = sdk.call("sso.get_profile", json!({ "access_token": signed_in["access_token"] })).await;
        assert_eq!(profile["id"], signed_in["profile"]["id"]);
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_signs_a_person_in_with_pkce() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    let begun = sdk
        .call(
            "sso.get_authorization_url_with_pkce",
            json!({ "redirect_uri": REDIRECT_URI, "connection": acme.connection }),
        )
        .await;
    let arrived = Person::default().follow(begun["url"].as_str().unwrap(), REDIRECT_URI).await;
    let trade = json!({ "code": arrived.parameter("code"), "code_verifier": begun["code_verifier"] });
    assert_eq!(
        sdk.call("sso.get_profile_and_token_pkce", trade).await["profile"]["email"],
        json!("ada@acme.test")
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_creates_a_connection_that_signs_in_after_it_was_updated() {
    let deployment = Deployment::start().await;
    let mut sdk = Sdk::connect(&deployment).await;
    let mut idp = SamlIdp::pysaml2().await;
    let organization =
        sdk.call("organizations.create_organization", json!({ "name": "Acme" })).await["id"].clone();
    let asked = json!({
        "organization_id": organization,
        "name": "Acme SSO",
        "external_id": "idp-1",
        "connection_type": "GenericSAML",
        "saml_options": {},
    });
    let draft = sdk.call("sso.create_connection", asked).await;
    assert_eq!(draft["state"], json!("draft"), "{draft}");

    let configured = json!({ "id": draft["id"], "name": "Acme login", "saml_options": { "idp_metadata_url": idp.metadata_url } });
    let updated = sdk.call("sso.update_connection", configured).await;
    assert_eq!(updated["name"], json!("Acme login"));
    let shown = sdk.call("sso.get_connection", json!({ "id": draft["id"] })).await;
    assert_eq!(shown["name"], json!("Acme login"));
    let listed = sdk.call("sso.list_connections", json!({ "organization_id": organization })).await;
    assert_eq!(listed["data"][0]["id"], draft["id"]);

    // The SDK has no means to switch a connection on: its first successful test would, or an API key.
    let path = format!("/connections/{}", draft["id"].as_str().unwrap());
    let active = deployment.api.patch(&path, &json!({ "state": "active" })).await.ok();
    let acs_url = active["saml"]["acs_url"].as_str().unwrap();
    let metadata = Person::default().visit(active["saml"]["sp_metadata_url"].as_str().unwrap()).await;
    idp.trust(&metadata.text).await;
    let outside = json!({ "features": {}, "allow_profiles_outside_organization": true });
    deployment
        .api
        .put(&format!("/organizations/{}/policy", organization.as_str().unwrap()), &outside)
        .await
        .ok();
    idp.answer_with(&User::ada("acme.test"), Sign::Both, Hash::Sha256, acs_url).await;
    let url = sdk
        .call("sso.get_authorization_url", json!({ "redirect_uri": REDIRECT_URI, "connection": draft["id"] }))
        .await;
    let arrived = Person::default().follow(url.as_str().unwrap(), REDIRECT_URI).await;
    assert!(arrived.parameter("code").is_some(), "{} {}", arrived.url, arrived.text);

    sdk.call("sso.delete_connection", json!({ "id": draft["id"] })).await;
    assert_eq!(sdk.refused("sso.get_connection", json!({ "id": draft["id"] })).await, "NotFoundError");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_adds_and_removes_the_providers_signing_certificates_but_not_the_last() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    let connection = json!({ "connection_id": acme.connection });
    let before = sdk.call("sso.list_connection_saml_idp_signing_certs", connection.clone()).await;
    let first = before["data"][0]["id"].clone();
    let next = TlsKey::generate().certificate;
    let added = sdk
        .call(
            "sso.create_connection_saml_idp_signing_cert",
            json!({ "connection_id": acme.connection, "value": next }),
        )
        .await;
    let both = sdk.call("sso.list_connection_saml_idp_signing_certs", connection.clone()).await;
    assert_eq!(both["data"].as_array().unwrap().len(), 2);
    acme.sign_in(&deployment, &mut Person::default()).await;
    sdk.call(
        "sso.delete_connection_saml_idp_signing_cert",
        json!({ "connection_id": acme.connection, "certificate_id": first }),
    )
    .await;
    let last = json!({ "connection_id": acme.connection, "certificate_id": added["id"] });
    assert_eq!(sdk.refused("sso.delete_connection_saml_idp_signing_cert", last).await, "ConflictError");
    let page = Person::default().follow(&acme.authorize_url(&deployment), REDIRECT_URI).await;
    assert_eq!(page.status, 403, "the removed certificate no longer counts: {}", page.text);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_replaces_our_own_certificate() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut sdk = Sdk::connect(&deployment).await;
    let connection = json!({ "connection_id": acme.connection });
    let before = sdk.call("sso.list_connection_saml_sp_encryption_certs", connection.clone()).await;
    let old = before["data"][0]["id"].clone();
    let signing = sdk.call("sso.list_connection_saml_sp_signing_cert", connection.clone()).await;
    assert_eq!(signing["id"], old);
    let next = sdk.call("sso.create_connection_saml_sp_encryption_cert", connection.clone()).await;
    let both = sdk.call("sso.list_connection_saml_sp_encryption_certs", connection.clone()).await;
    assert_eq!(both["data"].as_array().unwrap().len(), 2);
    let delete = "sso.delete_connection_saml_sp_encryption_cert";
    sdk.call(delete, json!({ "connection_id": acme.connection, "certificate_id": old })).await;
    let signing = sdk.call("sso.list_connection_saml_sp_signing_cert", connection).await;
    assert_eq!(signing["value"], next["value"]);
    let last = json!({ "connection_id": acme.connection, "certificate_id": next["id"] });
    assert_eq!(sdk.refused(delete, last).await, "ConflictError");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_creates_shows_lists_updates_and_deletes_organizations() {
    let deployment = Deployment::start().await;
    let mut sdk = Sdk::connect(&deployment).await;
    let made = sdk
        .call("organizations.create_organization", json!({ "name": "Acme", "external_id": "customer-7" }))
        .await;
    let id = made["id"].clone();
    assert_eq!(sdk.call("organizations.get_organization", json!({ "id": id })).await["name"], json!("Acme"));
    assert_eq!(
        sdk.call("organizations.get_organization_by_external_id", json!({ "external_id": "customer-7" }))
            .await["id"],
        id
    );
    let updated = sdk
        .call(
            "organizations.update_organization",
            json!({ "id": id, "name": "Acme Ltd", "metadata": { "tier": "gold" } }),
        )
        .await;
    assert_eq!((&updated["name"], &updated["metadata"]["tier"]), (&json!("Acme Ltd"), &json!("gold")));
    let listed = sdk.call("organizations.list_organizations", json!({ "limit": 1 })).await;
    assert_eq!(listed["data"][0]["id"], id);
    sdk.call("organizations.delete_organization", json!({ "id": id })).await;
    assert_eq!(sdk.refused("organizations.get_organization", json!({ "id": id })).await, "NotFoundError");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_reads_what_happened_as_events() {
    let deployment = Deployment::start().await;
    deployment.organization("acme", "acme.test").await;
    deployment.move_clock(61);
    let mut sdk = Sdk::connect(&deployment).await;
    let page = sdk.call("events.list_events", json!({ "events": ["organization.created"] })).await;
    assert_eq!(page["data"][0]["event"], json!("organization.created"), "{page}");
    assert_eq!(page["data"][0]["data"]["name"], json!("acme"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_makes_links_into_the_admin_portal_and_ends_them_with_their_visits() {
    let deployment = Deployment::start().await;
    let organization = deployment.organization("Acme", "acme.test").await["id"].clone();
    let mut sdk = Sdk::connect(&deployment).await;
    let asked = json!({
        "organization": organization, "intent": "sso", "external_user_id": "user-7",
        "success_url": "https://app.example.com/done", "it_contact_emails": ["it@acme.test"],
    });
    let made = sdk.call("admin_portal.generate_link", asked).await;
    let link = made["link"].as_str().unwrap().to_owned();
    let mut ann = Person::default();
    assert_eq!(ann.visit(&link).await.status, 200);
    let whose = json!({ "organization": organization, "external_user_id": "user-7" });
    sdk.call("admin_portal.revoke_link", whose).await;
    let ended = ann.visit(&link).await;
    assert_eq!(ended.status, 410);
    assert!(ended.text.contains("This link was withdrawn"), "{}", ended.text);
    let contacts = json!({ "organization_id": organization });
    let listed = sdk.call("organizations.list_it_contacts", contacts).await;
    assert_eq!(listed["data"][0]["email"], json!("it@acme.test"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_names_invites_and_removes_it_contacts() {
    let deployment = Deployment::start().await;
    let organization = deployment.organization("Acme", "acme.test").await["id"].clone();
    let mut sdk = Sdk::connect(&deployment).await;
    let asked = json!({ "organization_id": organization, "email": "ann@acme.test" });
    let ann = sdk.call("organizations.create_it_contact", asked.clone()).await;
    assert_eq!(sdk.refused("organizations.create_it_contact", asked).await, "ConflictError");
    let theirs = json!({ "organization_id": organization, "contact_id": ann["id"] });
    let mut invite = theirs.clone();
    invite["intents"] = json!(["sso", "directory_sync"]);
    sdk.call("organizations.invite_it_contact", invite.clone()).await;
    let mails = deployment.stack.mails().all();
    assert_eq!(mails[0].to, ["ann@acme.test"]);
    let link = mails[0].text.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
    assert_eq!(Person::default().visit(&link).await.status, 200);
    assert_eq!(sdk.refused("organizations.invite_it_contact", invite).await, "ConflictError");
    sdk.call("organizations.revoke_it_contact", theirs.clone()).await;
    assert_eq!(Person::default().visit(&link).await.status, 410);
    sdk.call("organizations.delete_it_contact", theirs.clone()).await;
    assert_eq!(sdk.refused("organizations.delete_it_contact", theirs).await, "NotFoundError");
    deployment.stop().await;
}
