//! Enveloped XML signatures as SAML profiles them (saml-core §5, XML Signature 1.1), and no others.

mod algorithms;
mod canonical;
#[cfg(test)]
mod made_up;
#[cfg(test)]
mod second_opinion;
mod shape;
mod sign;
mod verify;

pub(crate) use shape::EnvelopedSignature;
pub(crate) use sign::sign_after_issuer;
pub(crate) use verify::{SignedBytes, SignedDocument, SignedElement, TrustedKeys};

/// Namespace of XML signatures.
pub(crate) const SIGNATURE_NS: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonicalization without comments: a method, a transform, and the namespace of its parameter.
pub(crate) const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The transform that takes a signature out of what it signs.
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
