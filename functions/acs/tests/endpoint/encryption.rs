//! Encrypted answers. One that doesn't hold must not tell why: whoever learns whether a ciphertext was well padded can
//! decrypt one that they caught, question by question.

use portico_shared::config::LogLevel;
use portico_shared::telemetry;
use serde_json::{Value, json};

use crate::support::{Claims, Encrypted, Spoil, World, Written, cookie};

#[tokio::test]
async fn an_encrypted_answer_signs_in() {
    let world = World::start().await;
    for cipher in [Encrypted::Gcm, Encrypted::Cbc] {
        let begun = world.begin().await;
        let response =
            world.idp.respond_encrypted(&world.claims(Some(&begun.request)), cipher, Spoil::Nothing);
        let answer = world.post(&response, &[&cookie(&begun.browser)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert!(answer.parameter("code").is_some(), "{answer:?}");
    }
}

/// All that anybody can see of a refusal, but for what differs from one attempt to the next.
async fn seen(world: &World, cipher: Encrypted, spoil: Spoil) -> Value {
    let begun = world.begin().await;
    let response = world.idp.respond_encrypted(&world.claims(Some(&begun.request)), cipher, spoil);
    let lines = Written::default();
    let writer = lines.clone();
    let subscriber = telemetry::subscriber(LogLevel::Trace, move || writer.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    let answer = world.post(&response, &[&cookie(&begun.browser)]).await;
    drop(guard);
    let record = world.log().await.remove(0);
    let event = world.events().await.pop().unwrap();
    let reference = record.id.to_string();
    let anonymous =
        |text: &str| text.replace(&reference, "REFERENCE").replace(begun.request.id.as_str(), "REQUEST");
    let logged: Vec<_> = of_portico(&lines).iter().map(|line| anonymous(line)).collect();
    assert!(logged.iter().any(|line| line.contains("sign-in refused")), "{logged:?}");
    json!({
        "status": answer.status,
        "body": anonymous(&answer.body),
        "headers": anonymous(&answer.headers.to_string()),
        "cookies": answer.cookies,
        "outcome": record.outcome,
        "warnings": record.warnings,
        "email": record.email,
        "event": serde_json::from_str::<Value>(&anonymous(&event.data.to_string())).unwrap(),
        "logged": logged,
    })
}

#[tokio::test]
async fn what_fails_between_decryption_and_the_inner_signature_can_not_be_told_apart() {
    let world = World::start().await;
    let first = seen(&world, Encrypted::Gcm, Spoil::Ciphertext).await;
    assert_eq!(first["outcome"]["reason"], json!("decryption_failed"), "{first:#}");
    let others = [
        (Encrypted::Gcm, Spoil::Key),
        (Encrypted::Gcm, Spoil::Signature),
        (Encrypted::Gcm, Spoil::NoSignature),
        (Encrypted::Gcm, Spoil::Xml),
        (Encrypted::Cbc, Spoil::Ciphertext),
        (Encrypted::Cbc, Spoil::Padding),
        (Encrypted::Cbc, Spoil::Key),
        (Encrypted::Cbc, Spoil::Signature),
        (Encrypted::Cbc, Spoil::NoSignature),
        (Encrypted::Cbc, Spoil::Xml),
    ];
    for (cipher, spoil) in others {
        let other = seen(&world, cipher, spoil).await;
        for (name, value) in other.as_object().unwrap() {
            assert_eq!(*value, first[name], "{name}: {cipher:?} {spoil:?}");
        }
    }
}

/// The certificate is public, so anybody can encrypt: what nobody signed has no word in an organization's log, whoever its
/// envelope claims to come from.
#[tokio::test]
async fn what_anybody_encrypted_shares_one_record_without_a_word_of_theirs() {
    let world = World::start().await;
    let claims = world.claims(None);
    for spoil in [Spoil::Ciphertext, Spoil::NoSignature, Spoil::Issuer] {
        let response = world.idp.respond_encrypted(&claims, Encrypted::Gcm, spoil);
        assert_eq!(world.post(&response, &[]).await.status, 403);
    }
    let log = world.log().await;
    assert_eq!(log.len(), 1, "{log:?}");
    let outcome = serde_json::to_value(&log[0].outcome).unwrap();
    assert_eq!((&outcome["reason"], &outcome["received"]), (&json!("decryption_failed"), &Value::Null));
}

/// Whoever caught an answer and changed it can't learn afterwards whether it still opens: its request is gone, and the number
/// on the page is the same either way.
#[tokio::test]
async fn an_encrypted_answer_that_comes_too_late_does_not_tell_whether_it_opened() {
    let world = World::start().await;
    let begun = world.begin().await;
    let claims = world.claims(Some(&begun.request));
    world.bench.clock.advance(chrono::Duration::minutes(10));
    let late = Claims { now: world.bench.clock.now(), ..claims };
    let mut pages = Vec::new();
    for spoil in [Spoil::Nothing, Spoil::Ciphertext] {
        let response = world.idp.respond_encrypted(&late, Encrypted::Cbc, spoil);
        pages.push(world.post(&response, &[&cookie(&begun.browser)]).await.body);
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(world.last_reason().await.as_deref(), Some("request_unknown"));
}

/// The product's own log lines, without their times.
fn of_portico(lines: &Written) -> Vec<String> {
    let text = lines.text();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let own = |line: &Value| line["target"].as_str().is_some_and(|target| target.starts_with("portico"));
    let bare = |mut line: Value| {
        let fields = line.as_object_mut().unwrap();
        fields.remove("timestamp");
        fields.retain(|name, _| !name.ends_with("_ms"));
        if let Some(inner) = fields.get_mut("fields").and_then(Value::as_object_mut) {
            inner.retain(|name, _| !name.ends_with("_ms"));
        }
        line.to_string()
    };
    lines.filter(own).map(bare).collect()
}
