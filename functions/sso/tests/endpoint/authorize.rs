//! `GET /sso/authorize`.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use http::{Request, StatusCode};
use portico_shared::domain::connection::{ConnectionState, SamlSettings};
use portico_shared::domain::ids::{ConnectionId, OrganizationId, SignInRequestId};
use portico_shared::domain::organization::{Features, Policy};
use portico_shared::domain::sign_in::SignInRequest;
use portico_shared::store::SignInHints;

use crate::support::{
    Answer, CALLBACK, CHALLENGE, PUBLIC_CALLBACK, Site, add_connection, add_organization, query,
};

const AUTHORIZE: &str = "/sso/authorize";

/// The AuthnRequest that an answer carries by redirect.
fn authn_request(answer: &Answer) -> String {
    let deflated = STANDARD.decode(answer.parameter("SAMLRequest").unwrap()).unwrap();
    let mut message = String::new();
    DeflateDecoder::new(deflated.as_slice()).read_to_string(&mut message).unwrap();
    message
}

/// The request that was kept before an answer.
async fn kept(site: &Site, connection: ConnectionId, answer: &Answer) -> SignInRequest {
    let id = SignInRequestId::parse(&answer.parameter("RelayState").unwrap()).unwrap();
    let context =
        site.app().store().sign_in_context(connection, SignInHints::plain(Some(&id))).await.unwrap();
    context.request.unwrap().value
}

