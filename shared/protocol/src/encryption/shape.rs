//! The exact shape of an encrypted assertion that we read. Anything else is refused before a key is touched.

use super::{ContentCipher, ENCRYPTION_NS, KeyTransport};
use crate::encoding::decode_base64;
use crate::saml::{Reason, Refusal};
use crate::signature::SIGNATURE_NS;
use crate::xml::Element;

/// What EncryptedData says that it stands for (XML Encryption 1.1 §3.1). saml-core §2.2.4 wants it said; some leave it out.
const ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
/// Most keys accepted beside one text: an identity provider that doesn't know which of our certificates is the current one
/// may encrypt for each. Every one costs an RSA operation for every key pair of ours.
const MOST_ENCRYPTED_KEYS: usize = 3;

/// An EncryptedAssertion, its parts found and decoded. Nothing in it is decrypted yet.
pub(crate) struct EncryptedAssertion<'d> {
    pub(super) element: Element<'d>,
    pub(super) cipher: ContentCipher,
    pub(super) ciphertext: Vec<u8>,
    pub(super) keys: Vec<EncryptedKey>,
}

/// The content key, encrypted for somebody: us, we hope.
pub(super) struct EncryptedKey {
    pub(super) transport: KeyTransport,
    pub(super) label: Option<Vec<u8>>,
    pub(super) ciphertext: Vec<u8>,
}

impl<'d> EncryptedAssertion<'d> {
    /// Reads the element. Its keys stand inside of EncryptedData's KeyInfo or beside EncryptedData (saml-core §2.3.4);
    /// what points from one to the other is not followed, since there is nothing else that it could point to.
    pub(crate) fn read(element: Element<'d>) -> Result<Self, Refusal> {
        let data = part(element, "EncryptedData")?;
        let foreign = element
            .elements()
            .find(|e| e.namespace() != ENCRYPTION_NS || !IN_ASSERTION.contains(&e.local_name()));
        if let Some(foreign) = foreign {
            return Err(structure("EncryptedData and EncryptedKey alone").received(foreign.local_name()));
        }
        if let Some(other) = data.attribute("Type").filter(|kind| *kind != ELEMENT) {
            return Err(structure(ELEMENT).received(other));
        }
        let inside = data
            .children(SIGNATURE_NS, "KeyInfo")
            .flat_map(|info| info.children(ENCRYPTION_NS, "EncryptedKey"));
        let keys: Vec<_> = inside.chain(element.children(ENCRYPTION_NS, "EncryptedKey")).collect();
        if keys.is_empty() || keys.len() > MOST_ENCRYPTED_KEYS {
            let expected = format!("1 to {MOST_ENCRYPTED_KEYS} of EncryptedKey");
            return Err(structure(&expected).received(&keys.len().to_string()));
        }
        // The content's algorithm first: it is the one that people know.
        Ok(Self {
            element,
            cipher: ContentCipher::read(part(data, "EncryptionMethod")?)?,
            ciphertext: cipher_value(data)?,
            keys: keys.into_iter().map(EncryptedKey::read).collect::<Result<_, _>>()?,
        })
    }
}

const IN_ASSERTION: [&str; 2] = ["EncryptedData", "EncryptedKey"];

impl EncryptedKey {
    fn read(element: Element<'_>) -> Result<Self, Refusal> {
        let method = part(element, "EncryptionMethod")?;
        let label = match method.children(ENCRYPTION_NS, "OAEPparams").count() {
            0 => None,
            _ => Some(base64_text(part(method, "OAEPparams")?)?),
        };
        Ok(Self {
            transport: KeyTransport::read(method)?,
            label: label.filter(|label| !label.is_empty()),
            ciphertext: cipher_value(element)?,
        })
    }
}

/// CipherData with its value in place: a CipherReference would have us fetch it.
fn cipher_value(parent: Element<'_>) -> Result<Vec<u8>, Refusal> {
    base64_text(part(part(parent, "CipherData")?, "CipherValue")?)
}

fn base64_text(element: Element<'_>) -> Result<Vec<u8>, Refusal> {
    let decoded = element.single_text().and_then(|text| decode_base64(text.as_bytes()));
    decoded.ok_or_else(|| structure(&format!("one run of base64 text in {}", element.local_name())))
}

fn part<'d>(parent: Element<'d>, local_name: &str) -> Result<Element<'d>, Refusal> {
    parent.only_child(ENCRYPTION_NS, local_name).ok_or_else(|| structure(&format!("one {local_name}")))
}

fn structure(expected: &str) -> Refusal {
    Refusal::new(Reason::EncryptionStructure).expected(expected)
}
