//! Opening an encrypted assertion, and reading what was inside.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use uppsala::Document;

use super::shape::{EncryptedAssertion, EncryptedKey};
use crate::saml::{ASSERTION_NS, PROTOCOL_NS, Reason, Refusal, SpKeyPair};
use crate::signature::SIGNATURE_NS;
use crate::xml::{self, Element, document_element};

/// Why an encrypted assertion wasn't opened. There is one answer, so that nobody can ask which step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unopened;

impl From<Unopened> for Refusal {
    fn from(_: Unopened) -> Self {
        Reason::DecryptionFailed.into()
    }
}

/// What was inside: one assertion, bounded and well-formed. Nothing in it is trusted.
pub(crate) struct Opened {
    document: Document<'static>,
}

impl EncryptedAssertion<'_> {
    /// Decrypts and parses. Every key pair of ours is tried on every key in the message (rollover).
    pub(crate) fn open(&self, pairs: &[&SpKeyPair]) -> Result<Opened, Unopened> {
        let length = self.cipher.key_length();
        // All of them, whichever fits: how many there were to try tells nothing then.
        let opened = self.keys.iter().flat_map(|key| pairs.iter().filter_map(|pair| key.decrypt(pair)));
        let opened: Vec<_> = opened.collect();
        let found = opened.into_iter().find(|key| key.len() == length);
        // Without a key the work goes on with one that nobody knows, so that its absence takes no less time.
        let key = found.as_deref().map_or_else(|| nobodys_key(length), <[u8]>::to_vec);
        let (text, padded) = self.cipher.decrypt(&key, &self.ciphertext);
        let opened = self.parse(&text);
        if found.is_some() && padded { opened } else { Err(Unopened) }
    }

    /// Parses what was decrypted where it stood, so that it finds the namespaces that were declared around it (XML
    /// Encryption 1.1 §4.4 and its note on inherited context).
    fn parse(&self, plaintext: &[u8]) -> Result<Opened, Unopened> {
        let text = std::str::from_utf8(plaintext).map_err(|_| Unopened)?;
        let declarations: String = self
            .element
            .namespaces_in_scope()
            .iter()
            .map(|(prefix, name)| declaration(prefix, name))
            .collect();
        let text = format!("<c{declarations}>{}</c>", without_declaration(text)?);
        let bounded = xml::prescan(text.as_bytes()).map_err(|_| Unopened)?;
        let document = xml::parse(bounded).map_err(|_| Unopened)?.into_static();
        xml::check_signed_message(&document).map_err(|_| Unopened)?;
        let opened = Opened { document };
        opened.assertion()?;
        Ok(opened)
    }
}

impl EncryptedKey {
    /// The content key, if this pair is the one that it was encrypted for.
    fn decrypt(&self, pair: &SpKeyPair) -> Option<Vec<u8>> {
        pair.decrypt(self.transport.primitive(), &self.ciphertext, self.label.as_deref())
    }
}

impl Opened {
    /// The assertion: the only thing inside, with no other in it and signatures only directly inside of it.
    pub(crate) fn assertion(&self) -> Result<Element<'_>, Unopened> {
        let context = document_element(&self.document).ok_or(Unopened)?;
        let assertion = context.only_child(ASSERTION_NS, "Assertion").ok_or(Unopened)?;
        let everywhere = |namespace, name| context.subtree().filter(|e| e.is(namespace, name)).count();
        let alone = context.elements().count() == 1
            && !context.has_own_text()
            && everywhere(ASSERTION_NS, "Assertion") == 1
            && everywhere(ASSERTION_NS, "EncryptedAssertion") == 0
            && everywhere(PROTOCOL_NS, "Response") == 0
            && everywhere(SIGNATURE_NS, "Signature") == assertion.children(SIGNATURE_NS, "Signature").count();
        if alone { Ok(assertion) } else { Err(Unopened) }
    }
}

fn nobodys_key(length: usize) -> Vec<u8> {
    let mut key = vec![0; length];
    // If randomness fails, zeros are no worse: what they decrypt is thrown away.
    let _ = SystemRandom::new().fill(&mut key);
    key
}

/// Some providers encrypt a whole document, its XML declaration included; inside of another it may not stand. It is held
/// to the same rules as the message's own.
fn without_declaration(text: &str) -> Result<&str, Unopened> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with([' ', '\t', '\r', '\n'])) {
        return Ok(text);
    }
    let (declaration, document) = text.split_once("?>").ok_or(Unopened)?;
    let declared = format!("{declaration}?><c/>");
    let declared = xml::parse(&declared).map_err(|_| Unopened)?;
    xml::check_signed_message(&declared).map_err(|_| Unopened)?;
    Ok(document)
}

/// A namespace declaration. The name was read from an attribute, so that it may hold what an attribute's text may not.
fn declaration(prefix: &str, name: &str) -> String {
    let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let name = name.replace('\t', "&#9;").replace('\n', "&#10;").replace('\r', "&#13;");
    if prefix.is_empty() { format!(" xmlns=\"{name}\"") } else { format!(" xmlns:{prefix}=\"{name}\"") }
}
