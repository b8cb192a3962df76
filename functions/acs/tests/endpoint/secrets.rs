//! What a refusal leaves behind: neither secrets nor more about a person than is needed, in the log entry, the event and
//! the log lines, whatever was refused.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use portico_shared::config::LogLevel;
use portico_shared::domain::sign_in::{Outcome, SignInRecord};
use portico_shared::domain::token::PlainToken;
use portico_shared::telemetry;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::{Answer, Begun, Claims, FORM, Idp, World, Written, cookie, refusal};

const RELAY_STATE: &str = "secret-in-the-relay-state";
const OTHER_COOKIE: &str = "secret-in-another-cookie";
/// What only Ada's assertion says of her.
const OF_ADA: [&str; 4] =
    ["of-ada-the-name-id", "of-ada-the-mailbox", "of-ada-the-first-name", "of-ada-a-word"];

/// An answer of the provider's with this changed before it is signed.
fn claimed(change: fn(&mut Claims)) -> impl Fn(&World, Claims) -> String {
    move |world, mut claims| {
        change(&mut claims);
        world.idp.respond(&claims)
    }
}

/// A good answer with this changed on its way.
fn altered(change: fn(&str) -> String) -> impl Fn(&World, Claims) -> String {
    move |world, claims| STANDARD.encode(change(&decoded(&world.idp.respond(&claims))))
}

/// An answer with this status.
fn denied(status: &'static str) -> impl Fn(&World, Claims) -> String {
    move |_, claims| {
        let message = format!("<samlp:StatusMessage>{}</samlp:StatusMessage></samlp:Status>", OF_ADA[3]);
        STANDARD.encode(decoded(&refusal(&claims, status)).replace("</samlp:Status>", &message))
    }
}

fn decoded(encoded: &str) -> String {
    String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
}

/// `text` without what stands from `from` to the end of `to`.
fn without(text: &str, from: &str, to: &str) -> String {
    let (before, rest) = text.split_once(from).unwrap();
    format!("{before}{}", rest.split_once(to).unwrap().1)
}

/// How an answer is written.
trait Writes: Fn(&World, Claims) -> String {}

impl<F: Fn(&World, Claims) -> String> Writes for F {}

/// An answer that is refused.
struct Case {
    reason: &'static str,
    write: Box<dyn Writes>,
}

fn case(reason: &'static str, write: impl Fn(&World, Claims) -> String + 'static) -> Case {
    Case { reason, write: Box::new(write) }
}

