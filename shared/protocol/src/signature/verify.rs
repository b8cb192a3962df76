//! The check itself: signature first, then digest, with the connection's keys and no others.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use uppsala::Document;

use super::SIGNATURE_NS;
use super::canonical::canonicalize;
use super::shape::EnvelopedSignature;
use crate::saml::{IdpCertificate, Reason, Refusal};
use crate::xml::{Element, document_element, parse};

/// The keys a connection trusts, and whether it tolerates SHA-1.
#[derive(Clone, Copy)]
pub(crate) struct TrustedKeys<'a> {
    pub(crate) certificates: &'a [IdpCertificate],
    pub(crate) allow_sha1: bool,
}

/// The canonical text of an element, proven to be what a trusted key signed.
pub(crate) struct SignedBytes(String);

impl SignedBytes {
    /// The canonical text of an assertion without a signature of its own that was decrypted from signed ciphertext: whoever
    /// signed the ciphertext, whose proof is the argument, answers for what is inside.
    pub(crate) fn of_decrypted(
        assertion: Element<'_>,
        _ciphertext: SignedElement<'_>,
    ) -> Result<Self, Refusal> {
        canonicalize(assertion, None, &[]).map(Self)
    }

    /// Parses the text anew, so that nothing is read which the digest didn't cover.
    pub(crate) fn parse(&self) -> Result<SignedDocument<'_>, Refusal> {
        Ok(SignedDocument(parse(&self.0)?))
    }
}

/// A document made of signed bytes and nothing else.
pub(crate) struct SignedDocument<'b>(Document<'b>);

impl SignedDocument<'_> {
    /// The root, which has to be the element whose signature was checked.
    pub(crate) fn root(&self, namespace: &str, local_name: &str) -> Result<SignedElement<'_>, Refusal> {
        let root = document_element(&self.0).filter(|root| root.is(namespace, local_name));
        root.map(SignedElement).ok_or(Reason::CanonicalForm.into())
    }
}

/// An element of a [`SignedDocument`]: what takes one can't be handed an element of the message itself.
#[derive(Clone, Copy)]
pub(crate) struct SignedElement<'d>(Element<'d>);

impl<'d> SignedElement<'d> {
    pub(crate) fn element(self) -> Element<'d> {
        self.0
    }

    /// The child of this name, when there is exactly one.
    pub(crate) fn only_child(self, namespace: &str, local_name: &str) -> Option<Self> {
        self.0.only_child(namespace, local_name).map(Self)
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
