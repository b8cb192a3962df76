//! The practice identity provider's key, and its signatures: enveloped, by ID, after the Issuer (saml-core §5.4).

use crate::files;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use chrono::{DateTime, Utc};
use portico_protocol::saml::sp_key::{SpKeyError, SpKeyPair};
use std::path::Path;
use uppsala::{Document, NodeId, Parser};

const ASSERTION_NS: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// A key with its certificate.
pub(super) struct Signer {
    key: RsaKeyPair,
    certificate: Vec<u8>,
}

/// Why nothing was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignError {
    /// The key cannot be made or used.
    #[error("the signing key cannot be made or used")]
    Key,
    /// The message has no element of that ID with an Issuer.
    #[error("the message has no element to sign")]
    Message,
}

impl From<SpKeyError> for SignError {
    fn from(_: SpKeyError) -> Self {
        Self::Key
    }
}

impl Signer {
    /// A key that nobody has been told.
    pub(super) fn generate(now: DateTime<Utc>) -> Result<Self, SignError> {
        Self::from_pair(&SpKeyPair::generate("Practice identity provider", now)?)
    }

    /// The key in a directory; it is made when it isn't there.
    pub(super) fn open(directory: &Path, now: DateTime<Utc>) -> std::io::Result<Self> {
        let (key, certificate) = (directory.join("key.der"), directory.join("certificate.der"));
        if !key.exists() || !certificate.exists() {
            files::create_private_directory(directory)?;
            let pair =
                SpKeyPair::generate("Practice identity provider", now).map_err(std::io::Error::other)?;
            files::write_private(&certificate, pair.certificate_der())?;
            files::write_private(&key, pair.pkcs8())?;
        }
        let pair = SpKeyPair::from_parts(&std::fs::read(key)?, &std::fs::read(certificate)?);
        pair.map_err(SignError::from).and_then(|pair| Self::from_pair(&pair)).map_err(std::io::Error::other)
    }

    fn from_pair(pair: &SpKeyPair) -> Result<Self, SignError> {
        let key = RsaKeyPair::from_pkcs8(pair.pkcs8()).map_err(|_| SignError::Key)?;
        Ok(Self { key, certificate: pair.certificate_der().to_vec() })
    }

    /// The certificate as metadata carries it.
    pub(super) fn certificate_base64(&self) -> String {
        BASE64.encode(&self.certificate)
    }

    /// The message with a signature over its element of this ID.
    pub(super) fn sign(&self, message: &str, id: &str) -> Result<String, SignError> {
        let document = Parser::new().with_forbid_dtd(true).parse(message).map_err(|_| SignError::Message)?;
        let element = element_with_id(&document, id).ok_or(SignError::Message)?;
        let issuer = issuer_of(&document, element).ok_or(SignError::Message)?;
        let end_of_issuer = document.node_range(issuer).ok_or(SignError::Message)?.end;

        let visible = NodeSet::tree_without_comments(element, &document);
        let no_prefixes: &[&str] = &[];
        let canonical = canonicalize_doc(&document, C14nMode::Exclusive, Some(&visible), no_prefixes)
            .map_err(|_| SignError::Message)?;
        let signed_info = signed_info(id, &BASE64.encode(digest(&SHA256, &canonical)));
        let mut value = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed_info.as_bytes(), &mut value)
            .map_err(|_| SignError::Key)?;
        let signature = format!(
            "<ds:Signature xmlns:ds=\"{DSIG}\">{signed_info}<ds:SignatureValue>{}</ds:SignatureValue>\
             <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             </ds:Signature>",
            BASE64.encode(value),
            self.certificate_base64(),
        );
        let (before, after) = message.split_at_checked(end_of_issuer).ok_or(SignError::Message)?;
        Ok([before, &signature, after].concat())
    }
}

/// In canonical form already: these are the bytes to sign.
fn signed_info(id: &str, digest: &str) -> String {
    format!(
        "<ds:SignedInfo xmlns:ds=\"{DSIG}\">\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></ds:SignatureMethod>\
         <ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{DSIG}enveloped-signature\"></ds:Transform>\
         <ds:Transform Algorithm=\"{EXCLUSIVE_C14N}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
}

fn element_with_id(document: &Document<'_>, id: &str) -> Option<NodeId> {
    let root = document.document_element()?;
    let all = std::iter::once(root).chain(document.descendants(root));
    all.into_iter().find(|node| {
        let attributes = document.element(*node).map(|element| element.attributes.iter());
        attributes.into_iter().flatten().any(|a| a.name.local_name == "ID" && a.value == id)
    })
}

fn issuer_of(document: &Document<'_>, element: NodeId) -> Option<NodeId> {
    document.children_iter(element).find(|node| {
        document.element(*node).is_some_and(|child| {
            child.name.local_name == "Issuer" && child.name.namespace_uri.as_deref() == Some(ASSERTION_NS)
        })
    })
}
