//! Whole sign-ins with pysaml2 as the identity provider. It reads our metadata and our AuthnRequests with its own code,
//! and xmlsec1 makes its signatures.

use portico_tests::{Customer, Deployment, Hash, Person, REDIRECT_URI, SamlIdp, Sign, User, authorize};
use serde_json::json;

/// Ada signs in by a response that is signed like this; the application gets her profile.
async fn ada_signs_in(sign: Sign, hash: Hash) {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let ada = User::ada("acme.test");
    acme.answer_with(&ada, sign, hash).await;
    let arrived = acme.sign_in(&deployment, &mut Person::default()).await;
    assert_eq!(arrived.parameter("state").as_deref(), Some("st-1"));
    let token = deployment.trade(&arrived.parameter("code").unwrap()).await.ok();
    assert!(token["access_token"].as_str().is_some_and(|token| token.len() > 40));
    let profile = &token["profile"];
    assert_eq!(profile["email"], json!(ada.email));
    assert_eq!(profile["first_name"], json!(ada.first_name));
    assert_eq!(profile["last_name"], json!(ada.last_name));
    assert_eq!(profile["idp_id"], json!(ada.subject));
    assert_eq!(profile["connection_id"], json!(acme.connection));
    assert_eq!(profile["organization_id"], json!(acme.organization));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_a_response_signed_with_rsa_sha_256() {
    ada_signs_in(Sign::Response, Hash::Sha256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_a_response_signed_with_rsa_sha_512() {
    ada_signs_in(Sign::Response, Hash::Sha512).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_an_assertion_signed_with_rsa_sha_256() {
    ada_signs_in(Sign::Assertion, Hash::Sha256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_an_assertion_signed_with_rsa_sha_512() {
    ada_signs_in(Sign::Assertion, Hash::Sha512).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_a_response_and_an_assertion_both_signed_with_rsa_sha_256() {
    ada_signs_in(Sign::Both, Hash::Sha256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_a_response_and_an_assertion_both_signed_with_rsa_sha_512() {
    ada_signs_in(Sign::Both, Hash::Sha512).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_wants_signed_requests_accepts_ours_and_refuses_one_that_was_altered() {
    let deployment = Deployment::start().await;
    let idp = SamlIdp::pysaml2_that_wants_signed_requests().await;
    let mut acme = Customer::new(&deployment, "acme.test", idp).await;
    acme.sign_in(&deployment, &mut Person::default()).await;
    assert_eq!(acme.idp.last_request().await["signed"], json!(true));
    let by_organization = authorize(&deployment, &[("organization", &acme.organization)]);
    let arrived = Person::default().follow(&by_organization, REDIRECT_URI).await;
    assert!(arrived.parameter("code").is_some(), "{} {}", arrived.url, arrived.text);

    let mut person = Person::default();
    let asked = person.visit(&acme.authorize_url(&deployment)).await.location().unwrap();
    let altered = asked.as_str().replace("RelayState=", "RelayState=x");
    assert_eq!(person.visit(&altered).await.status, 400);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prompt_login_reaches_the_provider_as_force_authn() {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let mut person = Person::default();
    for (parameters, force) in [(vec![], false), (vec![("prompt", "login")], true)] {
        let all = [vec![("connection", acme.connection.as_str())], parameters].concat();
        let page = person.follow(&authorize(&deployment, &all), REDIRECT_URI).await;
        assert!(page.parameter("code").is_some(), "{}", page.url);
        assert_eq!(acme.idp.last_request().await["force_authn"] == json!("true"), force);
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_keeps_the_profile_and_sees_its_changes() {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let mut person = Person::default();
    let first = deployment.trade(&acme.code(&deployment, &mut person).await).await.ok();
    let married = User { last_name: "King".to_owned(), ..User::ada("acme.test") };
    acme.answer_with(&married, Sign::Assertion, Hash::Sha256).await;
    let second = deployment.trade(&acme.code(&deployment, &mut person).await).await.ok();
    assert_eq!(first["profile"]["id"], second["profile"]["id"]);
    assert_eq!(second["profile"]["last_name"], json!("King"));
    assert_ne!(first["access_token"], second["access_token"]);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_can_be_made_from_the_address_of_the_providers_metadata() {
    let deployment = Deployment::start().await;
    let idp = SamlIdp::pysaml2().await;
    let organization = deployment.organization("acme", "acme.test").await;
    let asked = json!({
        "organization_id": organization["id"],
        "saml_options": { "idp_metadata_url": idp.metadata_url },
    });
    let connection = deployment.api.post("/connections", &asked).await.ok();
    assert_eq!(connection["saml"]["idp_entity_id"], json!(idp.metadata_url));
    assert!(connection["saml"]["idp_sso_url"].as_str().unwrap().ends_with("/sso"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_asked_for_starts_a_sign_in_where_the_application_says_and_signs_nobody_in() {
    let deployment = Deployment::start().await;
    let start = "http://127.0.0.1:9/login";
    let asked = json!({ "uri": "http://127.0.0.1:9/other", "default": true, "initiate_login_uri": start });
    deployment.api.post("/user_management/redirect_uris", &asked).await.ok();
    let options = json!({ "allow_idp_initiated": true });
    let mut acme = Customer::with_options(&deployment, "acme.test", SamlIdp::pysaml2().await, options).await;
    let html = acme.idp.unsolicited(&acme.acs_url, &acme.sp_entity_id, None).await;
    let mut person = Person::default();
    let page = person.show(&acme.acs_url, &html, start).await;
    assert!(page.url.as_str().starts_with(start), "{} {}", page.url, page.text);
    assert_eq!(page.parameter("iss").as_deref(), Some(deployment.base_url()));
    assert!(page.parameter("code").is_none());
    let arrived = acme.sign_in(&deployment, &mut person).await;
    assert!(arrived.parameter("code").is_some());
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_asked_for_is_refused_where_the_connection_does_not_allow_it() {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let html = acme.idp.unsolicited(&acme.acs_url, &acme.sp_entity_id, None).await;
    let page = Person::default().show(&acme.acs_url, &html, REDIRECT_URI).await;
    assert_eq!(page.status, 403, "{}", page.text);
    let refused = deployment.last_sign_in(&acme.organization).await;
    assert_eq!(refused["refusal"]["reason"], json!("idp_initiated_off"), "{refused}");
    deployment.stop().await;
}
