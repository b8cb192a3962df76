//! Answers that nobody asked for: they sign nobody in.

use portico_shared::domain::connection::{ConnectionState, SamlSettings};
use portico_shared::domain::organization::Policy;
use portico_shared::domain::redirect_uri::ClientKind;
use url::form_urlencoded;

use crate::support::{Answer, FORM, World, cookie};

const DEFAULT: &str = "https://app.example.com/callback";
const LOGIN: &str = "https://app.example.com/login?tenant=a";

fn allowed(saml: &mut SamlSettings) {
    saml.allow_idp_initiated = true;
}

async fn world() -> World {
    World::with(ConnectionState::Active, allowed, Policy::default()).await
}

/// An unsolicited answer of Ada's.
async fn post(world: &World, relay_state: &str, cookies: &[&str]) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLResponse", &world.idp.respond(&world.claims(None)))
        .append_pair("RelayState", relay_state)
        .finish();
    world.post_body(&world.connection.id.to_string(), FORM, &form, cookies).await
}

/// The cookie that an answer sets, as the browser sends it back.
fn kept(answer: &Answer) -> String {
    answer.cookies[0].split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_unsolicited_answer_is_refused_unless_the_connection_allows_it() {
    let world = World::start().await;
    world.register(DEFAULT, ClientKind::Confidential, Some(LOGIN)).await;
    let answer = post(&world, "", &[]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("Please start at the application"), "{}", answer.body);
    assert_eq!(world.last_reason().await.as_deref(), Some("idp_initiated_off"));
}

#[tokio::test]
async fn an_allowed_one_only_sends_the_browser_to_where_the_application_begins_a_sign_in() {
    let world = world().await;
    world.register(DEFAULT, ClientKind::Confidential, Some(LOGIN)).await;
    world.register("https://app.example.com/reports", ClientKind::Confidential, None).await;
    for (relay_state, target) in [
        ("redirect_uri=https%3A%2F%2Fapp.example.com%2Freports", Some("https://app.example.com/reports")),
        ("redirect_uri=https%3A%2F%2Fapp.example.com%2Freports%2F", None),
        ("redirect_uri=https%3A%2F%2Fevil.example.com%2F", None),
        ("https://app.example.com/reports", None),
        ("", None),
    ] {
        let answer = post(&world, relay_state, &[]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(answer.location.as_ref().unwrap().path(), "/login");
        assert_eq!(answer.parameter("tenant").as_deref(), Some("a"));
        assert_eq!(answer.parameter("iss").as_deref(), Some("http://127.0.0.1:4400"));
        assert_eq!(answer.parameter("login_hint").as_deref(), Some("ada@acme.com"));
        assert_eq!(answer.parameter("target_link_uri").as_deref(), target, "{relay_state}");
        assert_eq!(answer.parameter("code"), None);
    }
    assert!(world.log().await.is_empty() && world.events().await.is_empty());
}

#[tokio::test]
async fn without_a_login_address_a_page_names_account_and_organization_and_goes_on() {
    let world = world().await;
    world.register(DEFAULT, ClientKind::Confidential, None).await;
    let answer = post(&world, "", &[]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for part in ["ada@acme.com", "Acme", "app.example.com"] {
        assert!(answer.body.contains(part), "{part} is not in {}", answer.body);
    }
    // A button can't go round by itself: a second click on the provider's tile is as good as the first.
    assert_eq!(answer.cookies, Vec::<String>::new());
    let button = answer.button().unwrap();
    assert!(button.as_str().starts_with("http://127.0.0.1:4400/sso/authorize?"), "{button}");
    let pairs: Vec<_> = button.query_pairs().into_owned().collect();
    let connection = world.connection.id.to_string();
    for (name, value) in [
        ("client_id", "client_test"),
        ("response_type", "code"),
        ("connection", connection.as_str()),
        ("redirect_uri", DEFAULT),
    ] {
        assert!(pairs.contains(&(name.to_owned(), value.to_owned())), "{name} in {button}");
    }
}

#[tokio::test]
async fn an_application_that_cannot_be_started_from_here_is_named_as_the_reason() {
    let world = world().await;
    let nothing_registered = post(&world, "", &[]).await;
    world.register(DEFAULT, ClientKind::Public, None).await;
    let public = post(&world, "", &[]).await;
    for answer in [nothing_registered, public] {
        assert_eq!(answer.status, 403, "{answer:?}");
        assert_eq!(world.last_reason().await.as_deref(), Some("no_login_start"));
    }
}

#[tokio::test]
async fn an_identity_provider_that_ignores_requests_does_not_send_the_browser_round_for_ever() {
    let world = world().await;
    world.register(DEFAULT, ClientKind::Confidential, Some(LOGIN)).await;
    let first = post(&world, "", &[]).await;
    assert!(first.cookies[0].contains("; Max-Age=60;"), "{first:?}");
    let bounce = kept(&first);
    // Other sites of the same domain may have set cookies in any encoding.
    let again = post(&world, "", &["city=Z\u{fc}rich", &bounce]).await;
    assert_eq!(again.status, 403, "{again:?}");
    assert_eq!(world.last_reason().await.as_deref(), Some("requests_ignored"));

    // A sign-in that succeeds ends the watch.
    let begun = world.begin().await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    let success = world.post(&response, &[&cookie(&begun.browser), &bounce]).await;
    assert!(success.cookies[0].starts_with("portico_bounce=;"), "{success:?}");
    assert!(success.cookies[0].contains("Max-Age=0"), "{success:?}");
}

#[tokio::test]
async fn an_unsolicited_answer_has_to_be_as_good_as_any_other() {
    let world = world().await;
    world.register(DEFAULT, ClientKind::Confidential, Some(LOGIN)).await;
    let mut claims = world.claims(None);
    claims.audience = "https://other.example.com".to_owned();
    let answer = world.post(&world.idp.respond(&claims), &[]).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(world.last_reason().await.as_deref(), Some("audience_mismatch"));
}

#[tokio::test]
async fn a_connection_that_is_being_validated_begins_nothing_by_itself() {
    let world = World::with(ConnectionState::Validating, allowed, Policy::default()).await;
    world.register(DEFAULT, ClientKind::Confidential, Some(LOGIN)).await;
    assert_eq!(post(&world, "", &[]).await.status, 403);
    assert_eq!(world.last_reason().await.as_deref(), Some("connection_not_active"));
}
