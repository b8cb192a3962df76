//! An identity provider's signing certificate: a container for a public key that an admin has put on a connection.
//!
//! Trust comes from the configuration, not from the certificate: no chain is followed, and an expired certificate is
//! still the key the admin chose. Its dates are shown, and warned about elsewhere.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::encoding::{decode_base64, encode_base64};

/// Smallest and largest RSA modulus accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Largest text accepted for one certificate, in bytes.
const MAX_TEXT_BYTES: usize = 32 * 1024;
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// X9.62 curve names as object identifiers (RFC 5480 §2.1.1.1).
const P256_OID: &str = "1.2.840.10045.3.1.7";
const P384_OID: &str = "1.3.132.0.34";

/// The type and size of a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of this many bits.
    Rsa {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// ECDSA on P-256.
    EcP256,
    /// ECDSA on P-384.
    EcP384,
}

/// Why a text is not a certificate that can sign responses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Neither PEM nor base64.
    #[error(
        "This is not a certificate. Paste the X.509 signing certificate, starting with -----BEGIN CERTIFICATE-----."
    )]
    NotACertificate,
    /// A private key was pasted.
    #[error("This is a private key. Keep it secret, and paste the certificate instead.")]
    PrivateKey,
    /// More than one PEM block.
    #[error("This text holds more than one certificate. Add them one at a time.")]
    SeveralCertificates,
    /// The text is larger than 32 KB.
    #[error("This text is too long for one certificate (32 KB at most).")]
    TooLong,
    /// An RSA key outside 2048 to 8192 bits.
    #[error(
        "The certificate's RSA key has {bits} bits. It needs 2048 to 8192: have the identity provider make a new one."
    )]
    RsaKeySize {
        /// Length of the modulus in bits.
        bits: usize,
    },
    /// Neither RSA nor ECDSA on P-256 or P-384.
    #[error(
        "The certificate's key is of a type that is not accepted. Use RSA with at least 2048 bits, or ECDSA with P-256 or P-384."
    )]
    KeyType,
    /// A validity date outside what a calendar holds.
    #[error("The certificate's validity dates can't be read.")]
    Dates,
}

/// A certificate whose key is strong enough to check signatures with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpCertificate {
    der: Vec<u8>,
    public_key: Vec<u8>,
    key_kind: KeyKind,
    subject: String,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
}

impl IdpCertificate {
    /// Reads one certificate: PEM, or the base64 of its DER as it stands in metadata.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn parse(text: &str) -> Result<Self, CertificateError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(CertificateError::TooLong);
        }
        if text.contains("PRIVATE KEY-----") {
            return Err(CertificateError::PrivateKey);
        }
        let base64 = match text.matches(BEGIN).count() {
            0 => text,
            1 => text
                .split_once(BEGIN)
                .and_then(|(_, rest)| rest.split_once(END))
                .map(|(body, _)| body)
                .unwrap_or(""),
            _ => return Err(CertificateError::SeveralCertificates),
        };
        let der = decode_base64(base64.as_bytes()).ok_or(CertificateError::NotACertificate)?;
        Self::from_der(der)
    }

    fn from_der(der: Vec<u8>) -> Result<Self, CertificateError> {
        let (rest, certificate) =
            X509Certificate::from_der(&der).map_err(|_| CertificateError::NotACertificate)?;
        if !rest.is_empty() {
            return Err(CertificateError::NotACertificate);
        }
        let key_kind = key_kind(&certificate)?;
        let date = |seconds: i64| DateTime::from_timestamp(seconds, 0).ok_or(CertificateError::Dates);
        Ok(Self {
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
            key_kind,
            subject: certificate.subject().to_string(),
            not_before: date(certificate.validity().not_before.timestamp())?,
            not_after: date(certificate.validity().not_after.timestamp())?,
            der,
        })
    }

    /// The certificate as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM, 64 characters to a line (RFC 7468 §3).
    pub fn to_pem(&self) -> String {
        let base64 = encode_base64(&self.der);
        let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    }

    /// SHA-256 of the DER, in lower-case hexadecimal.
    pub fn fingerprint_sha256(&self) -> String {
        hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der))
    }

    /// The subject's distinguished name, for people to read.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Start of validity.
    pub fn not_before(&self) -> DateTime<Utc> {
        self.not_before
    }

    /// End of validity. A past date doesn't stop signatures from being accepted.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// Type and size of the key.
    pub fn key_kind(&self) -> KeyKind {
        self.key_kind
    }

    /// The key itself: an RSAPublicKey or an uncompressed curve point.
    pub(crate) fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

