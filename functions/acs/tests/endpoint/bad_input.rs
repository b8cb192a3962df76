//! What isn't an answer to a sign-in at all: a clear page, never a 500.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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
            assert_eq!(world.last_reason().await.as_deref(), Some(reason), "{answer:?}");
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
async fn the_routes_are_those_that_are_listed_and_take_their_own_method_only() {
    let world = World::start().await;
    for (method, path) in portico_acs::ROUTES {
        let path = path.replace("{connection}", &world.connection.id.to_string());
        let answer = world.send(method, &path, &[], b"", &[]).await;
        assert!(![404, 405].contains(&answer.status), "{method} {path}: {answer:?}");
        let other = if *method == "GET" { "POST" } else { "GET" };
        assert_eq!(world.send(other, &path, &[], b"", &[]).await.status, 405);
    }
    let source = include_str!("../../src/lib.rs");
    assert_eq!(source.matches(".route(").count(), portico_acs::ROUTES.len());
    assert_eq!(world.send("GET", "/sso/saml/other", &[], b"", &[]).await.status, 404);
}
