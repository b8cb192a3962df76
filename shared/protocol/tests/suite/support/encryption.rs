//! An IdP's encryption for tests: puts an EncryptedAssertion in the assertion's place, with OpenSSL where the crate under
//! test uses AWS-LC. It does what it is told, however wrong.

use base64::{Engine, engine::general_purpose::STANDARD};
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, Crypter, Mode};
use openssl::x509::X509;
use serde::{Deserialize, Serialize};

use super::vectors::key_file;
use super::wrapping::assertion;

const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XENC11: &str = "http://www.w3.org/2009/xmlenc11#";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// How a document is encrypted, as `expect.json` and `mutation.json` write it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Encryption {
    /// For whom: the certificate `tests/keys/{certificate}.pem`.
    pub(crate) certificate: String,
    /// `aes256-gcm`, `aes128-gcm`, `aes192-gcm`, `aes256-cbc`, `aes128-cbc`, `tripledes-cbc`.
    pub(crate) content: String,
    /// `oaep-sha1`, `oaep-sha256`, `oaep-sha256-as-npm` (by the name that npm xml-encryption uses), `oaep-sha256-mgf1-sha1`,
    /// `oaep-sha1-mgf1-sha256`, `pkcs1`.
    pub(crate) key_transport: String,
    /// Whether the EncryptedKey stands beside EncryptedData, which points to it, and not inside.
    #[serde(default)]
    pub(crate) beside: bool,
    /// What is encrypted before the assertion, and behind it.
    #[serde(default)]
    pub(crate) before: String,
    #[serde(default)]
    pub(crate) after: String,
    /// Bytes, in hexadecimal, encrypted behind all that.
    #[serde(default)]
    pub(crate) bytes: String,
}

impl Encryption {
    /// The document with its first assertion encrypted.
    pub(crate) fn apply(&self, text: &str) -> String {
        let plain = assertion(text);
        let mut inside = format!("{}{plain}{}", self.before, self.after).into_bytes();
        inside.extend(hex::decode(&self.bytes).unwrap());
        let (key, data) = self.encrypt_content(&inside);
        let method = format!("<xenc:EncryptionMethod Algorithm=\"{}\"/>", self.content_uri());
        let value = |bytes: &[u8]| {
            let text = STANDARD.encode(bytes);
            format!("<xenc:CipherData><xenc:CipherValue>{text}</xenc:CipherValue></xenc:CipherData>")
        };
        let encrypted_key = format!(
            "<xenc:EncryptedKey xmlns:xenc=\"{XENC}\" Id=\"_key_1\">{}{}</xenc:EncryptedKey>",
            self.key_transport_method(),
            value(&self.encrypt_key(&key))
        );
        let pointer = format!("<ds:RetrievalMethod Type=\"{XENC}EncryptedKey\" URI=\"#_key_1\"/>");
        let (inside, beside) =
            if self.beside { (pointer, encrypted_key) } else { (encrypted_key, String::new()) };
        let encrypted = format!(
            "<a:EncryptedAssertion xmlns:a=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
             <xenc:EncryptedData xmlns:xenc=\"{XENC}\" Type=\"{XENC}Element\">{method}\
             <ds:KeyInfo xmlns:ds=\"{DSIG}\">{inside}</ds:KeyInfo>{}</xenc:EncryptedData>{beside}</a:EncryptedAssertion>",
            value(&data)
        );
        text.replacen(plain, &encrypted, 1)
    }

    fn cipher(&self) -> Cipher {
        match self.content.as_str() {
            "aes128-gcm" => Cipher::aes_128_gcm(),
            "aes192-gcm" => Cipher::aes_192_gcm(),
            "aes256-gcm" => Cipher::aes_256_gcm(),
            "aes128-cbc" => Cipher::aes_128_cbc(),
            "aes256-cbc" => Cipher::aes_256_cbc(),
            "tripledes-cbc" => Cipher::des_ede3_cbc(),
            other => panic!("no cipher is called {other}"),
        }
    }

    fn content_uri(&self) -> String {
        format!("{}{}", if self.content.ends_with("gcm") { XENC11 } else { XENC }, self.content)
    }

    /// The content key, and nonce or initialization vector, ciphertext, tag. A document is encrypted once, so that a fixed key
    /// does no harm; with it, a changed byte of the ciphertext has the same effect every time.
    fn encrypt_content(&self, plain: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let cipher = self.cipher();
        let key: Vec<u8> = (1..=cipher.key_len() as u8).collect();
        let start = vec![0x42; cipher.iv_len().unwrap()];
        let mut crypter = Crypter::new(cipher, Mode::Encrypt, &key, Some(&start)).unwrap();
        crypter.pad(false);
        let gcm = self.content.ends_with("gcm");
        let mut padded = plain.to_vec();
        if !gcm {
            // ISO 10126: arbitrary bytes, then their number.
            let length = cipher.block_size() - plain.len() % cipher.block_size();
            padded.extend(vec![0xA5; length - 1]);
            padded.push(length as u8);
        }
        let mut sealed = vec![0; padded.len() + cipher.block_size()];
        let mut written = crypter.update(&padded, &mut sealed).unwrap();
        written += crypter.finalize(&mut sealed[written..]).unwrap();
        sealed.truncate(written);
        let mut tag = vec![0; if gcm { 16 } else { 0 }];
        if gcm {
            crypter.get_tag(&mut tag).unwrap();
        }
        (key, [start, sealed, tag].concat())
    }

