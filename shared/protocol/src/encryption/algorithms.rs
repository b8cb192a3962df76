//! The algorithms that an encrypted assertion may name (XML Encryption 1.1 §5), and the primitive of each.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};

use super::ENCRYPTION11_NS;
use crate::saml::{Reason, Refusal};
use crate::signature::SIGNATURE_NS;
use crate::xml::Element;

const RSA_OAEP_MGF1P: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
const RSA_OAEP: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// No specification has this name. npm xml-encryption (Auth0's, among others) writes it where it used SHA-256 for both
/// hashes, whatever mgf1p says of the mask; a mixed pair is therefore never called by it.
const SHA256_OF_BOTH: &str = "http://www.w3.org/2000/09/xmldsig#sha256";
const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";
const MGF1_SHA256: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

const AES_BLOCK: usize = 16;

/// How the content key was encrypted for us: RSA-OAEP with one hash for the label and the mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyTransport {
    OaepSha1,
    OaepSha256,
}

impl KeyTransport {
    /// Those that our metadata offers, by the name under which it is read without further elements.
    pub(crate) const OFFERED: [&'static str; 2] = [RSA_OAEP_MGF1P, RSA_OAEP];

    /// Reads an EncryptedKey's EncryptionMethod. PKCS#1 v1.5 is refused here, before anything is decrypted, and so is a
    /// pair of different hashes, which no library at hand computes.
    pub(crate) fn read(method: Element<'_>) -> Result<Self, Refusal> {
        let name = method.attribute("Algorithm").unwrap_or_default();
        if ![RSA_OAEP_MGF1P, RSA_OAEP].contains(&name) {
            return Err(Refusal::new(Reason::KeyTransport).expected("RSA-OAEP").received(name));
        }
        let parameter = |namespace, name| {
            let mut found = method.children(namespace, name);
            let first = found.next().map(|element| element.attribute("Algorithm").unwrap_or_default());
            if found.next().is_some() { Some("more than one") } else { first }
        };
        let digest = parameter(SIGNATURE_NS, "DigestMethod").unwrap_or(SHA1);
        let mask = parameter(ENCRYPTION11_NS, "MGF");
        match (name, digest, mask.unwrap_or(MGF1_SHA1)) {
            (_, SHA1, MGF1_SHA1) => Ok(Self::OaepSha1),
            (RSA_OAEP, SHA256, MGF1_SHA256) => Ok(Self::OaepSha256),
            (RSA_OAEP_MGF1P, SHA256_OF_BOTH, _) if mask.is_none() => Ok(Self::OaepSha256),
            (_, digest, mask) => Err(Refusal::new(Reason::KeyTransportHashes)
                .expected("SHA-1 with MGF1-SHA-1, or SHA-256 with MGF1-SHA-256")
                .received(&format!("{name} by {digest} with {mask}"))),
        }
    }

    pub(crate) fn primitive(self) -> &'static OaepAlgorithm {
        match self {
            Self::OaepSha1 => &OAEP_SHA1_MGF1SHA1,
            Self::OaepSha256 => &OAEP_SHA256_MGF1SHA256,
        }
    }
}

/// How the assertion was encrypted under the content key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentCipher {
    Aes128Gcm,
    Aes256Gcm,
    Aes128Cbc,
    Aes256Cbc,
}

impl ContentCipher {
    /// All of them, the preferred ones first.
    pub(crate) const ALL: [Self; 4] = [Self::Aes256Gcm, Self::Aes128Gcm, Self::Aes256Cbc, Self::Aes128Cbc];

