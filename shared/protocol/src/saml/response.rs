//! The verdict: from the form field `SAMLResponse` to a [`VerifiedAssertion`] or a [`Refusal`].
//!
//! The rule behind the order of the checks: nothing downstream ever sees text that no signature covered. After the
//! signature check the message itself is put away, and the assertion is read from the canonical bytes alone.

use chrono::{DateTime, Utc};
use uppsala::Document;

use super::assertion::{Signed, VerifiedAssertion};
use super::bearer::check_in_response_to;
use super::certificate::IdpCertificate;
use super::parts::{Carried, Keys, Parts};
use super::refusal::{Reason, Refusal};
use super::sp_key::SpKeyPair;
use super::status::check_status;
use super::{ASSERTION_NS, PROTOCOL_NS};
use crate::encoding::decode_base64;
use crate::signature::{SignedBytes, SignedDocument, SignedElement};
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
    /// Our own entity IDs: any of them may be named as audience. The first is what a refusal says was expected, and so what
    /// an admin sets.
    pub audiences: &'a [&'a str],
    /// The connection's signing certificates. All are tried.
    pub certificates: &'a [IdpCertificate],
    /// Our key pairs of this connection, for an encrypted assertion. All are tried.
    pub decryption_keys: &'a [&'a SpKeyPair],
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

    /// Whether the assertion is encrypted, as far as can be seen without trusting anything: a hint for loading our keys.
    pub fn is_encrypted(&self) -> bool {
        self.root().is_ok_and(|root| root.only_child(ASSERTION_NS, "EncryptedAssertion").is_some())
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
        let e = expectations;
        if e.certificates.is_empty() {
            return Err(Reason::NoCertificate.into());
        }
        let parts = Parts::of(response)?;
        let keys = Keys::new(e.certificates, e.allow_sha1, e.decryption_keys);
        // Every signature that there is gets checked: one that doesn't verify is never ignored in favour of one that does.
        let outer = parts.signature.map(|signature| signature.verify(keys.trusted)).transpose()?;
        match (outer, parts.assertion) {
            (outer, Carried::Plain(inner)) => {
                let inner = inner.map(|signature| signature.verify(keys.trusted)).transpose()?;
                match (outer, inner) {
                    (None, None) => Err(Reason::Unsigned.into()),
                    (None, Some(signed)) => {
                        check_envelope(response, e)?;
                        read_assertion(&signed, Signed::Assertion, e)
                    }
                    (Some(outer), inner) => {
                        let signs = if inner.is_some() { Signed::Both } else { Signed::Response };
                        let document = outer.parse()?;
                        let response = signed_response(&document, e)?;
                        let assertion =
                            response.only_child(ASSERTION_NS, "Assertion").ok_or(Reason::NoAssertion)?;
                        VerifiedAssertion::read(assertion, signs, e)
                    }
                }
            }
            (None, Carried::Encrypted(encrypted)) => {
                // First of all: what is found after it is told of the provider, and anybody may write an envelope.
                let signed = keys.open_signed(&encrypted)?;
                check_envelope(response, e)?;
                read_assertion(&signed, Signed::Assertion, e)
            }
            (Some(outer), Carried::Encrypted(_)) => {
                let document = outer.parse()?;
                let response = signed_response(&document, e)?;
                let encrypted =
                    response.only_child(ASSERTION_NS, "EncryptedAssertion").ok_or(Reason::NoAssertion)?;
                let (signed, signs) = keys.open_covered(encrypted)?;
                read_assertion(&signed, signs, e)
            }
        }
    }

    fn root(&self) -> Result<Element<'_>, Refusal> {
        document_element(&self.document).ok_or(Reason::NotXml.into())
    }
}

/// The response as it was signed, once it has said who sent it and which request it answers.
fn signed_response<'d>(
    document: &'d SignedDocument<'_>,
    e: &Expectations<'_>,
) -> Result<SignedElement<'d>, Refusal> {
    let response = document.root(PROTOCOL_NS, "Response")?;
    if response.only_child(ASSERTION_NS, "Issuer").is_none() {
        return Err(Reason::IssuerMissing.into());
    }
    check_envelope(response.element(), e)?;
    Ok(response)
}

/// Reads the assertion that stands alone in signed bytes.
fn read_assertion(
    signed: &SignedBytes,
    signs: Signed,
    e: &Expectations<'_>,
) -> Result<VerifiedAssertion, Refusal> {
    let document = signed.parse()?;
    VerifiedAssertion::read(document.root(ASSERTION_NS, "Assertion")?, signs, e)
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