/// Refused answers of many kinds, no two of them for the same reason.
fn refused_answers() -> Vec<Case> {
    vec![
        case("not_base64", |_, _| "secret-and-not-base64!".to_owned()),
        case("not_xml", altered(|xml| xml[..xml.len() / 2].to_owned())),
        case("doctype", altered(|xml| format!("<!DOCTYPE a [<!ENTITY b \"c\">]>{xml}"))),
        case("comment", altered(|xml| xml.replace("</samlp:Status>", "</samlp:Status><!-- x -->"))),
        case(
            "processing_instruction",
            altered(|xml| xml.replace("</samlp:Status>", "</samlp:Status><?x y?>")),
        ),
        case("duplicate_id", altered(|xml| xml.replace("ID=\"_response\"", "ID=\"_assertion\""))),
        case("not_a_response", altered(|xml| xml.replace("samlp:Response", "samlp:Other"))),
        case("wrong_version", altered(|xml| xml.replacen("Version=\"2.0\"", "Version=\"1.1\"", 1))),
        case("status_missing", altered(|xml| without(xml, "<samlp:Status>", "</samlp:Status>"))),
        case("authn_failed", denied("AuthnFailed")),
        case("request_denied", denied("RequestDenied")),
        case("no_passive", denied("NoPassive")),
        case("no_authn_context", denied("NoAuthnContext")),
        case("invalid_name_id_policy", denied("InvalidNameIDPolicy")),
        case("status_not_success", denied("Other")),
        case(
            "destination_mismatch",
            claimed(|claims| claims.acs_url = "https://else.example.com".to_owned()),
        ),
        case("no_assertion", altered(|xml| without(xml, "<saml:Assertion ", "</saml:Assertion>"))),
        case("unsigned", altered(|xml| without(xml, "<ds:Signature ", "</ds:Signature>"))),
        case(
            "sha1",
            altered(|xml| xml.replace("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")),
        ),
        case("hmac_signature", altered(|xml| xml.replace("more#rsa-sha256", "more#hmac-sha256"))),
        case("signature_algorithm", altered(|xml| xml.replace("more#rsa-sha256", "more#rsa-md5"))),
        case("reference_not_owner", altered(|xml| xml.replace("URI=\"#_assertion\"", "URI=\"#_response\""))),
        case(
            "signature_value_malformed",
            altered(|xml| xml.replace("<ds:SignatureValue>", "<ds:SignatureValue>!")),
        ),
        case("signature_mismatch", |world, claims| Idp::new(world.bench.clock.now()).respond(&claims)),
        case("digest_mismatch", altered(|xml| xml.replace("@acme.com", "@acme.org"))),
        case(
            "issuer_mismatch",
            altered(|xml| xml.replacen(">https://idp.acme.com/entity<", ">https://eve.example<", 1)),
        ),
        case(
            "request_unknown",
            claimed(|claims| claims.in_response_to = Some(format!("req_{}", "0".repeat(40)))),
        ),
        case("idp_initiated_off", claimed(|claims| claims.in_response_to = None)),
        case("confirmation_expired", claimed(|claims| claims.now -= Duration::hours(1))),
        case("not_yet_valid", claimed(|claims| claims.now += Duration::hours(1))),
        case("audience_mismatch", claimed(|claims| claims.audience = "https://else.example.com".to_owned())),
        case("idp_id_too_long", claimed(|claims| claims.name_id.push_str(&"x".repeat(600)))),
        case("email_malformed", claimed(|claims| claims.email = OF_ADA[1].to_owned())),
        case("email_outside_domains", claimed(|claims| claims.email = format!("{}@globex.com", OF_ADA[1]))),
        case(
            "profile_too_large",
            claimed(|claims| {
                let long = "x".repeat(90_000);
                claims.attributes.extend(["groups", "memberOf"].map(|name| (name.to_owned(), long.clone())));
            }),
        ),
    ]
}

async fn post(world: &World, response: &str, cookies: &[&str]) -> Answer {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("SAMLResponse", response)
        .append_pair("RelayState", RELAY_STATE)
        .finish();
    world.post_body(&world.connection.id.to_string(), FORM, &form, cookies).await
}

/// The log's entry with this reason.
async fn entry(world: &World, reason: &str) -> SignInRecord {
    let is_for = |entry: &SignInRecord| matches!(&entry.outcome, Outcome::Refused { reason: logged, .. } if logged == reason);
    let log = world.log().await;
    log.into_iter().find(is_for).unwrap_or_else(|| panic!("no entry says {reason}"))
}

/// Every item of a partition, as it is kept.
fn kept(world: &World, class: &str) -> Vec<Value> {
    let partition = format!("{class}#{}", world.organization);
    let request = json!({
        "TableName": "portico",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": partition } },
    });
    let found = world.bench.database.query(serde_json::from_value(request).unwrap()).unwrap();
    serde_json::to_value(found).unwrap()["Items"].as_array().unwrap().clone()
}

/// What must be found nowhere.
fn secrets(response: &str, begun: &Begun) -> Vec<String> {
    let of_request = [&begun.request.state, &begun.request.nonce].into_iter().flatten().cloned();
    let pieces = response.as_bytes().chunks(32).map(|piece| String::from_utf8_lossy(piece).into_owned());
    let fixed = [RELAY_STATE, OTHER_COOKIE, begun.browser.reveal(), OF_ADA[2]].map(str::to_owned);
    let xml = STANDARD.decode(response).ok().and_then(|xml| String::from_utf8(xml).ok()).unwrap_or_default();
    let signature =
        xml.split("<ds:SignatureValue>").nth(1).and_then(|rest| rest.get(..40)).map(str::to_owned);
    pieces.filter(|piece| piece.len() >= 16).chain(of_request).chain(fixed).chain(signature).collect()
}

