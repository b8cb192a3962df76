//! What people, applications and attackers send by mistake or on purpose: each gets a clear answer in its own format,
//! nothing fails inside, and nothing is half done.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portico_tests::{
    Answer, Customer, Deployment, Form, Hash, Page, Person, REDIRECT_URI, SamlIdp, Sign, User, authorize,
};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

async fn acme() -> (Deployment, Customer) {
    let deployment = Deployment::start().await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    (deployment, acme)
}

/// A refusal that a person can read and quote.
fn is_clear(page: &Page) {
    assert!(page.status.is_client_error(), "{} {}", page.status, page.text);
    let says = page.text.contains("<h1>")
        && page.text.contains("What you can do")
        && page.text.contains("class=\"reference\"");
    assert!(says, "{}", page.text);
    assert!(page.location().is_none());
}

/// Begins a sign-in and stops before the provider's answer is posted.
async fn answered(deployment: &Deployment, customer: &Customer, person: &mut Person) -> Form {
    let page = person.follow(&customer.authorize_url(deployment), &customer.acs_url).await;
    page.form().unwrap_or_else(|| panic!("{}", page.text))
}

async fn reason(deployment: &Deployment, customer: &Customer) -> String {
    let record = deployment.last_sign_in(&customer.organization).await;
    record["refusal"]["reason"].as_str().unwrap_or_else(|| panic!("{record}")).to_owned()
}

