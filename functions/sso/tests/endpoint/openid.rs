//! `/oauth2/…` and `/.well-known/openid-configuration`.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use http::{Request, StatusCode};
use portico_protocol::oidc::{IdTokenClaims, at_hash, verify};
use portico_shared::domain::ids::ProfileId;
use portico_shared::domain::token::PlainToken;
use serde_json::{Value, json};

use crate::routes::ROUTES;
use crate::support::{Answer, CALLBACK, CHALLENGE, PUBLIC_CALLBACK, Site, VERIFIER, query};

const AUTHORIZE: &str = "/oauth2/authorize";
const TOKEN: &str = "/oauth2/token";
const ISSUER: &str = "http://127.0.0.1:4400";

async fn claims(site: &Site, id_token: &str) -> IdTokenClaims {
    let jwks = site.get("/oauth2/jwks").await.json();
    let keys = jwks["keys"].as_array().unwrap().clone();
    verify(id_token, &keys, ISSUER, "client_test", site.bench.clock.now()).unwrap()
}

async fn signed_in(site: &Site) -> Value {
    let answer = site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap().to_owned())
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[tokio::test]
async fn a_code_gives_an_id_token_that_the_published_keys_prove() {
    let site = Site::start().await;
    signed_in(&site).await;
    let code = site.code(AUTHORIZE, &[("nonce", "n-0S6"), ("scope", "openid profile phone")]).await;
    let signed_in_at = site.bench.clock.now().timestamp();
    site.advance(Duration::seconds(30));
    site.calls.take();
    let answer = site.trade_with_secret(TOKEN, &code, &[("redirect_uri", CALLBACK)]).await;
    assert_eq!(site.calls.take(), 2 + 1, "two before the answer, one after it");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &3600.into()));
    assert_eq!(body["scope"], "openid profile", "what isn't known isn't granted");
    let claims = claims(&site, body["id_token"].as_str().unwrap()).await;
    let now = site.bench.clock.now().timestamp();
    assert_eq!((claims.iat, claims.exp, claims.auth_time), (now, now + 300, Some(signed_in_at)));
    assert_eq!(claims.sub, ProfileId::derive(site.connection, "00u1").to_string());
    assert_eq!(claims.nonce.as_deref(), Some("n-0S6"));
    assert_eq!(claims.at_hash, Some(at_hash(body["access_token"].as_str().unwrap())));
    assert!(claims.sid.starts_with("sign_in_") && claims.email_verified);
    assert_eq!((claims.email.as_str(), claims.given_name.as_deref()), ("Ada@acme.com", Some("Ada")));
    assert_eq!(claims.org_id, site.organization.to_string());
}

