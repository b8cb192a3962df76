//! `GET /login`.

use http::StatusCode;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::organization::{Features, Policy};
use portico_shared::domain::redirect_uri::RedirectUri;

use crate::support::{
    CALLBACK, PUBLIC_CALLBACK, Site, add_connection, add_organization, add_redirect_uri_with, query,
};

#[tokio::test]
async fn the_page_asks_for_a_work_address_and_needs_no_script() {
    let site = Site::start().await;
    let answer = site.get("/login").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("<label for=\"email\">Work e-mail address</label>"), "{}", answer.body);
    assert!(!answer.body.contains("<script"));
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
}

#[tokio::test]
async fn an_address_of_a_verified_domain_goes_on_to_its_provider_in_three_round_trips() {
    let site = Site::start().await;
    site.calls.take();
    let answer = site.get("/login?email=ada@acme.com").await;
    assert_eq!(site.calls.take(), 3);
    assert!(answer.header("location").starts_with("https://idp.example.com/sso?SAMLRequest="), "{answer:?}");
    assert!(answer.header("set-cookie").starts_with("portico_browser="));
}

#[tokio::test]
async fn an_address_without_single_sign_on_is_told_kindly_and_alike_whatever_the_reason() {
    let site = Site::start().await;
    let free = Policy { features: Features { sso: false, ..Features::default() }, ..Policy::default() };
    let no_plan = add_organization(site.app(), "free.example.com", free).await;
    add_connection(site.app(), no_plan, ConnectionState::Active, |_| {}).await;
    add_organization(site.app(), "empty.example.com", Policy::default()).await;
    for domain in ["unknown.example.com", "free.example.com", "empty.example.com"] {
        let email = format!("\"><b>x</b>@{domain}");
        let refused = site.get(&format!("/login?{}", query(&[("email", &email)]))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "not an address");
        assert!(!refused.body.contains("<b>x</b>"), "{}", refused.body);
        let answer = site.get(&format!("/login?email=a@{domain}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{domain}");
        assert!(answer.body.contains("couldn’t find single sign-on for that address"), "{}", answer.body);
        assert!(answer.body.contains(&format!("value=\"a@{domain}\"")), "{}", answer.body);
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn the_applications_redirect_uri_and_state_pass_through_if_it_is_registered() {
    let site = Site::start().await;
    let own = query(&[("redirect_uri", CALLBACK), ("state", "s&1")]);
    let page = site.get(&format!("/login?{own}")).await;
    assert!(page.body.contains("name=\"state\" value=\"s&#38;1\""), "{}", page.body);
    let sent = site.get(&format!("/login?{own}&email=ada@acme.com")).await;
    assert!(sent.parameter("SAMLRequest").is_some());
    let other = query(&[("redirect_uri", "https://app.example.com/callbacK")]);
    for address in [format!("/login?{other}"), format!("/login?{other}&email=ada@acme.com")] {
        let answer = site.get(&address).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("not registered"), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_application_that_says_where_its_sign_ins_begin_is_asked_to_begin_them() {
    let site = Site::start().await;
    let begins = |uri: &mut RedirectUri| {
        uri.default = true;
        uri.initiate_login_uri = Some("https://app.example.com/begin?x=1".to_owned());
    };
    add_redirect_uri_with(site.app(), "https://app.example.com/main", begins).await;
    let own = query(&[("redirect_uri", CALLBACK), ("email", "Ada@acme.com")]);
    for (address, target) in [("email=Ada@acme.com", None), (own.as_str(), Some(CALLBACK))] {
        site.calls.take();
        let answer = site.get(&format!("/login?{address}")).await;
        assert!(site.calls.take() <= 3);
        assert!(answer.header("location").starts_with("https://app.example.com/begin?x=1&"), "{answer:?}");
        assert_eq!(answer.parameter("iss").as_deref(), Some("http://127.0.0.1:4400"));
        assert_eq!(answer.parameter("login_hint").as_deref(), Some("Ada@acme.com"));
        assert_eq!(answer.parameter("target_link_uri").as_deref(), target);
        assert_eq!(answer.header("set-cookie"), "", "no sign-in has begun");
    }
    assert_eq!(site.get("/login?email=ada@unknown.example.com").await.status, StatusCode::NOT_FOUND);
    let draft = add_organization(site.app(), "draft.example.com", Policy::default()).await;
    add_connection(site.app(), draft, ConnectionState::Validating, |_| {}).await;
    assert_eq!(site.get("/login?email=ada@draft.example.com").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_public_applications_people_are_told_kindly_to_start_there() {
    let site = Site::start().await;
    let own = query(&[("redirect_uri", PUBLIC_CALLBACK), ("email", "ada@acme.com")]);
    let answer = site.get(&format!("/login?{own}")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::BAD_REQUEST, ""));
    assert!(answer.body.contains("Start at the application"), "{}", answer.body);
    assert!(!answer.body.contains("PKCE"), "{}", answer.body);
}

#[tokio::test]
async fn a_throttled_table_is_a_503_page() {
    let site = Site::start().await;
    site.calls.throttle(Some("GetItem"));
    let answer = site.get("/login?email=ada@acme.com").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    assert!(answer.header("content-type").starts_with("text/html"));
}
