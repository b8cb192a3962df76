//! `mutation.json`: what a hostile document changes in a document that is accepted.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::encryption::{Encryption, Tamper};
use super::signer::{sign, sign_assertions};
use super::vectors::{Accepted, Settings, encode, json, key_file};
use super::wrapping::{assertion, evil_assertion, wrap};

/// One mutation. Most have one part; a forger who signs with their own key changes KeyInfo as well.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mutation {
    base: String,
    /// Changes the IdP itself would have to make: the result is validly signed.
    before_signing: Vec<Edit>,
    /// Signs with this key instead of the base's.
    sign_with: Option<String>,
    /// Signs the assertion with this key instead.
    sign_assertion_with: Option<String>,
    /// Wraps the signature of what is then encrypted.
    wrap_before_encryption: Option<u8>,
    /// Changes after the assertion is signed, before it is encrypted.
    before_encryption: Vec<Edit>,
    /// How the encryption differs from the base's.
    encryption: Map<String, Value>,
    /// A change to the ciphertext.
    tamper: Option<Tamper>,
    /// Wraps the signature: XSW 1 to 8.
    wrap: Option<u8>,
    /// Changes on the way.
    after_signing: Vec<Edit>,
    /// Bytes, in hexadecimal, put before the last end tag.
    insert_bytes: Option<String>,
    /// Compresses the document, as the redirect binding does.
    deflate: bool,
    /// Text put after the base64.
    append_to_base64: String,
    /// What we expect differs from what the base is held against.
    settings: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
enum Edit {
    Replace {
        find: String,
        replace: String,
        #[serde(default)]
        nth: Option<usize>,
    },
    Insert {
        before: String,
        insert: String,
        #[serde(default = "once")]
        times: usize,
    },
}

fn once() -> usize {
    1
}

impl Mutation {
    pub(crate) fn read(directory: &Path) -> Self {
        json(&directory.join("mutation.json"))
    }

    pub(crate) fn base(&self) -> Accepted {
        Accepted::named(&self.base)
    }

    /// The base as it is without the mutation, and the mutated document, both in base64.
    pub(crate) fn documents(&self) -> (Vec<u8>, Vec<u8>) {
        let base = self.base();
        let made_anew = !self.before_signing.is_empty()
            || !self.before_encryption.is_empty()
            || !self.encryption.is_empty()
            || [&self.sign_with, &self.sign_assertion_with].iter().any(|key| key.is_some())
            || self.wrap_before_encryption.is_some();
        let (original, mut mutated) = if made_anew {
            let unsigned = base.unsigned().expect("the base has unsigned.xml");
            (base.issue(&unsigned), self.issue(&base, &apply(&unsigned, &self.before_signing)))
        } else {
            (base.response(), base.response())
        };
        if let Some(tamper) = &self.tamper {
            mutated = tamper.apply(&mutated);
        }
        if let Some(number) = self.wrap {
            mutated = wrap(&mutated, number);
        }
        let mut bytes = apply(&mutated, &self.after_signing).into_bytes();
        if let Some(inserted) = &self.insert_bytes {
            let at = bytes.windows(2).rposition(|pair| pair == b"</").unwrap();
            bytes.splice(at..at, hex::decode(inserted).unwrap());
        }
        if self.deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&bytes).unwrap();
            bytes = encoder.finish().unwrap();
        }
        let mut encoded = encode(bytes);
        encoded.extend(self.append_to_base64.bytes());
        (encode(original), encoded)
    }

    /// As [`Accepted::issue`], with what the mutation does on the way.
    fn issue(&self, base: &Accepted, unsigned: &str) -> String {
        let own = base.signing_key.as_deref().expect("the base has a signing key");
        let key = self.sign_with.as_deref().unwrap_or(own);
        let Some(encryption) = self.encryption(base, unsigned) else { return sign(unsigned, key) };
        let mut inside = sign_assertions(unsigned, self.sign_assertion_with.as_deref().unwrap_or(key));
        if let Some(number) = self.wrap_before_encryption {
            inside = wrap(&inside, number);
        }
        sign(&encryption.apply(&apply(&inside, &self.before_encryption)), key)
    }

    fn encryption(&self, base: &Accepted, unsigned: &str) -> Option<Encryption> {
        let known = base.encryption.clone()?;
        let mut changed = serde_json::to_value(known).unwrap();
        changed.as_object_mut().unwrap().extend(self.encryption.clone());
        let mut changed: Encryption = serde_json::from_value(changed).unwrap();
        changed.before = fill_in(&changed.before, unsigned);
        changed.after = fill_in(&changed.after, unsigned);
        Some(changed)
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = self.base().settings;
        settings.as_object_mut().unwrap().extend(self.settings.clone());
        serde_json::from_value(settings).unwrap()
    }
}

fn apply(text: &str, edits: &[Edit]) -> String {
    edits.iter().fold(text.to_owned(), |text, edit| edit.apply(&text))
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let (find, with, nth) = match self {
            Self::Replace { find, replace, nth } => (find, fill_in(replace, text), *nth),
            Self::Insert { before, insert, times } => {
                (before, format!("{}{before}", fill_in(insert, text).repeat(*times)), None)
            }
        };
        let places: Vec<_> = text.match_indices(find.as_str()).map(|(at, _)| at).collect();
        assert!(!places.is_empty(), "the base doesn't contain {find}");
        assert!(nth.is_some() || places.len() == 1, "the base contains {find} {} times", places.len());
        let at = places[nth.unwrap_or(0)];
        format!("{}{with}{}", &text[..at], &text[at + find.len()..])
    }
}

/// Parts of the document itself, and of the attacker's, that an edit may name.
fn fill_in(template: &str, text: &str) -> String {
    let mut filled = template.to_owned();
    if filled.contains("${attacker_certificate}") {
        let pem = key_file("attacker.pem");
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        filled = filled.replace("${attacker_certificate}", &body);
    }
    if filled.contains("${evil_assertion}") {
        filled = filled.replace("${evil_assertion}", &evil_assertion(text));
    }
    if filled.contains("${assertion}") {
        filled = filled.replace("${assertion}", assertion(text));
    }
    filled
}