fn is_invalid_grant(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["error"]),
        (400, &json!("invalid_grant")),
        "{}",
        answer.body
    );
    assert!(answer.body["error_description"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_unknown_a_draft_or_deleted_sends_an_error_to_the_application() {
    let (deployment, acme) = acme().await;
    let draft = json!({ "organization_id": acme.organization, "saml_options": {} });
    let draft = deployment.api.post("/connections", &draft).await.ok()["id"].as_str().unwrap().to_owned();
    deployment.api.delete(&format!("/connections/{}", acme.connection)).await.ok();
    for connection in [draft.as_str(), &acme.connection, "conn_00000000000000000000000000", "nonsense"] {
        let url = authorize(&deployment, &[("connection", connection)]);
        let back = Person::default().follow(&url, REDIRECT_URI).await;
        assert!(back.url.as_str().starts_with(REDIRECT_URI), "{connection}: {} {}", back.status, back.text);
        assert!(
            back.parameter("error").is_some() && back.parameter("error_description").is_some(),
            "{}",
            back.url
        );
        assert_eq!(back.parameter("state").as_deref(), Some("st-1"));
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_that_is_off_by_one_character_gets_a_page_and_no_redirect() {
    let (deployment, acme) = acme().await;
    let one_more = format!("{REDIRECT_URI}/");
    for wrong in [
        &REDIRECT_URI[..REDIRECT_URI.len() - 1],
        one_more.as_str(),
        &REDIRECT_URI.replace('9', "8"),
        "https://evil.test/",
    ] {
        let url = authorize(&deployment, &[("connection", &acme.connection), ("redirect_uri", wrong)]);
        is_clear(&Person::default().visit(&url).await);
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_once_and_its_second_use_ends_the_token_of_the_first() {
    let (deployment, acme) = acme().await;
    let code = acme.code(&deployment, &mut Person::default()).await;
    let token = deployment.trade(&code).await.ok();
    is_invalid_grant(&deployment.trade(&code).await);
    let profile = deployment.api.with_key(token["access_token"].as_str().unwrap()).get("/sso/profile").await;
    assert_eq!(profile.status, 401, "RFC 6749 §4.1.2: {}", profile.body);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_expired_unknown_or_of_the_other_surface_is_an_invalid_grant() {
    let (deployment, acme) = acme().await;
    is_invalid_grant(&deployment.trade("bm90LWEtY29kZQ").await);
    is_invalid_grant(&deployment.trade(&"x".repeat(200)).await);
    let code = acme.code(&deployment, &mut Person::default()).await;
    let at_the_other = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", deployment.stack.client_id()),
        ("client_secret", &deployment.api_key),
    ];
    is_invalid_grant(&deployment.api.post_form("/oauth2/token", &at_the_other).await);
    deployment.move_clock(11 * 60);
    is_invalid_grant(&deployment.trade(&code).await);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_named_and_does_not_burn_the_code() {
    let (deployment, acme) = acme().await;
    let code = acme.code(&deployment, &mut Person::default()).await;
    let wrong = [
        ("grant_type", "authorization_code"),
        ("client_id", deployment.stack.client_id()),
        ("client_secret", "sk_wrong"),
        ("code", &code),
    ];
    for (path, status) in [("/sso/token", 400), ("/oauth2/token", 401)] {
        let refused = deployment.api.post_form(path, &wrong).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["error"]),
            (status, &json!("invalid_client")),
            "{}",
            refused.body
        );
    }
    deployment.trade(&code).await.ok();
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_the_cookie_or_with_another_browsers_signs_nobody_in() {
    let (deployment, acme) = acme().await;
    let mut ada = Person::default();
    let form = answered(&deployment, &acme, &mut ada).await;
    is_clear(&Person::default().submit(&form.action, &form.fields).await);
    assert_eq!(reason(&deployment, &acme).await, "browser_cookie_missing");

    let mut mallory = Person::default();
    mallory.visit(&acme.authorize_url(&deployment)).await;
    is_clear(&mallory.submit(&form.action, &form.fields).await);
    assert_eq!(reason(&deployment, &acme).await, "browser_mismatch");

    let back = ada.submit(&form.action, &form.fields).await;
    assert!(back.location().is_some(), "the sign-in of the right browser is not used up: {}", back.text);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_once_also_when_it_is_posted_twice_at_the_same_time() {
    let (deployment, acme) = acme().await;
    let mut ada = Person::default();
    let form = answered(&deployment, &acme, &mut ada).await;
    let mut other_tab = ada.clone();
    let (one, other) =
        tokio::join!(ada.submit(&form.action, &form.fields), other_tab.submit(&form.action, &form.fields));
    let codes = [&one, &other].iter().filter(|page| page.location().is_some()).count();
    assert_eq!(codes, 1, "{} {}", one.status, other.status);
    is_clear(if one.location().is_some() { &other } else { &one });
    is_clear(&ada.submit(&form.action, &form.fields).await);
    assert_eq!(reason(&deployment, &acme).await, "request_consumed");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_another_customers_connection_or_after_ten_minutes_is_refused() {
    let (deployment, acme) = acme().await;
    let other = Customer::new(&deployment, "other.test", SamlIdp::samlp().await).await;
    let mut ada = Person::default();
    let form = answered(&deployment, &acme, &mut ada).await;
    let elsewhere = url::Url::parse(&other.acs_url).unwrap();
    is_clear(&ada.submit(&elsewhere, &form.fields).await);
    deployment.move_clock(11 * 60);
    is_clear(&ada.submit(&form.action, &form.fields).await);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_outside_the_verified_domains_is_refused_with_what_to_tell_the_administrator() {
    let (deployment, mut acme) = acme().await;
    acme.answer_with(&User::ada("elsewhere.test"), Sign::Assertion, Hash::Sha256).await;
    let page = Person::default().follow(&acme.authorize_url(&deployment), REDIRECT_URI).await;
    is_clear(&page);
    assert_eq!(reason(&deployment, &acme).await, "email_outside_domains");
    let record = deployment.last_sign_in(&acme.organization).await;
    assert!(record["refusal"]["received"].as_str().unwrap().contains("elsewhere.test"), "{record}");
    let reference = record["id"].as_str().unwrap();
    assert!(
        page.text.contains(reference),
        "the reference number leads to the record: {reference} {}",
        page.text
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_saml_response_gets_a_page_and_never_a_failure_inside() {
    let (deployment, acme) = acme().await;
    let mut ada = Person::default();
    let form = answered(&deployment, &acme, &mut ada).await;
    let response = form.fields.iter().find(|(name, _)| name == "SAMLResponse").unwrap().1.clone();
    let xml = String::from_utf8(STANDARD.decode(&response).unwrap()).unwrap();
    let encoded = |text: &str| STANDARD.encode(text);
    let attributes: String = (0..20_000).map(|number| format!(" a{number}=\"\"")).collect();
    let texts = [
        String::new(),
        "%%%".to_owned(),
        response[..response.len() / 2].to_owned(),
        STANDARD.encode([0xff, 0xfe, 0x00, 0x80]),
        encoded("<html><body>Sign in</body></html>"),
        encoded(&format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000))),
        encoded(&xml.replacen("<samlp:Response", &format!("<samlp:Response{attributes}"), 1)),
        encoded(&format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{xml}")),
        "A".repeat(255 * 1024),
    ];
    for text in texts {
        let start: String = text.chars().take(40).collect();
        let page = ada.submit(&form.action, &[("SAMLResponse".to_owned(), text)]).await;
        assert!(
            page.status.is_client_error() && page.text.contains("<h1>"),
            "{start}: {} {}",
            page.status,
            page.text
        );
    }
    let back = ada.submit(&form.action, &form.fields).await;
    assert!(back.location().is_some(), "none of them used the sign-in up: {}", back.text);
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_binary_or_of_another_type_is_refused_in_the_format_of_the_endpoint() {
    let (deployment, acme) = acme().await;
    let acs = format!("/sso/saml/acs/{}", acme.connection);
    let organization = format!("/organizations/{}", acme.organization);
    let form = "application/x-www-form-urlencoded";
    let cases: [(Method, &str, &str, Vec<u8>, u16); 10] = [
        (Method::POST, &acs, form, vec![b'a'; 300 * 1024], 413),
        (Method::POST, &acs, "application/json", b"{}".to_vec(), 415),
        (Method::POST, &acs, form, vec![0xff; 64], 400),
        (Method::POST, "/organizations", "application/json", vec![b'a'; 1100 * 1024], 413),
        (Method::POST, "/organizations", "application/json", vec![0xff, 0x00], 400),
        (Method::POST, "/organizations", "application/json", b"{\"name\": 7}".to_vec(), 422),
        (Method::POST, "/organizations", "text/plain", b"{\"name\": \"a\"}".to_vec(), 400),
        (Method::PUT, &organization, "application/json", b"{\"name\": ".to_vec(), 400),
        (Method::POST, "/sso/token", form, vec![b'a'; 1100 * 1024], 413),
        (Method::POST, "/sso/token", form, vec![0xff; 64], 400),
    ];
    for (method, path, content_type, body, expected) in cases {
        let request = deployment.api.request(method, path).header(CONTENT_TYPE, content_type).body(body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status.as_u16(), expected, "{path} {content_type}: {}", answer.body);
        if path.starts_with("/organizations") {
            assert!(answer.body["message"].is_string(), "{path}: {}", answer.body);
        } else if path == "/sso/token" {
            assert!(answer.body["error"].is_string(), "{path}: {}", answer.body);
        } else {
            assert!(
                answer.body.as_str().is_some_and(|page| page.contains("<h1>")),
                "{path}: {}",
                answer.body
            );
        }
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_is_no_identity_providers_or_can_not_be_used_is_refused_with_what_is_wrong() {
    let (deployment, acme) = acme().await;
    let good = &acme.idp.metadata;
    let ours = deployment.api.get(&format!("/sso/saml/metadata/{}", acme.connection)).await.ok();
    let certificate = good
        .split("<X509Certificate>")
        .nth(1)
        .and_then(|rest| rest.split("</X509Certificate>").next())
        .unwrap();
    let root = good.find("<EntityDescriptor").unwrap() + "<EntityDescriptor".len();
    let expired = format!("{} validUntil=\"2001-01-01T00:00:00Z\"{}", &good[..root], &good[root..]);
    let wrong = [
        "<!doctype html><html><body>Sign in</body></html>".to_owned(),
        ours.as_str().unwrap().to_owned(),
        good.replace(certificate, ""),
        expired,
        good[..good.len() / 2].to_owned(),
        String::new(),
    ];
    let mut messages = std::collections::BTreeSet::new();
    for xml in &wrong {
        let asked =
            json!({ "organization_id": acme.organization, "saml_options": { "idp_metadata_xml": xml } });
        let refused = deployment.api.post("/connections", &asked).await;
        assert_eq!(refused.status, 422, "{xml}: {}", refused.body);
        messages.insert(refused.body["errors"].to_string());
    }
    assert!(messages.len() >= wrong.len() - 1, "each says what is wrong: {messages:?}");
    deployment.stop().await;
}
