//! Our canonical text against that of lxml, which has another parser and another canonicalization: what was signed and
//! documents made at random have to come out the same to the byte.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use uppsala::Document;

use super::canonical::canonicalize;
use super::made_up::{Made, document};
use super::{EnvelopedSignature, SIGNATURE_NS};
use crate::saml::ASSERTION_NS;
use crate::xml::{Element, check_signed_message, document_element, parse, prescan};

/// tests/peers/python/canonical_xml.py, running.
struct Lxml {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
}

static LXML: LazyLock<Mutex<Lxml>> = LazyLock::new(|| {
    // The test command says where it installed things.
    #[allow(clippy::disallowed_methods)]
    let python = std::env::var("PORTICO_PEERS_PYTHON")
        .expect("PORTICO_PEERS_PYTHON names the Python that has tests/requirements.txt: run tests/run");
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/peers/python");
    let mut process = Command::new(python)
        .arg("canonical_xml.py")
        .current_dir(peers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    Mutex::new(Lxml { input, output: BufReader::new(output), _process: process })
});

/// What lxml makes of an element, both given by XPath, or what it has against the document.
fn lxml(document: &str, element: &str, without: Option<&str>, prefixes: &[String]) -> Result<String, String> {
    let mut peer = LXML.lock().unwrap();
    let call = json!({
        "call": "canonicalize", "document": hex::encode(document), "element": element, "without": without,
        "prefixes": prefixes,
    });
    writeln!(peer.input, "{call}").unwrap();
    let mut line = String::new();
    peer.output.read_line(&mut line).unwrap();
    let answer: Value = serde_json::from_str(&line).expect("the peer answers in JSON");
    match answer["ok"].as_str() {
        Some(text) => Ok(String::from_utf8(hex::decode(text).unwrap()).unwrap()),
        None => Err(answer["error"]["message"].to_string()),
    }
}

fn accepted() -> Vec<PathBuf> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/response/accepted");
    fs::read_dir(vectors).unwrap().map(|entry| entry.unwrap().path().join("response.xml")).collect()
}

#[test]
fn lxml_digests_the_same_bytes_of_every_accepted_vector() {
    let (mut signatures, mut plain) = (0, 0);
    for file in accepted() {
        let text = fs::read_to_string(&file).unwrap();
        let document = parse(prescan(text.as_bytes()).unwrap()).unwrap();
        let response = document_element(&document).unwrap();
        let assertion = response.only_child(ASSERTION_NS, "Assertion");
        plain += usize::from(assertion.is_some());
        let owners = [(Some(response), "/*"), (assertion, "/*/*[local-name()='Assertion']")];
        for (owner, path) in owners {
            let Some(signature) = owner.and_then(|owner| EnvelopedSignature::of(owner).unwrap()) else {
                continue;
            };
            signatures += 1;
            let name = file.display();
            let child = format!("*[local-name()='Signature' and namespace-uri()='{SIGNATURE_NS}']");
            let ours = canonicalize(signature.owner, Some(signature.signature), &signature.content_prefixes);
            let theirs = lxml(&text, path, Some(&child), &signature.content_prefixes);
            assert_eq!(ours.unwrap(), theirs.unwrap(), "{name}: {path}");
            let ours = canonicalize(signature.signed_info, None, &signature.signed_info_prefixes);
            let path = format!("{path}/{child}/*[local-name()='SignedInfo']");
            let theirs = lxml(&text, &path, None, &signature.signed_info_prefixes);
            assert_eq!(ours.unwrap(), theirs.unwrap(), "{name}: {path}");
        }
    }
    assert!(
        signatures > plain && plain > 0,
        "each that isn't encrypted has one, some have two: {signatures}"
    );
}

/// How many documents are made up for each test.
const CASES: u32 = 600;

/// Compares the two on documents that our parser, and the gate if it stands in the way, let through. What is refused is
/// no matter, unless it is so much that nothing is compared.
fn compare_many(documents: impl Strategy<Value = Made>, gate: bool) {
    let compared = Cell::new(0);
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&documents, |made| {
        let Ok(document) = prescan(made.text.as_bytes()).and_then(parse) else { return Ok(()) };
        if !gate || check_signed_message(&document).is_ok() {
            compared.set(compared.get() + 1);
            compare(&made, &document)?;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(compared.get() > CASES / 4, "only {} documents were compared", compared.get());
}

fn compare(made: &Made, document: &Document<'_>) -> Result<(), TestCaseError> {
    let root = document_element(document).unwrap();
    let marked = |below: Element<'_>, name| {
        let node = below.subtree().find(|e| e.attribute(name).is_some()).map(|e| e.node());
        node.and_then(|node| root.subtree().find(|e| e.node() == node))
    };
    let element = marked(root, "pick").unwrap();
    let without = marked(element, "cut");
    let ours = canonicalize(element, without, &made.prefixes).unwrap();
    let theirs = lxml(&made.text, "//*[@pick]", without.map(|_| ".//*[@cut]"), &made.prefixes);
    let theirs = theirs.map_err(|message| TestCaseError::fail(format!("lxml: {message}: {}", made.text)))?;
    prop_assert_eq!(ours, theirs, "{} with {:?}", made.text, made.prefixes);
    Ok(())
}

#[test]
fn lxml_writes_the_same_canonical_text_of_any_document() {
    compare_many(document(false), false);
}

#[test]
fn what_passes_the_gate_is_read_by_lxml_in_the_same_way() {
    compare_many(document(true), true);
}