/// The connection that an answer leads to.
fn led_to(answer: &Answer) -> String {
    let message = authn_request(answer);
    let (_, rest) = message.split_once("/sso/saml/acs/").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// What the application is told: the error, and the state beside it.
fn told(answer: &Answer) -> (String, String) {
    assert!(answer.header("location").starts_with(&format!("{CALLBACK}?")), "{answer:?}");
    (answer.parameter("error").unwrap(), answer.parameter("state").unwrap())
}

#[tokio::test]
async fn a_browser_is_sent_to_the_provider_and_bound_to_its_request_in_two_round_trips() {
    let site = Site::start().await;
    site.calls.take();
    let answer = site.authorize(AUTHORIZE, &[]).await;
    assert_eq!(site.calls.take(), 2);
    assert!(answer.header("location").starts_with("https://idp.example.com/sso?SAMLRequest="), "{answer:?}");
    assert!(answer.header("set-cookie").starts_with("portico_browser="), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let message = authn_request(&answer);
    let base = "http://127.0.0.1:4400/sso/saml";
    for part in [
        format!("ID=\"{}\"", answer.parameter("RelayState").unwrap()),
        "Destination=\"https://idp.example.com/sso\"".to_owned(),
        format!("AssertionConsumerServiceURL=\"{base}/acs/{}\"", site.connection),
        format!(">{base}/metadata/{}<", site.connection),
    ] {
        assert!(message.contains(&part), "{part} is not in {message}");
    }
    assert!(!message.contains("ForceAuthn=\"true\"") && !message.contains("IsPassive=\"true\""), "{message}");
}

#[tokio::test]
async fn what_the_application_asked_for_is_kept_for_the_answer() {
    let site = Site::start().await;
    let over = [
        ("nonce", "n"),
        ("max_age", "60"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("redirect_uri", ""),
    ];
    let answer = site.authorize(AUTHORIZE, &over).await;
    let request = kept(&site, site.connection, &answer).await;
    assert_eq!(request.redirect_uri, CALLBACK, "the default one");
    assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("the state"), Some("n")));
    assert_eq!((request.code_challenge.as_deref(), request.max_age), (Some(CHALLENGE), Some(60)));
    assert!(authn_request(&answer).contains("ForceAuthn=\"true\""));
}

#[tokio::test]
async fn a_browser_keeps_its_binding_across_tabs() {
    let site = Site::start().await;
    let first = site.authorize(AUTHORIZE, &[]).await;
    let cookie = first.header("set-cookie").split(';').next().unwrap().to_owned();
    let again = Request::get(format!(
        "{AUTHORIZE}?{}",
        query(&[
            ("client_id", "client_test"),
            ("response_type", "code"),
            ("connection", &site.connection.to_string())
        ])
    ));
    let again = site.send(again.header("cookie", &cookie).body(axum::body::Body::empty()).unwrap()).await;
    assert!(again.header("set-cookie").starts_with(&cookie), "{again:?}");
}

#[tokio::test]
async fn prompt_becomes_what_the_provider_understands() {
    let site = Site::start().await;
    let message = |prompt| {
        let site = &site;
        async move { authn_request(&site.authorize(AUTHORIZE, &[("prompt", prompt)]).await) }
    };
    assert!(message("login").await.contains("ForceAuthn=\"true\""));
    let passive = message("none").await;
    assert!(passive.contains("IsPassive=\"true\"") && !passive.contains("ForceAuthn=\"true\""), "{passive}");
}

#[tokio::test]
async fn nothing_may_be_shown_is_kept_and_never_contradicted_by_force_authn() {
    let site = Site::start().await;
    let force = |saml: &mut SamlSettings| saml.force_authn = true;
    let strict = add_connection(site.app(), site.organization, ConnectionState::Active, force).await;
    for (connection, max_age, forced) in [(site.connection, "60", false), (strict, "", true)] {
        let id = connection.to_string();
        let over = [("prompt", "none"), ("connection", id.as_str()), ("max_age", max_age)];
        let answer = site.authorize(AUTHORIZE, &over).await;
        let message = authn_request(&answer);
        assert!(
            message.contains("IsPassive=\"true\"") && !message.contains("ForceAuthn=\"true\""),
            "{message}"
        );
        let request = kept(&site, connection, &answer).await;
        assert_eq!((request.is_passive, request.force_authn), (true, forced));
    }
    let login = site.authorize(AUTHORIZE, &[("prompt", "login")]).await;
    let request = kept(&site, site.connection, &login).await;
    assert_eq!((request.is_passive, request.force_authn), (false, true));
}

#[tokio::test]
async fn an_organization_or_an_address_leads_to_its_oldest_active_connection_in_at_most_three_round_trips() {
    let site = Site::start().await;
    site.advance(chrono::Duration::seconds(1));
    add_connection(site.app(), site.organization, ConnectionState::Active, |_| {}).await;
    let of_organization = site.organization.to_string();
    for (selector, trips) in [
        ([("connection", ""), ("organization", of_organization.as_str())], 2),
        ([("connection", ""), ("login_hint", "Bob@Acme.com")], 3),
        ([("connection", ""), ("domain_hint", "acme.com")], 3),
    ] {
        site.calls.take();
        let answer = site.authorize(AUTHORIZE, &selector).await;
        assert_eq!(site.calls.take(), trips, "{selector:?}");
        assert_eq!(led_to(&answer), site.connection.to_string(), "{selector:?}");
    }
}

#[tokio::test]
async fn an_older_connection_that_does_not_serve_is_passed_over_for_one_more_round_trip() {
    let site = Site::start().await;
    let organization = add_organization(site.app(), "many.example.com", Policy::default()).await;
    for state in [ConnectionState::Draft, ConnectionState::Inactive, ConnectionState::Validating] {
        add_connection(site.app(), organization, state, |_| {}).await;
        site.advance(chrono::Duration::seconds(1));
    }
    let none = site.authorize(AUTHORIZE, &[("connection", ""), ("login_hint", "a@many.example.com")]).await;
    assert_eq!(told(&none).0, "access_denied");
    let serving = add_connection(site.app(), organization, ConnectionState::Active, |_| {}).await;
    site.calls.take();
    let answer = site.authorize(AUTHORIZE, &[("connection", ""), ("login_hint", "a@many.example.com")]).await;
    assert_eq!(site.calls.take(), 4);
    assert_eq!(led_to(&answer), serving.to_string());
}

#[tokio::test]
async fn twenty_connections_cost_an_anonymous_request_two_items_at_the_most_and_no_transaction() {
    let site = Site::start().await;
    let organization = add_organization(site.app(), "twenty.example.com", Policy::default()).await;
    for _ in 0..19 {
        add_connection(site.app(), organization, ConnectionState::Validating, |_| {}).await;
        site.advance(chrono::Duration::seconds(1));
    }
    add_connection(site.app(), organization, ConnectionState::Active, |_| {}).await;
    site.calls.take_operations();
    let selector = [("connection", ""), ("login_hint", "a@twenty.example.com")];
    let answer = site.authorize(AUTHORIZE, &selector).await;
    assert!(answer.parameter("SAMLRequest").is_some(), "{answer:?}");
    let operations = site.calls.take_operations();
    assert_eq!(operations.iter().filter(|name| *name == "PutItem").count(), 2, "{operations:?}");
    // A transaction locks what it checks: two people of one company would hinder each other.
    assert!(!operations.iter().any(|name| name == "TransactWriteItems"), "{operations:?}");
}

#[tokio::test]
async fn a_provider_that_wants_signed_requests_gets_them_by_every_selector() {
    let site = Site::start().await;
    let organization = add_organization(site.app(), "signed.example.com", Policy::default()).await;
    let sign = |saml: &mut SamlSettings| saml.sign_requests = true;
    let connection = add_connection(site.app(), organization, ConnectionState::Active, sign).await;
    for selector in [
        [("connection", connection.to_string()), ("login_hint", String::new())],
        [("connection", String::new()), ("organization", organization.to_string())],
        [("connection", String::new()), ("login_hint", "a@signed.example.com".to_owned())],
    ] {
        let selector = selector.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = site.authorize(AUTHORIZE, &selector).await;
        assert_eq!(led_to(&answer), connection.to_string());
        let algorithm = answer.parameter("SigAlg").unwrap();
        assert_eq!(algorithm, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
        assert!(answer.parameter("Signature").is_some());
    }
}

#[tokio::test]
async fn a_provider_that_takes_only_posts_gets_a_form_that_posts_itself() {
    let site = Site::start().await;
    let post = |saml: &mut SamlSettings| {
        saml.idp_sso_post_url = saml.idp_sso_redirect_url.take();
        saml.sign_requests = true;
    };
    let connection = add_connection(site.app(), site.organization, ConnectionState::Active, post).await;
    let answer = site.authorize(AUTHORIZE, &[("connection", &connection.to_string())]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("action=\"https://idp.example.com/sso\""), "{}", answer.body);
    let (_, rest) = answer.body.split_once("name=\"SAMLRequest\" value=\"").unwrap();
    let message =
        STANDARD.decode(rest.split('"').next().unwrap().replace("&#43;", "+").replace("&#61;", "=")).unwrap();
    assert!(String::from_utf8(message).unwrap().contains("SignatureValue"));
    assert!(answer.header("set-cookie").starts_with("portico_browser="));
}

#[tokio::test]
async fn before_the_redirect_uri_is_proved_a_page_tells_the_person_and_nobody_is_redirected() {
    let site = Site::start().await;
    for (over, says) in [
        ([("redirect_uri", "https://app.example.com/callbacK")], "not registered"),
        ([("redirect_uri", "https://app.example.com/callback/")], "not registered"),
        ([("client_id", "client_other")], "client_id"),
        ([("client_id", "")], "client_id"),
    ] {
        let answer = site.authorize(AUTHORIZE, &over).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{over:?}");
        assert!(answer.body.contains(says), "{over:?}: {}", answer.body);
        assert_eq!((answer.header("location"), answer.header("set-cookie")), ("", ""));
    }
    let twice = site.get("/sso/authorize?client_id=client_test&state=a&state=b").await;
    assert!(twice.body.contains("more than once"), "{}", twice.body);
}

#[tokio::test]
async fn after_it_is_proved_the_application_is_told_with_its_state() {
    let site = Site::start().await;
    let unknown = ConnectionId::from_bytes([9; 16]).to_string();
    let nobody = OrganizationId::from_bytes([9; 16]).to_string();
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("connection", &unknown)], "invalid_request"),
        (&[("connection", "acme")], "invalid_request"),
        (&[("connection", "")], "invalid_request"),
        (&[("connection", ""), ("organization", &nobody)], "invalid_request"),
        (&[("connection", ""), ("login_hint", "ada@unknown.example.com")], "access_denied"),
        (&[("connection", ""), ("provider", "GoogleOAuth")], "invalid_request"),
        (&[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
    ];
    for (over, error) in cases {
        let answer = site.authorize(AUTHORIZE, over).await;
        assert_eq!(told(&answer), ((*error).to_owned(), "the state".to_owned()), "{over:?}");
        assert_eq!(answer.parameter("iss"), None, "the REST surface has no issuer");
    }
}

#[tokio::test]
async fn a_connection_that_does_not_serve_is_refused_with_its_own_reason() {
    let site = Site::start().await;
    for (state, says) in [
        (ConnectionState::Draft, "draft"),
        (ConnectionState::Validating, "not active yet"),
        (ConnectionState::Inactive, "switched off"),
    ] {
        let connection = add_connection(site.app(), site.organization, state, |_| {}).await.to_string();
        let answer = site.authorize(AUTHORIZE, &[("connection", &connection)]).await;
        assert_eq!(told(&answer).0, "access_denied");
        let description = answer.parameter("error_description").unwrap();
        assert!(description.contains(says), "{description}");
    }
}

#[tokio::test]
async fn an_organization_whose_plan_has_no_single_sign_on_is_refused() {
    let site = Site::start().await;
    let features = Features { sso: false, ..Features::default() };
    let policy = Policy { features, ..Policy::default() };
    let organization = add_organization(site.app(), "free.example.com", policy).await;
    add_connection(site.app(), organization, ConnectionState::Active, |_| {}).await;
    let answer = site.authorize(AUTHORIZE, &[("connection", ""), ("login_hint", "a@free.example.com")]).await;
    assert_eq!(told(&answer).0, "access_denied");
    assert!(answer.parameter("error_description").unwrap().contains("plan"));
}

#[tokio::test]
async fn a_public_application_must_bring_pkce() {
    let site = Site::start().await;
    let without = site.authorize(AUTHORIZE, &[("redirect_uri", PUBLIC_CALLBACK)]).await;
    assert!(without.header("location").starts_with(PUBLIC_CALLBACK), "{without:?}");
    assert_eq!(without.parameter("error").unwrap(), "invalid_request");
    let pkce =
        [("redirect_uri", PUBLIC_CALLBACK), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    assert!(site.authorize(AUTHORIZE, &pkce).await.parameter("SAMLRequest").is_some());
}

#[tokio::test]
async fn a_throttled_table_is_a_503_page_before_and_a_temporary_error_after_the_redirect_uri_is_proved() {
    let site = Site::start().await;
    site.calls.throttle(Some("BatchGetItem"));
    let before = site.authorize(AUTHORIZE, &[]).await;
    assert_eq!((before.status, before.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    assert!(before.header("content-type").starts_with("text/html"));
    site.calls.throttle(Some("PutItem"));
    let after = site.authorize(AUTHORIZE, &[]).await;
    assert_eq!(told(&after), ("temporarily_unavailable".to_owned(), "the state".to_owned()));
    site.calls.throttle(None);
    assert!(site.authorize(AUTHORIZE, &[]).await.parameter("SAMLRequest").is_some());
}
