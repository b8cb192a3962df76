//! What a response carries, found only in a response whose shape leaves no doubt about what is signed and what is read.

use super::certificate::IdpCertificate;
use super::refusal::{Reason, Refusal};
use super::{ASSERTION_NS, PROTOCOL_NS, Signed, SpKeyPair};
use crate::encryption::EncryptedAssertion;
use crate::signature::{EnvelopedSignature, SIGNATURE_NS, SignedBytes, SignedElement, TrustedKeys};
use crate::xml::Element;

/// The response's own signature, if it has one, and its one assertion.
pub(super) struct Parts<'d> {
    pub(super) signature: Option<EnvelopedSignature<'d>>,
    pub(super) assertion: Carried<'d>,
}

/// The one assertion of a response.
pub(super) enum Carried<'d> {
    /// To be read as it stands: its signature, if it has one.
    Plain(Option<EnvelopedSignature<'d>>),
    /// Encrypted. What is inside may have a signature of its own.
    Encrypted(EncryptedAssertion<'d>),
}

impl<'d> Parts<'d> {
    /// One assertion, directly inside the one response; signatures only directly inside these two.
    pub(super) fn of(response: Element<'d>) -> Result<Self, Refusal> {
        let assertion = only_assertion(response)?;
        let everywhere = |namespace, name| response.subtree().filter(|e| e.is(namespace, name)).count();
        if everywhere(ASSERTION_NS, "Assertion") + everywhere(ASSERTION_NS, "EncryptedAssertion") != 1 {
            return Err(Reason::MisplacedAssertion.into());
        }
        if everywhere(PROTOCOL_NS, "Response") != 1 {
            return Err(Reason::MisplacedResponse.into());
        }
        let encrypted = assertion.local_name() == "EncryptedAssertion";
        let placed = |owner: Element<'_>| owner.children(SIGNATURE_NS, "Signature").count();
        let inside = if encrypted { 0 } else { placed(assertion) };
        if everywhere(SIGNATURE_NS, "Signature") != placed(response) + inside {
            return Err(Reason::MisplacedSignature.into());
        }
        let signature = EnvelopedSignature::of(response)?;
        let assertion = if encrypted {
            Carried::Encrypted(EncryptedAssertion::read(assertion)?)
        } else {
            Carried::Plain(EnvelopedSignature::of(assertion)?)
        };
        Ok(Self { signature, assertion })
    }
}

/// The one child that is an assertion, plain or encrypted.
fn only_assertion(response: Element<'_>) -> Result<Element<'_>, Refusal> {
    let mut plain = response.children(ASSERTION_NS, "Assertion");
    let mut encrypted = response.children(ASSERTION_NS, "EncryptedAssertion");
    let first = [plain.next(), encrypted.next()];
    match (first, plain.count() + encrypted.count()) {
        ([None, None], _) => Err(Reason::NoAssertion.into()),
        ([Some(only), None] | [None, Some(only)], 0) => Ok(only),
        (_, _) => {
            let count = |name| response.children(ASSERTION_NS, name).count();
            let received =
                format!("{} plain and {} encrypted", count("Assertion"), count("EncryptedAssertion"));
            Err(Refusal::new(Reason::SeveralAssertions).expected("one").received(&received))
        }
    }
}

/// The keys of one connection.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    pub(super) trusted: TrustedKeys<'a>,
    pub(super) decrypting: &'a [&'a SpKeyPair],
}

impl<'a> Keys<'a> {
    pub(super) fn new(
        certificates: &'a [IdpCertificate],
        allow_sha1: bool,
        decrypting: &'a [&'a SpKeyPair],
    ) -> Self {
        Self { trusted: TrustedKeys { certificates, allow_sha1 }, decrypting }
    }

    /// Opens an assertion under a response without a signature: it has to be signed itself. From the first touch of a key
    /// to the inner signature every failure is one and the same.
    pub(super) fn open_signed(self, encrypted: &EncryptedAssertion<'_>) -> Result<SignedBytes, Refusal> {
        self.open(encrypted, None).map(|(bytes, _)| bytes)
    }

    /// Opens an assertion in a signed response. A signature of its own is checked and decides what is read; without one,
    /// the response's covers the ciphertext and so what is inside. One and the same failure, as above.
    pub(super) fn open_covered(self, encrypted: SignedElement<'_>) -> Result<(SignedBytes, Signed), Refusal> {
        self.open(&EncryptedAssertion::read(encrypted.element())?, Some(encrypted))
    }

    fn open(
        self,
        encrypted: &EncryptedAssertion<'_>,
        covered: Option<SignedElement<'_>>,
    ) -> Result<(SignedBytes, Signed), Refusal> {
        let verdict = || {
            let opened = encrypted.open(self.decrypting)?;
            let assertion = opened.assertion()?;
            match (EnvelopedSignature::of(assertion)?, covered) {
                (Some(signature), Some(_)) => Ok((signature.verify(self.trusted)?, Signed::Both)),
                (Some(signature), None) => Ok((signature.verify(self.trusted)?, Signed::Assertion)),
                (None, Some(covered)) => {
                    Ok((SignedBytes::of_decrypted(assertion, covered)?, Signed::Response))
                }
                (None, None) => Err(Refusal::from(Reason::Unsigned)),
            }
        };
        verdict().map_err(|_| Reason::DecryptionFailed.into())
    }
}
