use super::*;
use crate::dns::{RecordName, RecordSet};
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use portico_shared::domain::random::Rng;
use tower::ServiceExt as _;

const URL: &str = "http://127.0.0.1:4404";

/// The page, and the zone acme.example.
fn dns() -> (DnsPage, Zones, String) {
    let zones = Zones::in_memory(Rng::system());
    let id = zones.add(&DomainName::parse("acme.example").unwrap()).unwrap().to_string();
    (DnsPage::new(zones.clone(), URL.to_owned(), ([127, 0, 0, 1], 4403).into()), zones, id)
}

/// Status, where the answer leads, and the page.
async fn send(dns: &DnsPage, request: Request<Body>) -> (u16, Option<String>, String) {
    let response = dns.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, location, String::from_utf8(body.into()).unwrap())
}

async fn get(dns: &DnsPage, path: &str) -> (u16, String) {
    let (status, _, page) = send(dns, Request::get(path).body(Body::empty()).unwrap()).await;
    (status, page)
}

async fn post(dns: &DnsPage, path: &str, fields: &[(&str, &str)]) -> (u16, Option<String>, String) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    send(dns, request.body(Body::from(body)).unwrap()).await
}

async fn add(dns: &DnsPage, id: &str, name: &str, record_type: &str, value: &str) -> (u16, String) {
    let fields = [("name", name), ("type", record_type), ("value", value)];
    let (status, _, page) = post(dns, &format!("/zones/{id}/records"), &fields).await;
    (status, page)
}

/// The values of the TXT records at a name.
fn texts(zones: &Zones, name: &str) -> Vec<String> {
    let name = RecordName::parse(name).unwrap();
    zones.all()[0].record_set(&name, RecordType::Txt).map(RecordSet::values).unwrap_or_default()
}

#[tokio::test]
async fn a_zone_is_added_for_any_domain_and_shown() {
    let (dns, zones, _) = dns();
    let (status, location, _) = post(&dns, "/zones", &[("domain", " Bücher.Example. ")]).await;
    assert_eq!(status, 303);
    let (status, page) = get(&dns, &location.unwrap()).await;
    assert_eq!((status, page.contains("xn--bcher-kva.example")), (200, true), "{page}");
    let (_, page) = get(&dns, "/").await;
    assert!(page.contains("acme.example") && page.contains("127.0.0.1:4403"), "{page}");
    assert_eq!(zones.all().len(), 2);
}

#[tokio::test]
async fn a_domain_that_is_refused_is_shown_again_with_the_reason() {
    let (dns, zones, _) = dns();
    for (domain, reason) in [
        ("co.uk", "nobody can own this name"),
        ("<b>", "a domain name"),
        ("", "a domain name"),
        ("ACME.example", "there is a zone acme.example already"),
    ] {
        let (status, _, page) = post(&dns, "/zones", &[("domain", domain)]).await;
        assert_eq!((status, page.contains(reason)), (400, true), "{domain}: {page}");
        assert!(
            page.contains(&format!("value=\"{}\"", domain.replace('<', "&#60;").replace('>', "&#62;"))),
            "{page}"
        );
    }
    assert_eq!(zones.all().len(), 1);
}

#[tokio::test]
async fn a_record_is_added_at_its_name_however_the_name_is_typed_and_served_at_once() {
    let (dns, zones, id) = dns();
    for (typed, full) in [
        ("_portico", "_portico.acme.example"),
        ("_B.acme.example.", "_b.acme.example"),
        ("", "acme.example"),
        ("acme.example", "acme.example"),
        ("*.eu", "*.eu.acme.example"),
    ] {
        assert_eq!(add(&dns, &id, typed, "TXT", typed).await.0, if typed.is_empty() { 400 } else { 303 });
        assert_eq!(
            add(&dns, &id, typed, "TXT", "v").await.0,
            if typed == "acme.example" { 400 } else { 303 }
        );
        assert!(texts(&zones, full).contains(&"\"v\"".to_owned()), "{typed}");
    }
    let (_, served) = zones.served();
    assert_eq!(*served, zones.all());
    let (_, page) = get(&dns, &format!("/zones/{id}")).await;
    for shown in ["_portico", "@", "\\052.eu"] {
        assert!(page.contains(&format!("<code>{shown}</code>")), "{shown}: {page}");
    }
}

