//! npm openid-client, a certified relying party, against Portico: it discovers, uses PKCE, checks the id_token, and asks
//! for everything that discovery offers.

use portico_tests::{Customer, Deployment, Peer, Person, REDIRECT_URI, SamlIdp};
use serde_json::{Value, json};

async fn client(deployment: &Deployment, secret: Option<&str>, redirect_uri: &str) -> (Peer, Value) {
    let mut peer = Peer::node("openid_client.mjs");
    let arguments = json!({
        "issuer": deployment.base_url(),
        "client_id": deployment.stack.client_id(),
        "client_secret": secret,
        "redirect_uri": redirect_uri,
    });
    let discovered = peer.call("discover", arguments).await;
    (peer, discovered)
}

/// Signs in and answers the tokens with the claims of the checked id_token.
async fn sign_in(peer: &mut Peer, parameters: Value, redirect_uri: &str, max_age: Option<u32>) -> Value {
    let url = peer.call("authorization_url", json!({ "parameters": parameters })).await;
    let arrived = Person::default().follow(url.as_str().unwrap(), redirect_uri).await;
    assert!(arrived.parameter("code").is_some(), "{} {}", arrived.url, arrived.text);
    peer.call("exchange", json!({ "callback": arrived.url.as_str(), "max_age": max_age })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_openid_client_signs_a_person_in_and_ends_the_token() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let (mut peer, discovered) = client(&deployment, Some(&deployment.api_key), REDIRECT_URI).await;
    assert_eq!(discovered["issuer"], json!(deployment.base_url()));
    for by in [
        json!({ "connection": acme.connection }),
        json!({ "organization": acme.organization }),
        json!({ "login_hint": "ada@acme.test" }),
    ] {
        let tokens = sign_in(&mut peer, by, REDIRECT_URI, None).await;
        let claims = &tokens["claims"];
        assert_eq!(claims["email"], json!("ada@acme.test"));
        assert_eq!(claims["email_verified"], json!(true));
        assert!(claims["sid"].is_string() && claims["auth_time"].is_i64(), "{claims}");
        let access = &tokens["access_token"];
        let info = peer.call("userinfo", json!({ "access_token": access, "subject": claims["sub"] })).await;
        assert_eq!((&info["sub"], &info["given_name"]), (&claims["sub"], &json!("Ada")));
        let seen = peer.call("introspect", json!({ "token": access })).await;
        assert_eq!((&seen["active"], &seen["sub"]), (&json!(true), &claims["sub"]));
        peer.call("revoke", json!({ "token": access })).await;
        assert_eq!(peer.call("introspect", json!({ "token": access })).await, json!({ "active": false }));
        let refused =
            peer.attempt("userinfo", json!({ "access_token": access, "subject": claims["sub"] })).await;
        assert!(refused.is_err(), "{refused:?}");
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_openid_client_signs_a_person_in_with_pkce_alone() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let native = "http://127.0.0.1:9/native";
    deployment
        .api
        .post("/user_management/redirect_uris", &json!({ "uri": native, "type": "public" }))
        .await
        .ok();
    let (mut peer, _) = client(&deployment, None, native).await;
    let tokens = sign_in(&mut peer, json!({ "connection": acme.connection }), native, None).await;
    assert_eq!(tokens["claims"]["email"], json!("ada@acme.test"));
    let subject = tokens["claims"]["sub"].clone();
    let info =
        peer.call("userinfo", json!({ "access_token": tokens["access_token"], "subject": subject })).await;
    assert_eq!(info["email"], json!("ada@acme.test"));
    peer.call("revoke", json!({ "token": tokens["access_token"] })).await;
    assert!(
        peer.attempt("userinfo", json!({ "access_token": tokens["access_token"], "subject": subject }))
            .await
            .is_err()
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_without_pkce_is_turned_back_to_the_application() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let native = "http://127.0.0.1:9/native";
    deployment
        .api
        .post("/user_management/redirect_uris", &json!({ "uri": native, "type": "public" }))
        .await
        .ok();
    let asked = [("connection", acme.connection.as_str()), ("redirect_uri", native)];
    let arrived = Person::default().follow(&portico_tests::authorize(&deployment, &asked), native).await;
    assert_eq!(arrived.parameter("error").as_deref(), Some("invalid_request"), "{}", arrived.url);
    assert_eq!(arrived.parameter("state").as_deref(), Some("st-1"));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_sets_max_age_gets_an_auth_time_that_its_library_accepts() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let (mut peer, _) = client(&deployment, Some(&deployment.api_key), REDIRECT_URI).await;
    let asked = json!({ "connection": acme.connection, "max_age": "300" });
    let tokens = sign_in(&mut peer, asked, REDIRECT_URI, Some(300)).await;
    assert!(tokens["claims"]["auth_time"].is_i64());
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_refuses_a_callback_that_belongs_to_another_sign_in() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let (mut peer, _) = client(&deployment, Some(&deployment.api_key), REDIRECT_URI).await;
    let first =
        peer.call("authorization_url", json!({ "parameters": { "connection": acme.connection } })).await;
    let arrived = Person::default().follow(first.as_str().unwrap(), REDIRECT_URI).await;
    peer.call("authorization_url", json!({ "parameters": { "connection": acme.connection } })).await;
    let refused = peer.attempt("exchange", json!({ "callback": arrived.url.as_str() })).await;
    assert!(refused.is_err(), "{refused:?}");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_instances_sign_with_the_same_key_and_go_on_with_the_same_customers() {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let (mut peer, _) = client(&deployment, Some(&deployment.api_key), REDIRECT_URI).await;
    let by = json!({ "connection": acme.connection });
    let before = sign_in(&mut peer, by.clone(), REDIRECT_URI, None).await;
    let keys = deployment.api.get("/oauth2/jwks").await.ok();
    let deployment = deployment.restart().await;
    assert_eq!(deployment.api.get("/oauth2/jwks").await.ok(), keys);
    let after = sign_in(&mut peer, by, REDIRECT_URI, None).await;
    assert_eq!(after["claims"]["sub"], before["claims"]["sub"]);
    let seen = peer.call("introspect", json!({ "token": before["access_token"] })).await;
    assert_eq!(seen["active"], json!(true), "a token outlives the instance that made it");
    Customer::new(&deployment, "later.test", SamlIdp::samlp().await).await;
    deployment.stop().await;
}
