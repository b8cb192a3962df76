//! `POST /sso/token` and `GET /sso/profile`.

use axum::body::Body;
use chrono::Duration;
use http::{Request, StatusCode};
use portico_shared::domain::ids::{PersonId, ProfileId};
use portico_shared::domain::token::{Bearer, PlainToken, TokenSalt};
use serde_json::json;

use crate::support::{Answer, CALLBACK, CHALLENGE, PUBLIC_CALLBACK, Site, VERIFIER, query};

const AUTHORIZE: &str = "/sso/authorize";
const TOKEN: &str = "/sso/token";
const PKCE: [(&str, &str); 2] = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];

fn refusal(answer: &Answer) -> (StatusCode, String) {
    let body = answer.json();
    assert!(!body["error_description"].as_str().unwrap().is_empty(), "{answer:?}");
    (answer.status, body["error"].as_str().unwrap().to_owned())
}

fn refused(error: &str) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, error.to_owned())
}

fn access_token(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_gives_a_token_and_the_contracts_profile_and_the_token_the_profile_again() {
    let site = Site::start().await;
    // The key's first use is read from the table; then it is known for a minute.
    site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await;
    let code = site.code(AUTHORIZE, &[]).await;
    site.calls.take();
    let answer = site.trade_with_secret(TOKEN, &code, &[]).await;
    assert_eq!(site.calls.take(), 2 + 1, "two before the answer, one after it");
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &300.into()));
    let expected = json!({
        "object": "profile",
        "id": ProfileId::derive(site.connection, "00u1"),
        "organization_id": site.organization,
        "connection_id": site.connection,
        "connection_type": "OktaSAML",
        "idp_id": "00u1",
        "email": "Ada@acme.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "name": null,
        "role": { "slug": "member" },
        "roles": [{ "slug": "member" }],
        "groups": ["Engines"],
        "custom_attributes": {},
        "raw_attributes": { "mail": "Ada@acme.com" },
    });
    assert_eq!(body["profile"], expected);
    let again = site.get_as("/sso/profile", body["access_token"].as_str().unwrap()).await;
    assert_eq!(site.calls.take(), 1);
    assert_eq!(again.json(), body["profile"]);
}

#[tokio::test]
async fn parameters_come_by_form_json_or_query_and_the_secret_also_as_a_bearer_token() {
    let site = Site::start().await;
    let parameters = async |with_secret| {
        let code = site.code(AUTHORIZE, &[]).await;
        let mut all = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", "client_test".to_owned()),
            ("code", code.reveal().to_owned()),
        ];
        if with_secret {
            all.push(("client_secret", site.secret.reveal().to_owned()));
        }
        all
    };
    let encoded = |all: &[(&str, String)]| {
        query(&all.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
    };
    let bearer = format!("Bearer {}", site.secret.reveal());

    let object: serde_json::Map<String, serde_json::Value> =
        parameters(true).await.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let body = Body::from(serde_json::to_vec(&object).unwrap());
    let by_json = Request::post(TOKEN).header("content-type", "application/json").body(body).unwrap();
    access_token(&site.send(by_json).await);

    let by_query = format!("{TOKEN}?{}", encoded(&parameters(true).await));
    access_token(&site.send(Request::post(by_query).body(Body::empty()).unwrap()).await);

    let form = "application/x-www-form-urlencoded";
    let body = Body::from(encoded(&parameters(false).await));
    let by_bearer = Request::post(TOKEN).header("content-type", form).header("authorization", &bearer);
    access_token(&site.send(by_bearer.body(body).unwrap()).await);

    // The SDKs send the key in both places.
    let body = Body::from(encoded(&parameters(true).await));
    let by_both = Request::post(TOKEN).header("content-type", form).header("authorization", &bearer);
    access_token(&site.send(by_both.body(body).unwrap()).await);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_does_not_use_up_the_code() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    let wrong = PlainToken::api_key(site.app().rng());
    let answer = site.trade(TOKEN, &code, &[("client_secret", wrong.reveal())]).await;
    assert_eq!(refusal(&answer), refused("invalid_client"));
    assert_eq!(refusal(&site.trade(TOKEN, &code, &[]).await), refused("invalid_client"), "no secret at all");
    let parameters = [("grant_type", "authorization_code"), ("code", code.reveal())];
    let other = [("client_id", "client_other"), ("client_secret", site.secret.reveal())];
    let answer = site.post(TOKEN, &[parameters, other].concat()).await;
    assert_eq!(refusal(&answer), refused("invalid_client"));
    access_token(&site.trade_with_secret(TOKEN, &code, &[]).await);
}