#[tokio::test]
async fn a_value_pasted_in_quotation_marks_is_taken_without_them() {
    let (dns, zones, id) = dns();
    for (name, pasted, kept) in [
        ("a", "portico-verification=1", r#""portico-verification=1""#),
        ("b", " \"portico-verification=1\" ", r#""portico-verification=1""#),
        ("c", r#""one" "two""#, r#""one" "two""#),
        ("d", r#""say "hi"""#, r#""say \"hi\"""#),
        ("e", "ä", r#""\303\244""#),
    ] {
        assert_eq!(add(&dns, &id, name, "TXT", pasted).await.0, 303, "{pasted}");
        assert_eq!(texts(&zones, &format!("{name}.acme.example")), [kept], "{pasted}");
    }
}

#[tokio::test]
async fn a_record_that_is_refused_is_shown_again_with_a_sentence_at_its_field() {
    let (dns, zones, id) = dns();
    add(&dns, &id, "text", "TXT", "v").await;
    add(&dns, &id, "alias", "CNAME", "proof.example.net").await;
    let before = zones.all();
    let long = "x".repeat(4001);
    for (name, record_type, value, field, reason) in [
        ("a b", "TXT", "v", "name", "not “ ”"),
        ("ä", "TXT", "v", "name", "not “ä”"),
        ("a..b", "TXT", "v", "name", "1 to 63 characters"),
        ("text", "TXT", "\"v\"", "value", "of this value already"),
        ("text", "CNAME", "elsewhere.example", "name", "a CNAME stands alone"),
        ("alias", "CNAME", "elsewhere.example", "name", "There is a CNAME"),
        ("alias", "TXT", "v", "name", "There is a CNAME"),
        ("", "CNAME", "elsewhere.example", "name", "The domain itself"),
        ("new", "CNAME", "new.acme.example.", "value", "not to itself"),
        ("new", "CNAME", "http://a", "value", "not “:”"),
        ("new", "CNAME", "", "value", "Enter the name"),
        ("new", "TXT", "\"\"", "value", "Enter the text"),
        ("new", "TXT", &long, "value", "this one has 4001"),
        ("new", "MX", "v", "type", "Choose TXT or CNAME"),
    ] {
        let (status, page) = add(&dns, &id, name, record_type, value).await;
        let sentence = page.split_once(&format!("id=\"{field}-problem\">")).map(|(_, rest)| rest);
        let sentence = sentence.and_then(|rest| rest.split('<').next()).unwrap_or_default();
        assert_eq!((status, sentence.contains(reason)), (400, true), "{name} {record_type} {value}: {page}");
        assert!(page.contains(&format!("name=\"name\" value=\"{name}\"")), "{page}");
    }
    assert_eq!(zones.all(), before);
}

#[tokio::test]
async fn one_value_is_deleted_and_the_others_stay() {
    let (dns, zones, id) = dns();
    for (name, record_type, value) in [("a", "TXT", "1"), ("a", "TXT", "2"), ("b", "CNAME", "c.example")] {
        add(&dns, &id, name, record_type, value).await;
    }
    let path = format!("/zones/{id}/records/delete");
    let row = [("name", "a.acme.example."), ("type", "TXT"), ("value", "\"1\"")];
    // The second time it is gone already.
    for _ in 0..2 {
        assert_eq!(post(&dns, &path, &row).await.0, 303);
        assert_eq!(texts(&zones, "a.acme.example"), ["\"2\""]);
    }
    post(&dns, &path, &[("name", "a.acme.example."), ("type", "TXT"), ("value", "\"2\"")]).await;
    post(&dns, &path, &[("name", "b.acme.example."), ("type", "CNAME"), ("value", "c.example.")]).await;
    assert_eq!(zones.all()[0].record_sets(), []);
}

#[tokio::test]
async fn a_form_of_another_sites_page_changes_nothing() {
    let (dns, zones, id) = dns();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "null"),
        ("origin", "http://a"),
    ] {
        let request = Request::post(format!("/zones/{id}/records"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value);
        let (status, _, _) = send(&dns, request.body(Body::from("name=a&type=TXT&value=v")).unwrap()).await;
        assert_eq!(status, 403, "{name}: {value}");
    }
    assert_eq!(zones.all()[0].record_sets(), []);
    let own = Request::post("/zones")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("origin", URL);
    assert_eq!(send(&dns, own.body(Body::from("domain=initech.example")).unwrap()).await.0, 303);
}

#[tokio::test]
async fn a_zone_that_is_not_there_gets_a_page_that_says_so() {
    let (dns, _, _) = dns();
    assert_eq!(get(&dns, "/zones/Z0").await.0, 404);
    assert_eq!(add(&dns, "Z0", "a", "TXT", "v").await.0, 404);
}