    fn key_transport_method(&self) -> String {
        let method = |name: &str, digest: &str, mask: &str| {
            let element = |name: &str, namespace: &str, algorithm: &str| match algorithm {
                "" => String::new(),
                _ => format!("<k:{name} xmlns:k=\"{namespace}\" Algorithm=\"{algorithm}\"/>"),
            };
            format!(
                "<xenc:EncryptionMethod Algorithm=\"{name}\">{}{}</xenc:EncryptionMethod>",
                element("DigestMethod", DSIG, digest),
                element("MGF", XENC11, mask)
            )
        };
        let (oaep, mgf1p) = (format!("{XENC11}rsa-oaep"), format!("{XENC}rsa-oaep-mgf1p"));
        let sha256 = format!("{XENC}sha256");
        let (mask1, mask256) = (format!("{XENC11}mgf1sha1"), format!("{XENC11}mgf1sha256"));
        match self.key_transport.as_str() {
            "oaep-sha1" => method(&mgf1p, "", ""),
            "oaep-sha256" => method(&oaep, &sha256, &mask256),
            "oaep-sha256-as-npm" => method(&mgf1p, &format!("{DSIG}sha256"), ""),
            "oaep-sha256-mgf1-sha1" => method(&mgf1p, &sha256, ""),
            "oaep-sha1-mgf1-sha256" => method(&oaep, &format!("{DSIG}sha1"), &mask256),
            "oaep-sha256-mgf1-sha1-by-name" => method(&oaep, &sha256, &mask1),
            "pkcs1" => method(&format!("{XENC}rsa-1_5"), "", ""),
            other => panic!("no key transport is called {other}"),
        }
    }

    fn encrypt_key(&self, key: &[u8]) -> Vec<u8> {
        let certificate = X509::from_pem(key_file(&format!("{}.pem", self.certificate)).as_bytes()).unwrap();
        let public = certificate.public_key().unwrap();
        let mut encrypter = Encrypter::new(&public).unwrap();
        let (sha1, sha256) = (MessageDigest::sha1(), MessageDigest::sha256());
        let oaep = match self.key_transport.as_str() {
            "pkcs1" => None,
            "oaep-sha1" => Some((sha1, sha1)),
            "oaep-sha256" | "oaep-sha256-as-npm" => Some((sha256, sha256)),
            "oaep-sha1-mgf1-sha256" => Some((sha1, sha256)),
            _ => Some((sha256, sha1)),
        };
        encrypter.set_rsa_padding(oaep.map_or(Padding::PKCS1, |_| Padding::PKCS1_OAEP)).unwrap();
        if let Some((digest, mask)) = oaep {
            encrypter.set_rsa_oaep_md(digest).unwrap();
            encrypter.set_rsa_mgf1_md(mask).unwrap();
        }
        let mut output = vec![0; encrypter.encrypt_len(key).unwrap()];
        let length = encrypter.encrypt(key, &mut output).unwrap();
        output.truncate(length);
        output
    }
}

/// A change to what is encrypted, made without its key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tamper {
    /// Whether the encrypted content key is changed, and not the encrypted assertion.
    #[serde(default)]
    key: bool,
    /// Which byte; counted from the end where negative.
    #[serde(default)]
    at: isize,
    /// What it is changed with.
    #[serde(default)]
    xor: u8,
    /// How many bytes are kept; all of them where absent.
    keep: Option<usize>,
}

impl Tamper {
    pub(crate) fn apply(&self, text: &str) -> String {
        // Each value has two tags of this name; of the two values, the key's is the shorter one wherever it stands.
        let ends: Vec<_> = text.match_indices("CipherValue>").map(|(at, tag)| at + tag.len()).collect();
        assert_eq!(ends.len(), 4, "one key and one text are expected");
        let value = |start: usize| start..start + text[start..].find('<').unwrap();
        let mut ranges = [value(ends[0]), value(ends[2])];
        ranges.sort_by_key(ExactSizeIterator::len);
        let [key, data] = ranges;
        let range = if self.key { key } else { data };
        let compact: String = text[range.clone()].split_whitespace().collect();
        let mut bytes = STANDARD.decode(compact).unwrap();
        bytes.truncate(self.keep.unwrap_or(bytes.len()));
        if self.xor != 0 {
            let at = if self.at < 0 { bytes.len() - self.at.unsigned_abs() } else { self.at as usize };
            bytes[at] ^= self.xor;
        }
        format!("{}{}{}", &text[..range.start], STANDARD.encode(bytes), &text[range.end..])
    }
}
