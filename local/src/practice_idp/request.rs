//! Reading an AuthnRequest: bounded, and only as far as answering it needs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::DeflateDecoder;
use std::io::Read as _;
use uppsala::Parser;

const PROTOCOL_NS: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION_NS: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// The largest request read, in bytes, before and after inflating.
const LIMIT: usize = 64 * 1024;
/// The deepest nesting read.
const MAX_DEPTH: u32 = 32;

/// What an app asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AuthnRequest {
    pub(super) id: String,
    /// The app's entity id.
    pub(super) issuer: String,
    /// Where the answer is to go; none leaves it to what was registered.
    pub(super) acs_url: Option<String>,
    /// The person is to sign in again even if they just did.
    pub(super) force_authn: bool,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("The SAMLRequest is larger than 64 KB.")]
    TooLarge,
    #[error("The SAMLRequest is not base64.")]
    Base64,
    #[error("The SAMLRequest is not deflated, as the HTTP-Redirect binding wants it.")]
    Deflate,
    #[error("The SAMLRequest is not an AuthnRequest of SAML 2.0 with an ID and an Issuer.")]
    NotAuthnRequest,
}

/// The message of the HTTP-Redirect binding (saml-bindings §3.4.4.1): base64 of deflated XML.
pub(super) fn from_redirect(saml_request: &str) -> Result<String, RequestError> {
    let mut inflated = Vec::new();
    let deflated = decode(saml_request)?;
    let limit = u64::try_from(LIMIT).unwrap_or(u64::MAX);
    DeflateDecoder::new(deflated.as_slice())
        .take(limit + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| RequestError::Deflate)?;
    text(inflated)
}

/// The message of the HTTP-POST binding (saml-bindings §3.5.4): base64 of XML.
pub(super) fn from_post(saml_request: &str) -> Result<String, RequestError> {
    decode(saml_request).and_then(text)
}

fn decode(text: &str) -> Result<Vec<u8>, RequestError> {
    if text.len() > LIMIT {
        return Err(RequestError::TooLarge);
    }
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(compact).map_err(|_| RequestError::Base64)
}

fn text(message: Vec<u8>) -> Result<String, RequestError> {
    if message.len() > LIMIT {
        return Err(RequestError::TooLarge);
    }
    String::from_utf8(message).map_err(|_| RequestError::NotAuthnRequest)
}

impl AuthnRequest {
    /// Reads a message.
    pub(super) fn parse(message: &str) -> Result<Self, RequestError> {
        let parser = Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH);
        let document = parser.parse(message).map_err(|_| RequestError::NotAuthnRequest)?;
        Self::read(&document).ok_or(RequestError::NotAuthnRequest)
    }

    fn read(document: &uppsala::Document<'_>) -> Option<Self> {
        let root = document.document_element()?;
        let element = document.element(root)?;
        let is_request = element.name.local_name == "AuthnRequest"
            && element.name.namespace_uri.as_deref() == Some(PROTOCOL_NS);
        let attribute = |name: &str| {
            let mut all = element.attributes.iter();
            let found = all.find(|a| a.name.local_name == name && a.name.namespace_uri.is_none());
            found.map(|a| a.value.to_string())
        };
        let issuer = document.children_iter(root).find(|node| {
            document.element(*node).is_some_and(|child| {
                child.name.local_name == "Issuer" && child.name.namespace_uri.as_deref() == Some(ASSERTION_NS)
            })
        })?;
        if !is_request || attribute("Version").as_deref() != Some("2.0") {
            return None;
        }
        Some(Self {
            id: attribute("ID").filter(|id| !id.is_empty())?,
            issuer: document.text_content_deep(issuer).trim().to_owned(),
            acs_url: attribute("AssertionConsumerServiceURL"),
            force_authn: attribute("ForceAuthn").is_some_and(|value| value == "true" || value == "1"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::DeflateEncoder};
    use std::io::Write as _;

    const REQUEST: &str = r#"<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
        xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0" ForceAuthn="true"
        AssertionConsumerServiceURL="http://127.0.0.1/acs"><saml:Issuer> http://127.0.0.1/sp </saml:Issuer></samlp:AuthnRequest>"#;

    fn deflate(text: &[u8]) -> String {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        BASE64.encode(encoder.finish().unwrap())
    }

    #[test]
    fn both_bindings_carry_the_same_request() {
        let expected = AuthnRequest {
            id: "_1".to_owned(),
            issuer: "http://127.0.0.1/sp".to_owned(),
            acs_url: Some("http://127.0.0.1/acs".to_owned()),
            force_authn: true,
        };
        let redirected = from_redirect(&deflate(REQUEST.as_bytes())).unwrap();
        let posted = from_post(&BASE64.encode(REQUEST)).unwrap();
        assert_eq!(AuthnRequest::parse(&redirected), Ok(expected.clone()));
        assert_eq!(AuthnRequest::parse(&posted), Ok(expected));
    }

    #[test]
    fn a_message_that_inflates_beyond_the_limit_is_refused() {
        let bomb = deflate(&vec![b' '; 10 * LIMIT]);
        assert!(bomb.len() < LIMIT);
        assert_eq!(from_redirect(&bomb), Err(RequestError::TooLarge));
        assert_eq!(from_post(&"A".repeat(LIMIT + 1)), Err(RequestError::TooLarge));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        assert_eq!(from_redirect("%"), Err(RequestError::Base64));
        assert_eq!(from_redirect(&BASE64.encode(REQUEST)), Err(RequestError::Deflate));
        for other in [
            "",
            "<a/>",
            "<!DOCTYPE a><a/>",
            &REQUEST.replace("ID=\"_1\"", ""),
            &REQUEST.replace("AuthnRequest", "LogoutRequest"),
            &REQUEST.replace("2.0\" ForceAuthn", "1.1\" ForceAuthn"),
        ] {
            assert_eq!(AuthnRequest::parse(other), Err(RequestError::NotAuthnRequest), "{other}");
        }
    }
}
