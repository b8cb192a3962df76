//! DynamoDB throttles: the caller is told to come back, in its own format, and coming back works.

use portico_tests::{Answer, Customer, Deployment, Person, REDIRECT_URI, SamlIdp};
use serde_json::json;

fn is_busy(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(
        answer.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0),
        "{:?}",
        answer.headers
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_throttles_the_rest_api_answers_503_as_json_and_works_again_afterwards() {
    let deployment = Deployment::start().await;
    deployment.organization("acme", "acme.test").await;
    deployment.faults.throttle("management");
    let busy = deployment.api.get("/organizations").await;
    is_busy(&busy);
    assert!(busy.body["message"].is_string() && busy.body["code"].is_string(), "{}", busy.body);
    deployment.faults.end();
    assert_eq!(deployment.api.get("/organizations").await.ok()["data"].as_array().unwrap().len(), 1);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_throttles_a_trade_is_an_oauth_error_that_leaves_the_code_good() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut ada = Person::default();
    // The API key is cached by the first trade, as on a warm instance.
    deployment.trade(&acme.code(&deployment, &mut ada).await).await.ok();
    let code = acme.code(&deployment, &mut ada).await;
    deployment.faults.throttle("sso");
    let busy = deployment.trade(&code).await;
    is_busy(&busy);
    assert_eq!(busy.body["error"], json!("temporarily_unavailable"), "{}", busy.body);
    deployment.faults.end();
    deployment.trade(&code).await.ok();
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_throttles_the_person_sees_a_page_and_sending_the_same_answer_again_signs_in() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut ada = Person::default();
    let answered = ada.follow(&acme.authorize_url(&deployment), &acme.acs_url).await;
    let form = answered.form().unwrap();
    deployment.faults.throttle("acs");
    let busy = ada.submit(&form.action, &form.fields).await;
    assert_eq!(busy.status, 503, "{}", busy.text);
    assert!(busy.headers.contains_key("retry-after") && busy.text.contains("<h1>"), "{}", busy.text);
    deployment.faults.end();
    let back = ada.submit(&form.action, &form.fields).await;
    assert!(back.location().unwrap().as_str().starts_with(REDIRECT_URI));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_dynamodb_throttles_a_sign_in_that_begins_gets_a_page_and_begins_again_afterwards() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut ada = Person::default();
    deployment.faults.throttle("sso");
    let busy = ada.visit(&acme.authorize_url(&deployment)).await;
    assert_eq!(busy.status, 503, "{}", busy.text);
    assert!(busy.headers.contains_key("retry-after"));
    deployment.faults.end();
    acme.sign_in(&deployment, &mut ada).await;
    deployment.stop().await;
}