    pub(crate) fn uri(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            Self::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            Self::Aes128Cbc => "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            Self::Aes256Cbc => "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
        }
    }

    /// Reads an EncryptedData's EncryptionMethod. Triple DES is refused here, before anything is decrypted.
    pub(crate) fn read(method: Element<'_>) -> Result<Self, Refusal> {
        let name = method.attribute("Algorithm").unwrap_or_default();
        Self::ALL.into_iter().find(|cipher| cipher.uri() == name).ok_or_else(|| {
            let expected = "AES-256-GCM, AES-128-GCM, AES-256-CBC or AES-128-CBC";
            Refusal::new(Reason::ContentEncryption).expected(expected).received(name)
        })
    }

    /// Length of the content key in bytes.
    pub(crate) fn key_length(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Cbc => 16,
            Self::Aes256Gcm | Self::Aes256Cbc => 32,
        }
    }

    /// The plaintext, and whether it can be what was encrypted. Of CBC there is a plaintext either way.
    pub(crate) fn decrypt(self, key: &[u8], ciphertext: &[u8]) -> (Vec<u8>, bool) {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm => self.decrypt_gcm(key, ciphertext).map(|text| (text, true)),
            Self::Aes128Cbc | Self::Aes256Cbc => self.decrypt_cbc(key, ciphertext).map(without_padding),
        }
        .unwrap_or_default()
    }

    /// The nonce stands before the ciphertext, the tag behind it (XML Encryption 1.1 §5.2.4).
    fn decrypt_gcm(self, key: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        let algorithm = if self == Self::Aes128Gcm { &AES_128_GCM } else { &AES_256_GCM };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        let (nonce, sealed) = ciphertext.split_first_chunk::<NONCE_LEN>()?;
        let mut text = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = key.open_in_place(nonce, Aad::empty(), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    /// The initialization vector stands before the ciphertext (XML Encryption 1.1 §5.2.2).
    fn decrypt_cbc(self, key: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        let algorithm = if self == Self::Aes128Cbc { &AES_128 } else { &AES_256 };
        let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
        let (vector, blocks) = ciphertext.split_first_chunk::<AES_BLOCK>()?;
        let mut text = blocks.to_vec();
        key.decrypt(&mut text, DecryptionContext::Iv128(vector.into())).ok()?;
        Some(text)
    }
}

/// Takes ISO 10126 padding off: its last byte is its length, the others are arbitrary (XML Encryption 1.1 §5.2.2). A length
/// that can't be is told by the flag alone: what follows is then done with the text as if one byte were padding.
fn without_padding(mut text: Vec<u8>) -> (Vec<u8>, bool) {
    let length = text.last().map_or(0, |byte| usize::from(*byte));
    let valid = (1..=AES_BLOCK).contains(&length) && length <= text.len();
    text.truncate(text.len().saturating_sub(if valid { length } else { 1 }));
    (text, valid)
}

#[cfg(test)]
mod tests {
    use super::super::ENCRYPTION_NS;
    use super::*;
    use crate::xml::{document_element, parse};

    fn transport(algorithm: &str, parameters: &str) -> Result<KeyTransport, Refusal> {
        let text = format!(
            "<e:EncryptionMethod xmlns:e='{ENCRYPTION_NS}' xmlns:e11='{ENCRYPTION11_NS}' xmlns:ds='{SIGNATURE_NS}' \
             Algorithm='{algorithm}'>{parameters}</e:EncryptionMethod>"
        );
        KeyTransport::read(document_element(&parse(&text).unwrap()).unwrap())
    }

    fn hashes(digest: &str, mask: &str) -> String {
        format!("<ds:DigestMethod Algorithm='{digest}'/><e11:MGF Algorithm='{mask}'/>")
    }

    #[test]
    fn one_hash_for_both_parts_is_accepted_and_defaults_are_sha_1() {
        for name in [RSA_OAEP_MGF1P, RSA_OAEP] {
            assert_eq!(transport(name, ""), Ok(KeyTransport::OaepSha1));
            assert_eq!(transport(name, &hashes(SHA1, MGF1_SHA1)), Ok(KeyTransport::OaepSha1));
        }
        assert_eq!(transport(RSA_OAEP, &hashes(SHA256, MGF1_SHA256)), Ok(KeyTransport::OaepSha256));
        let quirk = format!("<ds:DigestMethod Algorithm='{SHA256_OF_BOTH}'/>");
        assert_eq!(transport(RSA_OAEP_MGF1P, &quirk), Ok(KeyTransport::OaepSha256));
    }

    #[test]
    fn two_different_hashes_are_refused_by_name() {
        let only_digest = format!("<ds:DigestMethod Algorithm='{SHA256}'/>");
        let mixed = [
            (RSA_OAEP_MGF1P, only_digest.clone()),
            (RSA_OAEP, only_digest),
            (RSA_OAEP, hashes(SHA1, MGF1_SHA256)),
            (RSA_OAEP, hashes(SHA256, MGF1_SHA1)),
            (RSA_OAEP, hashes("http://www.w3.org/2001/04/xmlenc#sha512", MGF1_SHA256)),
            (RSA_OAEP_MGF1P, hashes(SHA256_OF_BOTH, MGF1_SHA1)),
            (RSA_OAEP, hashes(SHA1, MGF1_SHA1) + &hashes(SHA256, MGF1_SHA256)),
        ];
        for (name, parameters) in mixed {
            let refusal = transport(name, &parameters).unwrap_err();
            assert_eq!(refusal.reason, Reason::KeyTransportHashes, "{name} {parameters}");
        }
    }

    #[test]
    fn padding_is_known_by_its_last_byte_alone() {
        let padded = |last: u8| [vec![7; 31], vec![last]].concat();
        assert_eq!(without_padding(padded(1)), (vec![7; 31], true));
        assert_eq!(without_padding(padded(16)), (vec![7; 16], true));
        for last in [0, 17, 255] {
            assert_eq!(without_padding(padded(last)), (vec![7; 31], false));
        }
        assert_eq!(without_padding(Vec::new()), (Vec::new(), false));
    }
}