#[tokio::test]
async fn no_refusal_leaves_a_secret_in_the_log_entry_the_event_or_a_log_line() {
    let lines = Written::default();
    let writer = lines.clone();
    let subscriber = telemetry::subscriber(LogLevel::Trace, move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber);
    let (mut secret, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    let world = World::start().await;
    for Case { reason, write } in refused_answers() {
        let begun = world.begin().await;
        let mut claims = world.claims(Some(&begun.request));
        claims.name_id = OF_ADA[0].to_owned();
        claims.email = format!("{}@acme.com", OF_ADA[1]);
        claims.attributes = vec![("firstName".to_owned(), OF_ADA[2].to_owned())];
        let response = write(&world, claims);
        let other = format!("session={OTHER_COOKIE}");
        let answer = post(&world, &response, &[&cookie(&begun.browser), &other]).await;
        assert!(matches!(answer.status, 303 | 400 | 403), "{reason}: {answer:?}");
        entry(&world, reason).await;
        reasons.insert(reason);
        secret.extend(secrets(&response, &begun));

        // A browser that didn't begin it, and nobody's words.
        let stranger = PlainToken::random(world.bench.app.rng());
        post(&world, &response, &[&cookie(&stranger)]).await;
        secret.insert(stranger.reveal().to_owned());
    }
    assert!(reasons.len() >= 35, "{} reasons", reasons.len());

    let (entries, events) = (kept(&world, "log"), kept(&world, "evt"));
    assert!(entries.len() >= reasons.len() && events.len() >= 30, "{} {}", entries.len(), events.len());
    let lines = lines.text();
    assert!(lines.matches("sign-in refused").count() >= 2 * reasons.len());
    for (place, text) in [
        ("the log", json!(entries).to_string()),
        ("the event log", json!(events).to_string()),
        ("a log line", lines.clone()),
    ] {
        for secret in &secret {
            assert!(!text.contains(secret.as_str()), "{secret} is in {place}");
        }
    }
    for personal in OF_ADA.into_iter().chain(["203.0.113.7", "Browser/1.0"]) {
        assert!(!lines.contains(personal), "{personal} is in a log line");
    }
}

#[tokio::test]
async fn what_came_is_marked_as_personal_wherever_it_names_the_person() {
    let world = World::start().await;
    let mut personal = BTreeSet::new();
    for Case { reason, write } in refused_answers() {
        let begun = world.begin().await;
        let mut claims = world.claims(Some(&begun.request));
        claims.name_id = OF_ADA[0].to_owned();
        claims.email = format!("{}@acme.com", OF_ADA[1]);
        post(&world, &write(&world, claims), &[&cookie(&begun.browser)]).await;
        let entry = entry(&world, reason).await;
        let Outcome::Refused { expected, received, personal: marked, .. } = &entry.outcome else {
            panic!("{entry:?}")
        };
        let names_ada = |text: &Option<String>| {
            text.as_deref().is_some_and(|text| OF_ADA.iter().any(|word| text.contains(word)))
        };
        assert!(!names_ada(expected), "{reason}: {expected:?}");
        assert!(*marked || !names_ada(received), "{reason}: {received:?}");
        if *marked && names_ada(received) {
            personal.insert(reason);
        }
    }
    let expected = [
        "authn_failed",
        "email_malformed",
        "idp_id_too_long",
        "invalid_name_id_policy",
        "no_authn_context",
        "no_passive",
        "request_denied",
        "status_not_success",
    ];
    assert_eq!(personal, BTreeSet::from(expected));
}

#[tokio::test]
async fn the_event_of_a_refusal_has_the_fields_of_the_contract_and_no_others() {
    let world = World::start().await;
    let begun = world.begin().await;
    let mut claims = world.claims(Some(&begun.request));
    claims.email = "not-an-address".to_owned();
    post(&world, &world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    let data = &world.events().await[0].data;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let wanted =
        ["type", "status", "ip_address", "user_agent", "user_id", "email", "sso", "error"].map(str::to_owned);
    assert_eq!(names(data), BTreeSet::from(wanted));
    assert_eq!(
        names(&data["sso"]),
        ["organization_id", "connection_id", "session_id"].map(str::to_owned).into()
    );
    assert_eq!(names(&data["error"]), ["code", "message"].map(str::to_owned).into());
    assert!(!data.to_string().contains("not-an-address"), "{data}");
}
