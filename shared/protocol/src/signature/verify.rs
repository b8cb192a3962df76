//! The check itself: signature first, then digest, with the connection's keys and no others.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::SIGNATURE_NS;
use super::canonical::canonicalize;
use super::shape::EnvelopedSignature;
use crate::saml::{IdpCertificate, Reason, Refusal};

/// The keys a connection trusts, and whether it tolerates SHA-1.
#[derive(Clone, Copy)]
pub(crate) struct TrustedKeys<'a> {
    pub(crate) certificates: &'a [IdpCertificate],
    pub(crate) allow_sha1: bool,
}

/// The canonical text of an element, proven to be what a trusted key signed. Read from these bytes and nothing else.
pub(crate) struct SignedBytes(String);

impl SignedBytes {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl EnvelopedSignature<'_> {
    /// Checks this signature and returns the text it covers.
    pub(crate) fn verify(&self, keys: TrustedKeys<'_>) -> Result<SignedBytes, Refusal> {
        if self.uses_sha1() && !keys.allow_sha1 {
            return Err(Reason::Sha1.into());
        }
        self.verify_signature_value(keys)?;
        let text = canonicalize(self.owner, Some(self.signature), &self.content_prefixes)?;
        let digest = self.digest_algorithm.digest(text.as_bytes());
        verify_slices_are_equal(digest.as_ref(), &self.digest).map_err(|_| Reason::DigestMismatch)?;
        Ok(SignedBytes(text))
    }

    /// Every key of the matching type is tried, because an IdP that rolls over publishes two.
    fn verify_signature_value(&self, keys: TrustedKeys<'_>) -> Result<(), Refusal> {
        let mut candidates =
            keys.certificates.iter().filter(|c| self.algorithm.takes(c.key_kind())).peekable();
        if candidates.peek().is_none() {
            return Err(Refusal::new(Reason::NoKeyOfThisType).received(&format!("{:?}", self.algorithm)));
        }
        let signed_info = canonicalize(self.signed_info, None, &self.signed_info_prefixes)?;
        if candidates.any(|c| self.algorithm.verifies(c, signed_info.as_bytes(), &self.value)) {
            return Ok(());
        }
        let fingerprints: Vec<_> = keys.certificates.iter().map(IdpCertificate::fingerprint_sha256).collect();
        let expected = format!("a certificate with SHA-256 fingerprint {}", fingerprints.join(" or "));
        let refusal = Refusal::new(Reason::SignatureMismatch).expected(expected);
        Err(match self.enclosed_certificate() {
            Some(enclosed) => refusal.received(&format!("one with {}", enclosed.fingerprint_sha256())),
            None => refusal,
        })
    }

    /// The certificate in KeyInfo, told to the admin who wonders which one is in use. Nothing is checked with it.
    fn enclosed_certificate(&self) -> Option<IdpCertificate> {
        let key_info = self.signature.only_child(SIGNATURE_NS, "KeyInfo")?;
        let text = key_info.subtree().find(|e| e.is(SIGNATURE_NS, "X509Certificate"))?.single_text()?;
        IdpCertificate::parse(text).ok()
    }
}
