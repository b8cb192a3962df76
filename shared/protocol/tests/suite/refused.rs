//! Hostile and broken documents, each one mutation away from one that is accepted.

use portico_protocol::saml::Reason;
use serde::Deserialize;

use crate::support::mutation::Mutation;
use crate::support::vectors::{directories, json, root};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    reason: String,
    expected: Option<String>,
    received: Option<String>,
}

#[test]
fn every_refused_vector_is_refused_for_its_reason_and_accepted_without_its_mutation() {
    let mut wrong = Vec::new();
    let cases = directories("response/refused");
    assert!(cases.len() >= 40, "there are {} hostile documents", cases.len());
    for name in &cases {
        let directory = root().join("vectors/response/refused").join(name);
        let mutation = Mutation::read(&directory);
        let expected: Expected = json(&directory.join("expect.json"));
        let (original, mutated) = mutation.documents();
        if let Err(refusal) = mutation.base().settings().verdict(&original) {
            wrong.push(format!("{name}: refused even without the mutation: {refusal:?}"));
        }
        match mutation.settings().verdict(&mutated) {
            Ok(assertion) => wrong.push(format!("{name}: ACCEPTED as {:?}", assertion.name_id())),
            Err(refusal) => {
                let said = |wanted: &Option<String>, got: &Option<String>| wanted.is_none() || wanted == got;
                if refusal.reason.code() != expected.reason
                    || !said(&expected.expected, &refusal.expected)
                    || !said(&expected.received, &refusal.received)
                {
                    wrong.push(format!("{name}: expected {}, got {refusal:?}", expected.reason));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_reason_a_response_can_be_refused_for_has_a_vector() {
    // Reached by mapping (profiles.rs).
    let elsewhere = [
        Reason::IdpIdMissing,
        Reason::TransientNameId,
        Reason::IdpIdAmbiguous,
        Reason::IdpIdTooLong,
        Reason::EmailMissing,
        Reason::EmailMalformed,
    ];
    let covered: Vec<String> = directories("response/refused")
        .iter()
        .map(|name| {
            json::<Expected>(&root().join("vectors/response/refused").join(name).join("expect.json")).reason
        })
        .collect();
    let missing: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| !elsewhere.contains(reason) && !covered.iter().any(|code| code == reason.code()))
        .collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
}
