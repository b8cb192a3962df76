//! Putting an enveloped signature into a message that we wrote ourselves.

use super::canonical::canonicalize;
use super::{ENVELOPED, EXCLUSIVE_C14N, SIGNATURE_NS};
use crate::encoding::encode_base64;
use crate::saml::{ASSERTION_NS, SpKeyError, SpKeyPair};
use crate::xml::{document_element, parse};

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

/// Signs the root element of `message` by its ID and puts the signature after the Issuer, where the schema wants it
/// (saml-core §3.2.1).
pub(crate) fn sign_after_issuer(message: &str, key: &SpKeyPair) -> Result<String, SpKeyError> {
    let document = parse(message).map_err(|_| SpKeyError::Sign)?;
    let root = document_element(&document).ok_or(SpKeyError::Sign)?;
    let id = root.attribute("ID").ok_or(SpKeyError::Sign)?;
    let issuer = root.only_child(ASSERTION_NS, "Issuer").ok_or(SpKeyError::Sign)?;
    let end_of_issuer = document.node_range(issuer.node()).ok_or(SpKeyError::Sign)?.end;

    let text = canonicalize(root, None, &[]).map_err(|_| SpKeyError::Sign)?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    // Already in canonical form, its namespace declared as canonicalization would: these are the bytes to sign.
    let signed_info = format!(
        "<ds:SignedInfo xmlns:ds=\"{SIGNATURE_NS}\">\
         <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_C14N}\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"></ds:SignatureMethod>\
         <ds:Reference URI=\"#{id}\"><ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"></ds:Transform>\
         <ds:Transform Algorithm=\"{EXCLUSIVE_C14N}\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{SHA256}\"></ds:DigestMethod>\
         <ds:DigestValue>{}</ds:DigestValue></ds:Reference></ds:SignedInfo>",
        encode_base64(digest.as_ref()),
    );
    let signature = format!(
        "<ds:Signature xmlns:ds=\"{SIGNATURE_NS}\">{signed_info}<ds:SignatureValue>{}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        encode_base64(&key.sign(signed_info.as_bytes())?),
        encode_base64(key.certificate_der()),
    );
    let (before, after) = message.split_at_checked(end_of_issuer).ok_or(SpKeyError::Sign)?;
    Ok([before, &signature, after].concat())
}
