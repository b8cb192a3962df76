//! The verdict: from the form field `SAMLResponse` to a [`VerifiedAssertion`] or a [`Refusal`].
//!
//! The rule behind the order of the checks: nothing downstream ever sees text that no signature covered. After the
//! signature check the message itself is put away, and the assertion is read from the canonical bytes alone.

use chrono::{DateTime, Utc};
use uppsala::Document;

use super::assertion::{Signed, VerifiedAssertion};
use super::bearer::check_in_response_to;
use super::certificate::IdpCertificate;
use super::refusal::{Reason, Refusal};
use super::status::check_status;
use super::{ASSERTION_NS, PROTOCOL_NS};
use crate::encoding::decode_base64;
use crate::signature::{EnvelopedSignature, SIGNATURE_NS, SignedBytes, TrustedKeys};
use crate::xml::{self, Element, document_element};

/// Largest response accepted, in bytes of base64.
const MAX_ENCODED_BYTES: usize = 256 * 1024;

/// A response that is bounded and well-formed. Nothing in it is trusted.
pub struct UnverifiedResponse {
    document: Document<'static>,
}

/// What a response is held against: the connection's settings, the stored request, the time.
#[derive(Debug, Clone, Copy)]
pub struct Expectations<'a> {
    /// The URL the response was posted to, as the IdP knows it.
    pub acs_url: &'a str,
    /// The connection's IdP.
    pub idp_entity_id: &'a str,
    /// Our own entity IDs: any of them may be named as audience.
    pub audiences: &'a [&'a str],
    /// The connection's signing certificates. All are tried.
    pub certificates: &'a [IdpCertificate],
    /// Accept SHA-1 in signatures and digests. Collisions are feasible; a warning belongs next to this switch.
    pub allow_sha1: bool,
    /// The ID of the request this answers. `None`: the response is unsolicited and must not claim to answer any.
    pub in_response_to: Option<&'a str>,
    /// How far the IdP's clock may be off, in seconds; more than 300 counts as 300.
    pub skew_seconds: u32,
    /// The present.
    pub now: DateTime<Utc>,
}

impl UnverifiedResponse {
    /// Decodes and parses the value of the form field `SAMLResponse` (saml-bindings §3.5.4).
    ///
    /// # Errors
    /// The bounds, the text rules and "is it a SAML 2.0 Response".
    pub fn parse(saml_response_b64: &[u8]) -> Result<Self, Refusal> {
        if saml_response_b64.len() > MAX_ENCODED_BYTES {
            let received = format!("{} bytes of base64", saml_response_b64.len());
            return Err(Refusal::new(Reason::TooLarge).received(&received));
        }
        let bytes = decode_base64(saml_response_b64).ok_or(Reason::NotBase64)?;
        let text = xml::prescan(&bytes)?;
        let document = xml::parse(text)?.into_static();
        xml::check_signed_message(&document)?;
        let response = Self { document };
        let root = response.root()?;
        if !root.is(PROTOCOL_NS, "Response") {
            let received = format!("{} in namespace {}", root.local_name(), root.namespace());
            let expected = format!("Response in namespace {PROTOCOL_NS}");
            return Err(Refusal::new(Reason::NotAResponse).expected(expected).received(&received));
        }
        check_version(root)?;
        Ok(response)
    }

    /// The request this claims to answer: a hint for loading the stored request, which [`Self::verify`] then holds it to.
    pub fn in_response_to(&self) -> Option<&str> {
        let root = self.root().ok()?;
        root.attribute("InResponseTo").or_else(|| {
            let assertion = root.only_child(ASSERTION_NS, "Assertion")?;
            let confirmation = assertion
                .only_child(ASSERTION_NS, "Subject")?
                .only_child(ASSERTION_NS, "SubjectConfirmation")?;
            confirmation.only_child(ASSERTION_NS, "SubjectConfirmationData")?.attribute("InResponseTo")
        })
    }

    /// Decides whether this response proves who is signing in.
    ///
    /// # Errors
    /// The first check that fails, in the order of [`Reason::ALL`].
    pub fn verify(&self, expectations: &Expectations<'_>) -> Result<VerifiedAssertion, Refusal> {
        let response = self.root()?;
        check_status(response)?;
        check_destination(response, expectations.acs_url)?;
        if expectations.certificates.is_empty() {
            return Err(Reason::NoCertificate.into());
        }
        let (response_bytes, assertion_bytes) = Signatures::of(response)?.verify(expectations)?;
        match (response_bytes, assertion_bytes) {
            (None, None) => Err(Reason::Unsigned.into()),
            (Some(signed), inner) => {
                let signs = if inner.is_some() { Signed::Both } else { Signed::Response };
                let document = signed.parse()?;
                let response = document.root(PROTOCOL_NS, "Response")?;
                if response.only_child(ASSERTION_NS, "Issuer").is_none() {
                    return Err(Reason::IssuerMissing.into());
                }
                check_envelope(response.element(), expectations)?;
                let assertion = response.only_child(ASSERTION_NS, "Assertion").ok_or(Reason::NoAssertion)?;
                VerifiedAssertion::read(assertion, signs, expectations)
            }
            (None, Some(signed)) => {
                check_envelope(response, expectations)?;
                let document = signed.parse()?;
                let assertion = document.root(ASSERTION_NS, "Assertion")?;
                VerifiedAssertion::read(assertion, Signed::Assertion, expectations)
            }
        }
    }