#[tokio::test]
async fn a_code_is_traded_once_and_a_second_trade_ends_the_token_of_the_first() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    let token = access_token(&site.trade_with_secret(TOKEN, &code, &[]).await);
    let again = site.trade_with_secret(TOKEN, &code, &[]).await;
    assert_eq!(refusal(&again), refused("invalid_grant"));
    assert!(again.body.contains("used already"), "{again:?}");
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn of_two_trades_at_the_same_time_at_most_one_succeeds_and_its_token_does_not_live() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    let (one, two) =
        tokio::join!(site.trade_with_secret(TOKEN, &code, &[]), site.trade_with_secret(TOKEN, &code, &[]));
    let won: Vec<&Answer> =
        [&one, &two].into_iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(won.len(), 1, "{one:?} {two:?}");
    let profile = site.get_as("/sso/profile", &access_token(won[0])).await;
    assert_eq!(profile.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_expired_code_and_an_unknown_one_are_refused_each_with_its_sentence() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    site.advance(Duration::minutes(10));
    let expired = site.trade_with_secret(TOKEN, &code, &[]).await;
    assert_eq!(refusal(&expired), refused("invalid_grant"));
    assert!(expired.body.contains("expired"), "{expired:?}");
    for foreign in [PlainToken::random(site.app().rng()), PlainToken::presented("'; --").unwrap()] {
        let unknown = site.trade_with_secret(TOKEN, &foreign, &[]).await;
        assert_eq!(refusal(&unknown), refused("invalid_grant"));
        assert!(unknown.body.contains("unknown"), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_code_of_the_other_surface_is_refused_and_stays_good_at_its_own() {
    let site = Site::start().await;
    let code = site.code("/oauth2/authorize", &[]).await;
    let answer = site.trade_with_secret(TOKEN, &code, &[]).await;
    assert_eq!(refusal(&answer), refused("invalid_grant"));
    assert!(answer.body.contains("/oauth2/token"), "{answer:?}");
    assert_eq!(site.trade_with_secret("/oauth2/token", &code, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_redirect_uri_that_is_off_by_one_character_is_refused_and_the_right_one_taken() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    let off = format!("{CALLBACK}/");
    let answer = site.trade_with_secret(TOKEN, &code, &[("redirect_uri", &off)]).await;
    assert_eq!(refusal(&answer), refused("invalid_grant"));
    access_token(&site.trade_with_secret(TOKEN, &code, &[("redirect_uri", CALLBACK)]).await);
}

#[tokio::test]
async fn a_public_applications_code_needs_its_verifier_and_no_secret() {
    let site = Site::start().await;
    let over = [PKCE.as_slice(), &[("redirect_uri", PUBLIC_CALLBACK)]].concat();
    let code = site.code(AUTHORIZE, &over).await;
    assert_eq!(
        refusal(&site.trade(TOKEN, &code, &[("redirect_uri", PUBLIC_CALLBACK)]).await),
        refused("invalid_grant")
    );
    let wrong = VERIFIER.replace('d', "e");
    let answer = site.trade(TOKEN, &code, &[("redirect_uri", ""), ("code_verifier", &wrong)]).await;
    assert_eq!(refusal(&answer), refused("invalid_grant"));
    let token =
        access_token(&site.trade(TOKEN, &code, &[("redirect_uri", ""), ("code_verifier", VERIFIER)]).await);
    // A thief of the code has no verifier, and can't end the session either.
    let thief = site.trade(TOKEN, &code, &[("redirect_uri", ""), ("code_verifier", &wrong)]).await;
    assert_eq!(refusal(&thief), refused("invalid_grant"));
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_confidential_application_shows_its_secret_whoever_has_the_verifier() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &PKCE).await;
    let verifier = [("code_verifier", VERIFIER)];
    assert_eq!(refusal(&site.trade(TOKEN, &code, &verifier).await), refused("invalid_client"));
    assert_eq!(refusal(&site.trade_with_secret(TOKEN, &code, &[]).await), refused("invalid_grant"));
    access_token(&site.trade_with_secret(TOKEN, &code, &verifier).await);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    let answer = site.trade_with_secret(TOKEN, &code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(refusal(&answer), refused("invalid_grant"));
}

#[tokio::test]
async fn other_grants_and_unreadable_requests_are_refused_in_oauths_form() {
    let site = Site::start().await;
    let client = [("client_id", "client_test"), ("client_secret", site.secret.reveal())];
    let other = site.post(TOKEN, &[client.as_slice(), &[("grant_type", "refresh_token")]].concat()).await;
    assert_eq!(refusal(&other), refused("unsupported_grant_type"));
    let no_code =
        site.post(TOKEN, &[client.as_slice(), &[("grant_type", "authorization_code")]].concat()).await;
    assert_eq!(refusal(&no_code), refused("invalid_request"));
    assert_eq!(refusal(&site.post(TOKEN, &[]).await), refused("invalid_request"));
    for (content_type, body) in [
        ("application/json", "[1]".to_owned()),
        ("application/json", "{".to_owned()),
        ("text/xml", "<a/>".to_owned()),
        ("application/x-www-form-urlencoded", "code=a&code=b".to_owned()),
    ] {
        let request =
            Request::post(TOKEN).header("content-type", content_type).body(Body::from(body)).unwrap();
        assert_eq!(refusal(&site.send(request).await), refused("invalid_request"), "{content_type}");
    }
    let large = Request::post(TOKEN).body(Body::from("a".repeat(1024 * 1024 + 1))).unwrap();
    let large = site.send(large).await;
    assert_eq!(refusal(&large), (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request".to_owned()));
}

#[tokio::test]
async fn a_throttled_table_is_a_503_in_oauths_form_and_the_code_stays_good() {
    let site = Site::start().await;
    let code = site.code(AUTHORIZE, &[]).await;
    for operation in ["GetItem", "TransactWriteItems"] {
        site.calls.throttle(Some(operation));
        let answer = site.trade_with_secret(TOKEN, &code, &[]).await;
        let expected = (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable".to_owned());
        assert_eq!(refusal(&answer), expected, "{operation}");
        assert_eq!(answer.header("retry-after"), "2");
    }
    site.calls.throttle(None);
    access_token(&site.trade_with_secret(TOKEN, &code, &[]).await);
}

#[tokio::test]
async fn a_deactivated_person_gets_no_token_and_the_one_they_have_is_dead() {
    let site = Site::start().await;
    let token = access_token(&site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await);
    let code = site.code(AUTHORIZE, &[]).await;
    site.deactivate();
    let answer = site.trade_with_secret(TOKEN, &code, &[]).await;
    assert_eq!(refusal(&answer), refused("invalid_grant"));
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_does_not_outlive_a_revocation_by_being_asked_for_after_it() {
    let site = Site::start().await;
    let before = site.code(AUTHORIZE, &[]).await;
    let token = access_token(&site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await);
    site.advance(Duration::milliseconds(500));
    site.revoke_what_came_before();
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::UNAUTHORIZED);
    site.advance(Duration::minutes(1));
    assert_eq!(refusal(&site.trade_with_secret(TOKEN, &before, &[]).await), refused("invalid_grant"));
    let after = access_token(&site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await);
    assert_eq!(site.get_as("/sso/profile", &after).await.status, StatusCode::OK);
}

#[tokio::test]
async fn with_a_connection_go_its_codes_and_tokens() {
    let site = Site::start().await;
    let token = access_token(&site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await);
    let code = site.code(AUTHORIZE, &[]).await;
    site.delete_connection().await;
    assert_eq!(refusal(&site.trade_with_secret(TOKEN, &code, &[]).await), refused("invalid_grant"));
    site.calls.take();
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.calls.take(), 1);
    let client = [("client_id", "client_test"), ("client_secret", site.secret.reveal()), ("token", &token)];
    assert_eq!(site.post("/oauth2/introspect", &client).await.json(), json!({ "active": false }));
}

#[tokio::test]
async fn a_profile_needs_a_token_that_lives() {
    let site = Site::start().await;
    let token = access_token(&site.trade_with_secret(TOKEN, &site.code(AUTHORIZE, &[]).await, &[]).await);
    let bearer = Bearer { person: PersonId::from_bytes([7; 16]), connection: site.connection };
    let rng = site.app().rng();
    let forged = PlainToken::access(bearer, &PlainToken::random(rng), &TokenSalt::random(rng));
    for bearer in [forged.reveal(), site.secret.reveal(), "at_x"] {
        let answer = site.get_as("/sso/profile", bearer).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (StatusCode::UNAUTHORIZED, &"unauthorized".into())
        );
    }
    assert_eq!(site.get("/sso/profile").await.status, StatusCode::UNAUTHORIZED);
    site.advance(Duration::seconds(299));
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::OK);
    site.advance(Duration::seconds(1));
    assert_eq!(site.get_as("/sso/profile", &token).await.status, StatusCode::UNAUTHORIZED);
}
