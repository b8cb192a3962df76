//! The algorithms a signature may name (RFC 9231 §2.3), and which primitive and key each one takes.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as primitive, UnparsedPublicKey, VerificationAlgorithm};

use crate::saml::{IdpCertificate, KeyKind, Reason, Refusal};

/// What an admin is told to choose.
const EXPECTED: &str = "RSA or ECDSA with SHA-256, SHA-384 or SHA-512";

/// How SignedInfo was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureAlgorithm {
    RsaSha1,
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
}

impl SignatureAlgorithm {
    pub(crate) fn from_uri(uri: &str) -> Result<Self, Refusal> {
        Ok(match uri {
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1" => Self::RsaSha1,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => Self::RsaSha256,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => Self::RsaSha384,
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => Self::RsaSha512,
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => Self::EcdsaSha256,
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => Self::EcdsaSha384,
            _ => {
                let shared_secret = uri.contains("#hmac-");
                let reason = if shared_secret { Reason::HmacSignature } else { Reason::SignatureAlgorithm };
                return Err(Refusal::new(reason).expected(EXPECTED).received(uri));
            }
        })
    }

    /// Whether collisions can be made for the hash this signs.
    pub(crate) fn is_sha1(self) -> bool {
        self == Self::RsaSha1
    }

    /// Whether a key of this kind makes this kind of signature. Each curve goes with the hash of its strength.
    pub(crate) fn takes(self, key: KeyKind) -> bool {
        match self {
            Self::RsaSha1 | Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512 => {
                matches!(key, KeyKind::Rsa { .. })
            }
            Self::EcdsaSha256 => key == KeyKind::EcP256,
            Self::EcdsaSha384 => key == KeyKind::EcP384,
        }
    }

    /// Whether the certificate's key made this signature. ECDSA values are r‖s of fixed length (XML Signature 1.1 §6.4.3).
    pub(crate) fn verifies(self, certificate: &IdpCertificate, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match self {
            Self::RsaSha1 => &primitive::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Self::RsaSha256 => &primitive::RSA_PKCS1_2048_8192_SHA256,
            Self::RsaSha384 => &primitive::RSA_PKCS1_2048_8192_SHA384,
            Self::RsaSha512 => &primitive::RSA_PKCS1_2048_8192_SHA512,
            Self::EcdsaSha256 => &primitive::ECDSA_P256_SHA256_FIXED,
            Self::EcdsaSha384 => &primitive::ECDSA_P384_SHA384_FIXED,
        };
        self.takes(certificate.key_kind())
            && UnparsedPublicKey::new(algorithm, certificate.public_key()).verify(message, signature).is_ok()
    }
}

/// How the signed element was digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DigestAlgorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl DigestAlgorithm {
    pub(crate) fn from_uri(uri: &str) -> Result<Self, Refusal> {
        Ok(match uri {
            "http://www.w3.org/2000/09/xmldsig#sha1" => Self::Sha1,
            "http://www.w3.org/2001/04/xmlenc#sha256" => Self::Sha256,
            "http://www.w3.org/2001/04/xmldsig-more#sha384" => Self::Sha384,
            "http://www.w3.org/2001/04/xmlenc#sha512" => Self::Sha512,
            _ => {
                return Err(Refusal::new(Reason::DigestAlgorithm)
                    .expected("SHA-256, SHA-384 or SHA-512")
                    .received(uri));
            }
        })
    }

    pub(crate) fn is_sha1(self) -> bool {
        self == Self::Sha1
    }

    pub(crate) fn digest(self, bytes: &[u8]) -> Digest {
        digest::digest(self.primitive(), bytes)
    }

    /// Length of the digest in bytes.
    pub(crate) fn length(self) -> usize {
        self.primitive().output_len()
    }

    fn primitive(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}