    fn root(&self) -> Result<Element<'_>, Refusal> {
        document_element(&self.document).ok_or(Reason::NotXml.into())
    }
}

/// The signatures of a response whose shape leaves no doubt about what is signed and what is read.
struct Signatures<'d> {
    response: Option<EnvelopedSignature<'d>>,
    assertion: Option<EnvelopedSignature<'d>>,
}

impl<'d> Signatures<'d> {
    /// One assertion, directly inside the one response; signatures only directly inside these two.
    fn of(response: Element<'d>) -> Result<Self, Refusal> {
        let mut assertions = response.children(ASSERTION_NS, "Assertion");
        let encrypted = response.children(ASSERTION_NS, "EncryptedAssertion").count();
        let assertion = assertions.next();
        match (usize::from(assertion.is_some()) + assertions.count(), encrypted) {
            (0, 0) => return Err(Reason::NoAssertion.into()),
            (0, 1) => return Err(Reason::EncryptedAssertionUnsupported.into()),
            (1, 0) => {}
            (plain, encrypted) => {
                let received = format!("{plain} plain and {encrypted} encrypted");
                return Err(Refusal::new(Reason::SeveralAssertions).expected("one").received(&received));
            }
        }
        let assertion = assertion.ok_or(Reason::NoAssertion)?;
        let everywhere = |namespace, name| response.subtree().filter(|e| e.is(namespace, name)).count();
        if everywhere(ASSERTION_NS, "Assertion") + everywhere(ASSERTION_NS, "EncryptedAssertion") != 1 {
            return Err(Reason::MisplacedAssertion.into());
        }
        if everywhere(PROTOCOL_NS, "Response") != 1 {
            return Err(Reason::MisplacedResponse.into());
        }
        let placed = [response, assertion].map(|owner| owner.children(SIGNATURE_NS, "Signature").count());
        if everywhere(SIGNATURE_NS, "Signature") != placed.iter().sum::<usize>() {
            return Err(Reason::MisplacedSignature.into());
        }
        Ok(Self {
            response: EnvelopedSignature::of(response)?,
            assertion: EnvelopedSignature::of(assertion)?,
        })
    }

    /// Checks every signature there is: one that doesn't verify is never ignored in favour of one that does.
    fn verify(&self, e: &Expectations<'_>) -> Result<(Option<SignedBytes>, Option<SignedBytes>), Refusal> {
        let keys = TrustedKeys { certificates: e.certificates, allow_sha1: e.allow_sha1 };
        let check = |signature: &Option<EnvelopedSignature<'_>>| {
            signature.as_ref().map(|s| s.verify(keys)).transpose()
        };
        Ok((check(&self.response)?, check(&self.assertion)?))
    }
}

/// saml-core §2.3.3 and §3.2.2.
pub(super) fn check_version(element: Element<'_>) -> Result<(), Refusal> {
    match element.attribute("Version") {
        Some("2.0") => Ok(()),
        other => {
            Err(Refusal::new(Reason::WrongVersion).expected("2.0").received(other.unwrap_or("no version")))
        }
    }
}

fn check_destination(response: Element<'_>, acs_url: &str) -> Result<(), Refusal> {
    match response.attribute("Destination") {
        Some(destination) if destination != acs_url => {
            Err(Refusal::new(Reason::DestinationMismatch).expected(acs_url).received(destination))
        }
        _ => Ok(()),
    }
}

/// What the response says about itself: that it succeeded, for whom, who sent it, and which request it answers.
fn check_envelope(response: Element<'_>, e: &Expectations<'_>) -> Result<(), Refusal> {
    check_version(response)?;
    check_status(response)?;
    check_destination(response, e.acs_url)?;
    for issuer in response.children(ASSERTION_NS, "Issuer") {
        check_issuer(issuer, e.idp_entity_id, Reason::IssuerMismatch)?;
    }
    match response.attribute("InResponseTo") {
        Some(id) => check_in_response_to(Some(id), e.in_response_to),
        None => Ok(()),
    }
}

pub(super) fn check_issuer(issuer: Element<'_>, entity_id: &str, mismatch: Reason) -> Result<(), Refusal> {
    let received = issuer.leaf_text().unwrap_or_default();
    if received == entity_id {
        Ok(())
    } else {
        Err(Refusal::new(mismatch).expected(entity_id).received(&received))
    }
}