fn key_kind(certificate: &X509Certificate<'_>) -> Result<KeyKind, CertificateError> {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let modulus: Vec<u8> = rsa.modulus.iter().copied().skip_while(|byte| *byte == 0).collect();
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
            let bits = modulus.len() * 8 - unused;
            if RSA_BITS.contains(&bits) {
                Ok(KeyKind::Rsa { bits })
            } else {
                Err(CertificateError::RsaKeySize { bits })
            }
        }
        Ok(PublicKey::EC(_)) => {
            let curve = info.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
            match curve.map(|oid| oid.to_id_string()).as_deref() {
                Some(P256_OID) => Ok(KeyKind::EcP256),
                Some(P384_OID) => Ok(KeyKind::EcP384),
                _ => Err(CertificateError::KeyType),
            }
        }
        _ => Err(CertificateError::KeyType),
    }
}

impl Serialize for IdpCertificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_pem())
    }
}

impl<'de> Deserialize<'de> for IdpCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = include_str!("../../tests/keys/idp.pem");

    #[test]
    fn pem_and_the_base64_of_metadata_are_the_same_certificate() {
        let from_pem = IdpCertificate::parse(RSA).unwrap();
        let body: String = RSA.lines().filter(|line| !line.starts_with("-----")).collect();
        assert_eq!(IdpCertificate::parse(&body).unwrap(), from_pem);
        assert_eq!(from_pem.to_pem(), RSA);
        assert_eq!(from_pem.key_kind(), KeyKind::Rsa { bits: 2048 });
        assert_eq!(from_pem.subject(), "CN=portico test only idp");
    }

    #[test]
    fn the_fingerprint_is_the_one_openssl_shows() {
        let openssl = openssl::x509::X509::from_pem(RSA.as_bytes()).unwrap();
        let digest = openssl.digest(openssl::hash::MessageDigest::sha256()).unwrap();
        assert_eq!(IdpCertificate::parse(RSA).unwrap().fingerprint_sha256(), hex::encode(digest));
    }

    #[test]
    fn both_curves_are_known() {
        let kind = |text| IdpCertificate::parse(text).unwrap().key_kind();
        assert_eq!(kind(include_str!("../../tests/keys/p256.pem")), KeyKind::EcP256);
        assert_eq!(kind(include_str!("../../tests/keys/p384.pem")), KeyKind::EcP384);
    }

    #[test]
    fn each_unusable_text_has_its_own_error() {
        let error = |text: &str| IdpCertificate::parse(text).unwrap_err();
        let weak = include_str!("../../tests/keys/weak.pem");
        assert_eq!(error(weak), CertificateError::RsaKeySize { bits: 1024 });
        assert_eq!(error(include_str!("../../tests/keys/idp.key.pem")), CertificateError::PrivateKey);
        assert_eq!(error(&RSA.repeat(2)), CertificateError::SeveralCertificates);
        assert_eq!(error(&" ".repeat(40_000)), CertificateError::TooLong);
        for text in ["", "hello", "AAAA", BEGIN, &RSA.replace("MII", "MIJ")] {
            assert_eq!(error(text), CertificateError::NotACertificate, "{text}");
        }
    }

    #[test]
    fn stored_as_json_it_is_pem() {
        let certificate = IdpCertificate::parse(RSA).unwrap();
        let json = serde_json::to_value(&certificate).unwrap();
        assert_eq!(json, RSA);
        assert_eq!(serde_json::from_value::<IdpCertificate>(json).unwrap(), certificate);
        assert!(serde_json::from_value::<IdpCertificate>("x".into()).is_err());
    }
}
