//! What isn't an answer to a sign-in at all: a clear page, never a 500.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use portico_shared::domain::sign_in::Outcome;

use crate::support::{FORM, World, cookie};

#[tokio::test]
async fn a_body_that_is_no_saml_response_is_refused_by_its_own_reason() {
    let world = World::start().await;
    let begun = world.begin().await;
    let good = world.idp.respond(&world.claims(Some(&begun.request)));
    let text = String::from_utf8(STANDARD.decode(&good).unwrap()).unwrap();
    let xml = |text: &str| STANDARD.encode(text);
    let nested = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
    let attributes: String = (0..9000).map(|n| format!(" a{n}=\"x\"")).collect();
    for (body, reason) in [
        (good[..good.len() / 8 * 4 + 1].to_owned(), "not_base64"),
        (xml(&text[..text.len() / 2]), "not_xml"),
        ("\u{0}\u{1}\u{2}not base64".to_owned(), "not_base64"),
        (STANDARD.encode([0xff, 0xfe, 0x00, 0x80]), "not_utf8"),
        (xml(&nested), "too_deep"),
        (xml(&format!("<a{attributes}/>")), "too_many_attributes"),
        (xml("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"), "doctype"),
        (xml("<html><body>Sign in</body></html>"), "not_a_response"),
        (xml(""), "saml_response_missing"),
    ] {
        let answer = world.post(&body, &[&cookie(&begun.browser)]).await;
        assert_eq!(answer.status, 400, "{reason}: {answer:?}");
        if reason != "saml_response_missing" {
            let log = world.log().await;
            let entry = log.iter().find(|entry| answer.body.contains(&entry.id.to_string())).unwrap();
            let Outcome::Refused { reason: logged, .. } = &entry.outcome else { panic!("{entry:?}") };
            assert_eq!(logged, reason, "{answer:?}");
        }
    }
    assert_eq!(world.post(&good, &[&cookie(&begun.browser)]).await.status, 303);
}

#[tokio::test]
async fn an_oversized_body_is_refused_before_it_is_read() {
    let world = World::start().await;
    let answer = world.post(&"A".repeat(256 * 1024), &[]).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(world.log().await.is_empty());
}

#[tokio::test]
async fn only_a_form_with_one_saml_response_is_read() {
    let world = World::start().await;
    let id = world.connection.id.to_string();
    for (content_type, body, status) in [
        ("application/json", "{\"SAMLResponse\":\"eA==\"}", 415),
        ("text/xml", "<a/>", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("", "SAMLResponse=eA%3D%3D", 415),
        (FORM, "", 400),
        (FORM, "SAMLRequest=eA%3D%3D", 400),
        (FORM, "SAMLResponse=eA%3D%3D&SAMLResponse=eA%3D%3D", 400),
        (FORM, "SAMLResponse=eA%3D%3D&RelayState=a&RelayState=b", 400),
        (FORM, "%ff%fe=%00&&&=", 400),
    ] {
        let answer = world.post_body(&id, content_type, body, &[]).await;
        assert_eq!(answer.status, status, "{content_type} {body}: {answer:?}");
        assert!(answer.body.contains("<h1>"), "{}", answer.body);
    }
    assert!(world.log().await.is_empty());
}

#[tokio::test]
async fn another_path_and_another_method_are_answered_by_a_page() {
    let world = World::start().await;
    let id = world.connection.id;
    for (method, path, status) in [
        ("GET", format!("/sso/saml/acs/{id}"), 405),
        ("POST", format!("/sso/saml/metadata/{id}"), 405),
        ("GET", "/sso/saml/other".to_owned(), 404),
        ("POST", format!("/sso/saml/acs/{id}/x"), 404),
    ] {
        let answer = world.send(method, &path, &[], b"", &[]).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.body.contains("<h1>"), "{}", answer.body);
    }
}
