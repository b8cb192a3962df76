//! An IdP's signer for tests: fills the empty DigestValue and SignatureValue of each signature, the innermost first.
//! It does what the document says, however wrong, with OpenSSL where the crate under test uses AWS-LC.

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use uppsala::{Document, NodeId};

use super::vectors::key_file;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Signs a document with the key `tests/keys/{key}.key.pem`.
pub(crate) fn sign(unsigned: &str, key: &str) -> String {
    sign_below(unsigned, key, "Response")
}

/// The same, but for a signature that is not inside of an assertion.
pub(crate) fn sign_assertions(unsigned: &str, key: &str) -> String {
    sign_below(unsigned, key, "Assertion")
}

fn sign_below(unsigned: &str, key: &str, ancestor: &str) -> String {
    let mut text = unsigned.to_owned();
    while let Some(digested) = fill_innermost(&text, ancestor, "DigestValue", digest) {
        let signed = fill_innermost(&digested, ancestor, "SignatureValue", |doc, signature| {
            signature_value(doc, signature, key)
        });
        text = signed.expect("a signature has both values empty, or neither");
    }
    text
}

/// Fills the first empty element of this name in the innermost signature below `ancestor` that has one.
fn fill_innermost(
    text: &str,
    ancestor: &str,
    name: &str,
    value: impl Fn(&Document<'_>, NodeId) -> Vec<u8>,
) -> Option<String> {
    let document = uppsala::parse(text).unwrap();
    let empty = |signature: NodeId| {
        named(&document, signature, name).into_iter().find(|node| document.children(*node).is_empty())
    };
    let (signature, target) = named(&document, document.root(), "Signature")
        .into_iter()
        .filter(|signature| is_below(&document, *signature, ancestor))
        .filter_map(|signature| Some((signature, empty(signature)?)))
        .max_by_key(|(signature, _)| document.ancestors(*signature).len())?;
    let range = document.node_range(target).unwrap();
    let start = range.start + text[range].find('>').unwrap() + 1;
    Some(format!("{}{}{}", &text[..start], STANDARD.encode(value(&document, signature)), &text[start..]))
}

fn is_below(document: &Document<'_>, node: NodeId, ancestor: &str) -> bool {
    let is = |node: NodeId| document.element(node).is_some_and(|e| e.name.local_name == ancestor);
    document.ancestors(node).into_iter().any(is)
}

fn digest(document: &Document<'_>, signature: NodeId) -> Vec<u8> {
    let reference = named(document, signature, "Reference")[0];
    let uri = document.get_attribute(reference, "URI").unwrap_or_default();
    let with_id = |node: &NodeId| document.get_attribute(*node, "ID") == uri.strip_prefix('#');
    let target = match uri {
        "" => document.document_element().unwrap(),
        _ => {
            let found = document.descendants(document.root()).into_iter().find(with_id);
            found.unwrap_or_else(|| document.parent(signature).unwrap())
        }
    };
    let mut nodes = NodeSet::tree_without_comments(target, document);
    std::iter::once(signature).chain(document.descendants(signature)).for_each(|node| nodes.remove_id(node));
    let transforms = named(document, reference, "Transform");
    let method = transforms
        .iter()
        .rev()
        .find_map(|t| Some((*t, C14nMode::from_uri(document.get_attribute(*t, "Algorithm")?)?)));
    let canonical = match method {
        Some((transform, mode)) => canonical(document, transform, mode, &nodes),
        None => canonicalize_doc::<&str>(document, C14nMode::Exclusive, Some(&nodes), &[]).unwrap(),
    };
    let method = named(document, reference, "DigestMethod")[0];
    hash(hash_of(document.get_attribute(method, "Algorithm").unwrap()), &canonical).unwrap().to_vec()
}

fn signature_value(document: &Document<'_>, signature: NodeId, key: &str) -> Vec<u8> {
    let signed_info = named(document, signature, "SignedInfo")[0];
    let method = named(document, signed_info, "CanonicalizationMethod")[0];
    let mode = C14nMode::from_uri(document.get_attribute(method, "Algorithm").unwrap())
        .unwrap_or(C14nMode::Exclusive);
    let nodes = NodeSet::tree_without_comments(signed_info, document);
    let message = canonical(document, method, mode, &nodes);
    let algorithm =
        document.get_attribute(named(document, signed_info, "SignatureMethod")[0], "Algorithm").unwrap();
    let key: PKey<Private> = if algorithm.contains("hmac") {
        PKey::hmac(key_file(&format!("{key}.pem")).as_bytes()).unwrap()
    } else {
        PKey::private_key_from_pem(key_file(&format!("{key}.key.pem")).as_bytes()).unwrap()
    };
    let mut signer = Signer::new(hash_of(algorithm), &key).unwrap();
    let value = signer.sign_oneshot_to_vec(&message).unwrap();
    if key.id() == Id::EC { fixed_length(&value, key.bits().div_ceil(8) as i32) } else { value }
}

/// ECDSA in XML is r and s side by side, not DER.
fn fixed_length(der: &[u8], length: i32) -> Vec<u8> {
    let parts = EcdsaSig::from_der(der).unwrap();
    [parts.r().to_vec_padded(length).unwrap(), parts.s().to_vec_padded(length).unwrap()].concat()
}

fn canonical(document: &Document<'_>, method: NodeId, mode: C14nMode, nodes: &NodeSet) -> Vec<u8> {
    let list =
        document.children(method).into_iter().find_map(|child| document.get_attribute(child, "PrefixList"));
    let prefixes: Vec<_> = list.unwrap_or_default().split_ascii_whitespace().collect();
    canonicalize_doc(document, mode, Some(nodes), &prefixes).unwrap()
}

fn hash_of(uri: &str) -> MessageDigest {
    match uri.rsplit(['#', '-']).next().unwrap() {
        "sha1" => MessageDigest::sha1(),
        "sha384" => MessageDigest::sha384(),
        "sha512" => MessageDigest::sha512(),
        "md5" => MessageDigest::md5(),
        _ => MessageDigest::sha256(),
    }
}

fn named(document: &Document<'_>, below: NodeId, name: &str) -> Vec<NodeId> {
    let is = |node: &NodeId| document.element(*node).is_some_and(|e| e.matches_name_ns(DS, name));
    document.descendants(below).into_iter().filter(is).collect()
}
