//! A trade whose answer was lost can be had once more, by the same application, within a minute.

use chrono::Duration;
use http::StatusCode;
use portico_shared::domain::token::PlainToken;

use crate::support::{Answer, CALLBACK, CHALLENGE, PUBLIC_CALLBACK, Site, VERIFIER, form};

/// Where a sign-in begins, where its code is traded, where its token is used.
const SURFACES: [[&str; 3]; 2] = [
    ["/sso/authorize", "/sso/token", "/sso/profile"],
    ["/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo"],
];

/// Trades a code, and the process dies before the answer is out. Longer ago than any answer takes.
async fn lose(site: &Site, path: &str, code: &PlainToken) {
    let parameters = [
        ("grant_type", "authorization_code"),
        ("client_id", "client_test"),
        ("client_secret", site.secret.reveal()),
        ("code", code.reveal()),
        ("redirect_uri", CALLBACK),
    ];
    assert_eq!(site.send_and_lose(form(path, None, &parameters)).await, StatusCode::OK);
    site.advance(Duration::seconds(3));
}

fn token(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn is_used_up(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
    assert!(answer.body.contains("used already"), "{answer:?}");
}

#[tokio::test]
async fn a_lost_trade_is_had_once_more_at_either_surface_and_then_never_again() {
    let site = Site::start().await;
    for [authorize, path, used_at] in SURFACES {
        let code = site.code(authorize, &[]).await;
        lose(&site, path, &code).await;
        let second = token(&site.trade_with_secret(path, &code, &[]).await);
        assert_eq!(site.get_as(used_at, &second).await.status, StatusCode::OK);
        is_used_up(&site.trade_with_secret(path, &code, &[]).await);
        assert_eq!(site.get_as(used_at, &second).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_second_trade_that_is_lost_too_is_the_last_one() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    lose(&site, "/sso/token", &code).await;
    lose(&site, "/sso/token", &code).await;
    is_used_up(&site.trade_with_secret("/sso/token", &code, &[]).await);
}

#[tokio::test]
async fn a_lost_trade_gives_the_same_token_again() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    lose(&site, "/sso/token", &code).await;
    assert_eq!(tokens(&site).len(), 1);
    let lost = tokens(&site);
    let again = token(&site.trade_with_secret("/sso/token", &code, &[]).await);
    assert_eq!(tokens(&site), lost);
    assert_eq!(site.get_as("/sso/profile", &again).await.status, StatusCode::OK);
}

/// The keys of the tokens in the table.
fn tokens(site: &Site) -> Vec<String> {
    let scan = serde_json::json!({ "TableName": "portico" });
    let all = site.bench.database.scan(serde_json::from_value(scan).unwrap()).unwrap();
    let all = serde_json::to_value(all).unwrap();
    let keys =
        all["Items"].as_array().unwrap().iter().map(|item| item["pk"]["S"].as_str().unwrap().to_owned());
    keys.filter(|key| key.starts_with("tok#")).collect()
}

#[tokio::test]
async fn a_lost_trade_is_had_again_only_by_whoever_could_have_had_it_at_first() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    lose(&site, "/sso/token", &code).await;
    let wrong = PlainToken::api_key(site.app().rng());
    for stranger in [
        site.trade("/sso/token", &code, &[("client_secret", wrong.reveal())]).await,
        site.trade("/sso/token", &code, &[]).await,
        site.trade_with_secret("/sso/token", &code, &[("redirect_uri", PUBLIC_CALLBACK)]).await,
        site.trade_with_secret("/oauth2/token", &code, &[]).await,
    ] {
        assert_ne!(stranger.status, StatusCode::OK, "{stranger:?}");
    }
    token(&site.trade_with_secret("/sso/token", &code, &[]).await);
}

#[tokio::test]
async fn a_lost_trade_of_a_public_application_is_had_again_only_with_the_verifier() {
    let site = Site::start().await;
    let public = [("redirect_uri", PUBLIC_CALLBACK)];
    let challenge = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = site.code("/sso/authorize", &[public.as_slice(), &challenge].concat()).await;
    let verifier = [public[0], ("code_verifier", VERIFIER)];
    let usual = [("grant_type", "authorization_code"), ("client_id", "client_test"), ("code", code.reveal())];
    let request = form("/sso/token", None, &[usual.as_slice(), &verifier].concat());
    assert_eq!(site.send_and_lose(request).await, StatusCode::OK);
    site.advance(Duration::seconds(3));
    let other = [public[0], ("code_verifier", &VERIFIER.replace('d', "e"))];
    assert_eq!(site.trade("/sso/token", &code, &other).await.status, StatusCode::BAD_REQUEST);
    token(&site.trade("/sso/token", &code, &verifier).await);
}

#[tokio::test]
async fn after_a_minute_a_lost_trade_is_lost_and_its_token_ends() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    lose(&site, "/sso/token", &code).await;
    site.advance(Duration::seconds(57));
    is_used_up(&site.trade_with_secret("/sso/token", &code, &[]).await);
    assert_eq!(tokens(&site), Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_trade_gives_nothing_to_a_person_who_was_deactivated_since() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    lose(&site, "/sso/token", &code).await;
    site.deactivate();
    let answer = site.trade_with_secret("/sso/token", &code, &[]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.body.contains("deactivated"), "{answer:?}");
}

#[tokio::test]
async fn a_code_whose_trade_was_lost_at_its_very_end_can_still_be_traded_again() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    site.advance(Duration::seconds(10 * 60 - 1));
    lose(&site, "/sso/token", &code).await;
    token(&site.trade_with_secret("/sso/token", &code, &[]).await);
}

#[tokio::test]
async fn the_mark_is_written_after_the_answer_and_by_one_write() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    site.calls.take_operations();
    lose(&site, "/sso/token", &code).await;
    assert!(!site.calls.take_operations().contains(&"PutItem".to_owned()), "before the answer is out");
    let code = site.code("/sso/authorize", &[]).await;
    site.calls.take_operations();
    token(&site.trade_with_secret("/sso/token", &code, &[]).await);
    let operations = site.calls.take_operations();
    assert_eq!(operations.iter().filter(|operation| *operation == "PutItem").count(), 1, "{operations:?}");
    assert_eq!(operations.last().map(String::as_str), Some("PutItem"));
}

/// Two at the same time, of which neither may live: the second waits for the first one's answer.
#[tokio::test]
async fn of_many_trades_at_the_same_time_one_is_answered() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    let trade = || site.trade_with_secret("/sso/token", &code, &[]);
    let (a, b, c, d, e, f) = tokio::join!(trade(), trade(), trade(), trade(), trade(), trade());
    let answered = [a, b, c, d, e, f].iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(answered, 1);
    assert_eq!(tokens(&site), Vec::<String>::new());
}
