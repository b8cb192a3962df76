//! An identity provider that encrypts what it signed, or something that it spoiled.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::idp::{Claims, ENTITY_ID, Idp, assertion, response};

/// The cipher of an assertion; its key travels by RSA-OAEP with SHA-1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Encrypted {
    Gcm,
    Cbc,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spoil {
    Nothing,
    /// A byte of the ciphertext.
    Ciphertext,
    /// The length of the padding.
    Padding,
    /// A byte of the encrypted key.
    Key,
    /// The inner signature: what it signed was changed before it was encrypted.
    Signature,
    /// There is no inner signature.
    NoSignature,
    /// What is inside isn't well-formed.
    Xml,
    /// There is no inner signature, and the envelope says that it comes from somebody else.
    Issuer,
}

const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";

impl Idp {
    /// The form field: a response around an encrypted assertion.
    pub(crate) fn respond_encrypted(&self, claims: &Claims, cipher: Encrypted, spoil: Spoil) -> String {
        let (before, after) = assertion(claims);
        let signature = self.signature(&format!("{before}{after}"));
        let inside = match spoil {
            Spoil::Signature => format!("{before}{signature}{}", after.replace("ada-1", "eve-1")),
            Spoil::NoSignature | Spoil::Issuer => format!("{before}{after}"),
            Spoil::Xml => {
                format!("{before}{signature}{after}").replace("</saml:Assertion>", "</saml:Assertion")
            }
            _ => format!("{before}{signature}{after}"),
        };
        let (mut data, algorithm) = match cipher {
            Encrypted::Gcm => (gcm(inside), "http://www.w3.org/2009/xmlenc11#aes256-gcm"),
            Encrypted::Cbc => (cbc(inside), "http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
        };
        let mut key = self.encrypted_key();
        let length = data.len();
        match spoil {
            Spoil::Ciphertext => data[40] ^= 1,
            // The last byte of the block before is added to the last byte of the text: a length of more than a block.
            Spoil::Padding => data[length - 17] ^= 0xF0,
            Spoil::Key => key[5] ^= 1,
            _ => {}
        }
        let value = |bytes: &[u8]| {
            let text = STANDARD.encode(bytes);
            format!("<xenc:CipherData><xenc:CipherValue>{text}</xenc:CipherValue></xenc:CipherData>")
        };
        let encrypted = format!(
            "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
             <xenc:EncryptedData xmlns:xenc=\"{XENC}\" Type=\"{XENC}Element\">\
             <xenc:EncryptionMethod Algorithm=\"{algorithm}\"/>\
             <ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey>\
             <xenc:EncryptionMethod Algorithm=\"{XENC}rsa-oaep-mgf1p\"/>{}</xenc:EncryptedKey></ds:KeyInfo>{}\
             </xenc:EncryptedData></saml:EncryptedAssertion>",
            value(&key),
            value(&data)
        );
        let written = response(claims, "Success", &encrypted);
        if spoil != Spoil::Issuer {
            return written;
        }
        let text = String::from_utf8(STANDARD.decode(written).unwrap()).unwrap();
        STANDARD.encode(text.replacen(ENTITY_ID, "https://evil.example/words-for-the-log", 1))
    }

    fn encrypted_key(&self) -> Vec<u8> {
        let public = PrivateDecryptingKey::from_pkcs8(self.pair.pkcs8()).unwrap().public_key();
        let public = OaepPublicEncryptingKey::new(public).unwrap();
        let mut output = vec![0; public.ciphertext_size()];
        public.encrypt(&OAEP_SHA1_MGF1SHA1, &KEY, &mut output, None).unwrap().to_vec()
    }
}

const KEY: [u8; 32] = [7; 32];

fn gcm(text: String) -> Vec<u8> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &KEY).unwrap());
    let (nonce, mut sealed) = ([9; 12], text.into_bytes());
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).unwrap();
    [nonce.to_vec(), sealed].concat()
}

fn cbc(text: String) -> Vec<u8> {
    let key = EncryptingKey::cbc(UnboundCipherKey::new(&AES_256, &KEY).unwrap()).unwrap();
    let (vector, mut padded) = ([9; 16], text.into_bytes());
    let length = 16 - padded.len() % 16;
    padded.extend(vec![length as u8; length]);
    key.less_safe_encrypt(&mut padded, EncryptionContext::Iv128((&vector).into())).unwrap();
    [vector.to_vec(), padded].concat()
}
