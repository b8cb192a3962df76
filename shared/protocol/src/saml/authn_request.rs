//! Asking an IdP to sign someone in (saml-core §3.4), by redirect or by form.

use std::io::Write;

use chrono::{DateTime, Utc};
use flate2::{Compression, write::DeflateEncoder};
use samael::schema::{Issuer, NameIdPolicy};
use samael::traits::ToXml;
use url::Url;

use super::sp_key::{SpKeyError, SpKeyPair};
use crate::address::{escape, in_ascii, with_query};
use crate::encoding::encode_base64;
use crate::signature::sign_after_issuer;

const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// Longest RelayState (saml-bindings §3.4.3), in bytes.
const MAX_RELAY_STATE: usize = 80;

/// One request for authentication.
#[derive(Debug, Clone, Copy)]
pub struct AuthnRequest<'a> {
    /// Unpredictable, unique, and an XML name: it starts with a letter or `_`.
    pub id: &'a str,
    /// When it was made.
    pub issue_instant: DateTime<Utc>,
    /// The IdP's sign-in URL for the binding used.
    pub destination: &'a str,
    /// Where the response is to be posted.
    pub acs_url: &'a str,
    /// Our entity ID for this connection.
    pub sp_entity_id: &'a str,
    /// Ask for fresh credentials even if the person has a session at the IdP.
    pub force_authn: bool,
    /// Ask the IdP not to show anything.
    pub is_passive: bool,
    /// Ask for NameIDs of this format.
    pub name_id_format: Option<&'a str>,
}

/// What a page posts to the IdP. Write the values into attributes of a form, escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Where to.
    pub action: String,
    /// The field `SAMLRequest`.
    pub saml_request: String,
    /// The field `RelayState`.
    pub relay_state: String,
}

/// Why a request can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthnRequestError {
    /// The ID is not an XML name.
    #[error("the request's ID is not an XML name")]
    Id,
    /// The destination is not a web address.
    #[error("the identity provider's sign-in URL is not an http or https URL")]
    Destination,
    /// RelayState is longer than 80 bytes.
    #[error("RelayState is longer than 80 bytes")]
    RelayState,
    /// The message couldn't be written.
    #[error("writing the request failed")]
    Write,
    /// The message couldn't be signed.
    #[error(transparent)]
    Sign(#[from] SpKeyError),
}

impl AuthnRequest<'_> {
    /// The URL that carries this request by HTTP-Redirect (saml-bindings §3.4). With a key, the query is signed over
    /// exactly the octets that are sent. A query that the destination already has stays in front.
    ///
    /// # Errors
    /// See [`AuthnRequestError`].
    pub fn redirect_url(
        &self,
        relay_state: &str,
        key: Option<&SpKeyPair>,
    ) -> Result<String, AuthnRequestError> {
        let destination = self.check(relay_state)?;
        let mut query = format!("SAMLRequest={}", escape(&deflate(&self.to_xml(&destination)?)?));
        if !relay_state.is_empty() {
            query.push_str(&format!("&RelayState={}", escape(relay_state)));
        }
        if let Some(key) = key {
            query.push_str(&format!("&SigAlg={}", escape(RSA_SHA256)));
            let signature = encode_base64(&key.sign(query.as_bytes())?);
            query.push_str(&format!("&Signature={}", escape(&signature)));
        }
        Ok(with_query(&destination, &query))
    }

    /// The form that carries this request by HTTP-POST (saml-bindings §3.5). With a key, the message is signed inside.
    ///
    /// # Errors
    /// See [`AuthnRequestError`].
    pub fn post_form(
        &self,
        relay_state: &str,
        key: Option<&SpKeyPair>,
    ) -> Result<PostForm, AuthnRequestError> {
        let destination = self.check(relay_state)?;
        let mut message = self.to_xml(&destination)?;
        if let Some(key) = key {
            message = sign_after_issuer(&message, key)?;
        }
        Ok(PostForm {
            action: destination,
            saml_request: encode_base64(message.as_bytes()),
            relay_state: relay_state.to_owned(),
        })
    }

    /// Refuses what can't be sent; returns the destination in ASCII. White space in it would be one thing to us and
    /// another to whoever reads it from the message.
    fn check(&self, relay_state: &str) -> Result<String, AuthnRequestError> {
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !self.id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !self.id.chars().all(name) {
            return Err(AuthnRequestError::Id);
        }
        if relay_state.len() > MAX_RELAY_STATE {
            return Err(AuthnRequestError::RelayState);
        }
        let url = Url::parse(self.destination).map_err(|_| AuthnRequestError::Destination)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AuthnRequestError::Destination);
        }
        in_ascii(self.destination).ok_or(AuthnRequestError::Destination)
    }

    fn to_xml(self, destination: &str) -> Result<String, AuthnRequestError> {
        let issuer = Issuer { value: Some(escape_text(self.sp_entity_id)), ..Issuer::default() };
        let name_id_policy = self.name_id_format.map(|format| NameIdPolicy {
            format: Some(format.to_owned()),
            allow_create: Some(true),
            ..NameIdPolicy::default()
        });
        let request = samael::schema::AuthnRequest {
            id: self.id.to_owned(),
            version: "2.0".to_owned(),
            issue_instant: self.issue_instant,
            destination: Some(destination.to_owned()),
            consent: None,
            issuer: Some(issuer),
            signature: None,
            subject: None,
            name_id_policy,
            conditions: None,
            requested_authn_context: None,
            force_authn: self.force_authn.then_some(true),
            is_passive: self.is_passive.then_some(true),
            assertion_consumer_service_index: None,
            assertion_consumer_service_url: Some(self.acs_url.to_owned()),
            protocol_binding: Some(POST.to_owned()),
            attribute_consuming_service_index: None,
            provider_name: None,
        };
        request.to_string().map_err(|_| AuthnRequestError::Write)
    }
}

/// samael writes an Issuer's text as it is, so the escaping is done here.
fn escape_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// DEFLATE without a header, then base64 (saml-bindings §3.4.4.1).
fn deflate(message: &str) -> Result<String, AuthnRequestError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(message.as_bytes()).map_err(|_| AuthnRequestError::Write)?;
    Ok(encode_base64(&encoder.finish().map_err(|_| AuthnRequestError::Write)?))
}