#[tokio::test]
async fn a_client_authenticates_by_basic_or_by_parameters_but_not_by_both() {
    let site = Site::start().await;
    let secret = site.secret.reveal();
    let good = basic("client_test", secret);
    let grant = |code: &PlainToken| {
        let redirect_uri = ("redirect_uri", CALLBACK.to_owned());
        [("grant_type", "authorization_code".to_owned()), ("code", code.reveal().to_owned()), redirect_uri]
    };
    let code = site.code(AUTHORIZE, &[]).await;
    let parameters = grant(&code);
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let wrong = site.post_as(TOKEN, Some(&basic("client_test", "sk_wrong")), &parameters).await;
    assert_eq!(error(&wrong), (401, "invalid_client".to_owned()));
    assert!(wrong.header("www-authenticate").starts_with("Basic "));
    let both = [parameters.as_slice(), &[("client_secret", secret)]].concat();
    assert_eq!(error(&site.post_as(TOKEN, Some(&good), &both).await), (400, "invalid_request".to_owned()));
    let by_parameters_wrong = site.trade(TOKEN, &code, &[("client_secret", "sk_wrong")]).await;
    assert_eq!(error(&by_parameters_wrong), (401, "invalid_client".to_owned()));
    assert_eq!(site.post_as(TOKEN, Some(&good), &parameters).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_public_client_needs_only_its_verifier() {
    let site = Site::start().await;
    let over =
        [("redirect_uri", PUBLIC_CALLBACK), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = site.code(AUTHORIZE, &over).await;
    let own = [("redirect_uri", PUBLIC_CALLBACK), ("code_verifier", VERIFIER)];
    let answer = site.trade(TOKEN, &code, &own).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let confidential = site.code(AUTHORIZE, &[]).await;
    let answer = site.trade(TOKEN, &confidential, &[]).await;
    assert_eq!(error(&answer), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn the_redirect_uri_is_named_at_both_endpoints() {
    let site = Site::start().await;
    let nowhere = site.authorize(AUTHORIZE, &[("redirect_uri", "")]).await;
    assert_eq!((nowhere.status, nowhere.header("location")), (StatusCode::BAD_REQUEST, ""));
    assert!(nowhere.body.contains("redirect_uri is missing"), "{}", nowhere.body);
    let code = site.code(AUTHORIZE, &[]).await;
    let without = site.trade_with_secret(TOKEN, &code, &[("redirect_uri", "")]).await;
    assert_eq!(error(&without), (400, "invalid_request".to_owned()));
    let other = site.trade_with_secret(TOKEN, &code, &[("redirect_uri", PUBLIC_CALLBACK)]).await;
    assert_eq!(error(&other), (400, "invalid_grant".to_owned()));
    assert_eq!(site.trade_with_secret(TOKEN, &code, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn secrets_and_tokens_in_an_address_do_not_count() {
    let site = Site::start().await;
    let tokens = signed_in(&site).await;
    let token = tokens["access_token"].as_str().unwrap();
    let client = query(&[("client_id", "client_test"), ("client_secret", site.secret.reveal())]);
    let client_id = [("client_id", "client_test")];
    let introspected = site.post(&format!("/oauth2/introspect?{client}"), &[("token", token)]).await;
    assert_eq!(error(&introspected), (400, "invalid_request".to_owned()));
    let address = format!("/oauth2/revoke?{}", query(&[("token", token)]));
    assert_eq!(error(&site.post(&address, &client_id).await), (400, "invalid_request".to_owned()));
    assert_eq!(site.get_as("/oauth2/userinfo", token).await.status, StatusCode::OK);
    let code = site.code(AUTHORIZE, &[]).await;
    let address = format!("{TOKEN}?{}", query(&[("client_secret", site.secret.reveal())]));
    assert_eq!(error(&site.trade(&address, &code, &[]).await), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn an_authorization_request_wants_openid_and_may_come_by_post() {
    let site = Site::start().await;
    let answer = site.authorize(AUTHORIZE, &[("scope", "email")]).await;
    assert_eq!(answer.parameter("error").unwrap(), "invalid_scope");
    assert_eq!(answer.parameter("iss").unwrap(), ISSUER, "RFC 9207 also for errors");
    let connection = site.connection.to_string();
    let parameters = [
        ("client_id", "client_test"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("redirect_uri", CALLBACK),
        ("connection", &connection),
    ];
    assert!(site.post(AUTHORIZE, &parameters).await.parameter("SAMLRequest").is_some());
}

#[tokio::test]
async fn userinfo_gives_the_claims_of_the_id_token_by_get_and_by_post() {
    let site = Site::start().await;
    let tokens = signed_in(&site).await;
    let token = tokens["access_token"].as_str().unwrap();
    site.calls.take();
    let answer = site.get_as("/oauth2/userinfo", token).await;
    assert_eq!(site.calls.take(), 1);
    let expected = json!({
        "sub": ProfileId::derive(site.connection, "00u1"),
        "email": "Ada@acme.com",
        "email_verified": true,
        "given_name": "Ada",
        "family_name": "Lovelace",
        "groups": ["Engines"],
        "org_id": site.organization,
        "connection_id": site.connection,
        "connection_type": "OktaSAML",
    });
    assert_eq!(answer.json(), expected);
    let by_form = site.post("/oauth2/userinfo", &[("access_token", token)]).await;
    assert_eq!(by_form.json(), expected);
    let by_header = site.post_as("/oauth2/userinfo", Some(&format!("Bearer {token}")), &[]).await;
    assert_eq!(by_header.json(), expected);
}

#[tokio::test]
async fn userinfo_challenges_whoever_has_no_living_openid_token() {
    let site = Site::start().await;
    let none = site.get("/oauth2/userinfo").await;
    assert_eq!(
        (none.status, none.header("www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Bearer realm=\"portico\"")
    );
    let rest =
        site.trade_with_secret("/sso/token", &site.code("/sso/authorize", &[]).await, &[]).await.json();
    let tokens = signed_in(&site).await;
    for token in ["at_x", rest["access_token"].as_str().unwrap()] {
        let answer = site.get_as("/oauth2/userinfo", token).await;
        assert_eq!(error(&answer), (401, "invalid_token".to_owned()));
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{answer:?}");
    }
    site.advance(Duration::hours(1));
    let late = site.get_as("/oauth2/userinfo", tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(error(&late), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn introspection_tells_a_living_token_from_a_dead_one_and_only_to_the_client() {
    let site = Site::start().await;
    let tokens = signed_in(&site).await;
    let long = "x".repeat(1000);
    let token = tokens["access_token"].as_str().unwrap();
    let client = [("client_id", "client_test"), ("client_secret", site.secret.reveal())];
    let ask = async |token| {
        site.post("/oauth2/introspect", &[client.as_slice(), &[("token", token)]].concat()).await
    };
    site.calls.take();
    let active = ask(token).await.json();
    assert_eq!(site.calls.take(), 1);
    let now = site.bench.clock.now().timestamp();
    assert_eq!((&active["active"], &active["exp"]), (&true.into(), &(now + 3600).into()));
    assert_eq!((&active["scope"], &active["client_id"]), (&"openid email".into(), &"client_test".into()));
    assert_eq!(active["sub"], ProfileId::derive(site.connection, "00u1").to_string());
    assert_eq!(ask("at_x").await.json(), json!({ "active": false }));
    assert_eq!(ask(&long).await.json(), json!({ "active": false }));

    let stranger = site.post("/oauth2/introspect", &[("client_id", "client_test"), ("token", token)]).await;
    assert_eq!(error(&stranger), (401, "invalid_client".to_owned()));
    site.deactivate();
    assert_eq!(ask(token).await.json(), json!({ "active": false }));
}

#[tokio::test]
async fn a_revoked_token_is_dead_and_revoking_nothing_is_fine() {
    let site = Site::start().await;
    let tokens = signed_in(&site).await;
    let token = tokens["access_token"].as_str().unwrap();
    let client = [("client_id", "client_test"), ("client_secret", site.secret.reveal())];
    let revoke =
        async |token| site.post("/oauth2/revoke", &[client.as_slice(), &[("token", token)]].concat()).await;
    let wrong = [("client_id", "client_test"), ("client_secret", "sk_wrong"), ("token", token)];
    assert_eq!(error(&site.post("/oauth2/revoke", &wrong).await), (401, "invalid_client".to_owned()));
    assert_eq!(site.get_as("/oauth2/userinfo", token).await.status, StatusCode::OK);
    for token in [token, token, "somebody else's"] {
        let answer = revoke(token).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    }
    assert_eq!(site.get_as("/oauth2/userinfo", token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_metadata_names_addresses_that_answer() {
    let site = Site::start().await;
    let answer = site.get("/.well-known/openid-configuration").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let metadata = answer.json();
    assert_eq!(metadata["issuer"], ISSUER);
    let endpoints = metadata
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut seen = 0;
    for (name, url) in endpoints {
        let path = url.as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let known = ROUTES.iter().any(|(_, route)| *route == path);
        assert!(known, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 6);
    insta::assert_json_snapshot!(metadata);
}

#[tokio::test]
async fn scripts_of_any_origin_may_read_keys_metadata_tokens_and_claims_and_nothing_else() {
    let site = Site::start().await;
    let jwks = format!("/sso/jwks/{}", "client_test");
    for path in [
        "/.well-known/openid-configuration",
        "/oauth2/jwks",
        "/oauth2/token",
        "/oauth2/userinfo",
        "/sso/token",
        &jwks,
    ] {
        let preflight = Request::options(path).header("origin", "https://spa.example.com");
        let answer = site.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-headers"), "authorization, content-type");
    }
    let refused = site.post(TOKEN, &[]).await;
    assert_eq!(refused.header("access-control-allow-origin"), "*", "an error can be read, too");
    assert_eq!(refused.header("access-control-allow-credentials"), "");
    for path in ["/sso/profile", "/sso/discover", "/login", "/sso/authorize"] {
        assert_eq!(site.get(path).await.header("access-control-allow-origin"), "", "{path}");
    }
}
