//! Whole sign-ins with npm samlp as the identity provider.

use portico_tests::{Customer, Deployment, Hash, Person, SamlIdp, Sign, User};
use serde_json::json;

async fn ada_signs_in(sign: Sign) {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let ada = User::ada("acme.test");
    acme.answer_with(&ada, sign, Hash::Sha256).await;
    let code = acme.code(&deployment, &mut Person::default()).await;
    let profile = deployment.trade(&code).await.ok()["profile"].take();
    assert_eq!(profile["email"], json!(ada.email));
    assert_eq!(profile["first_name"], json!(ada.first_name));
    assert_eq!(profile["idp_id"], json!(ada.subject));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_samlps_signed_response() {
    ada_signs_in(Sign::Response).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_samlps_signed_assertion() {
    ada_signs_in(Sign::Assertion).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_samlps_response_and_assertion_both_signed() {
    ada_signs_in(Sign::Both).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_under_way_while_its_connection_changes_is_refused_and_works_when_it_is_begun_again() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut ada = Person::default();
    let answered = ada.follow(&acme.authorize_url(&deployment), &acme.acs_url).await;
    let form = answered.form().unwrap();
    let path = format!("/connections/{}", acme.connection);
    deployment.api.patch(&path, &json!({ "name": "Acme login" })).await.ok();
    let refused = ada.submit(&form.action, &form.fields).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let record = deployment.last_sign_in(&acme.organization).await;
    assert_eq!(record["refusal"]["reason"], json!("connection_changed"));
    acme.sign_in(&deployment, &mut ada).await;
    deployment.stop().await;
}
