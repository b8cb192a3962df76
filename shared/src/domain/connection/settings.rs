//! What SAML needs to know of the other side.

use chrono::{DateTime, Utc};
use portico_protocol::saml::certificate::IdpCertificate;
use portico_protocol::saml::idp_metadata::IdpMetadata;
use serde::{Deserialize, Serialize};

use crate::domain::ids::CertificateId;

/// A signing certificate of the identity provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionCertificate {
    /// Its id.
    pub id: CertificateId,
    /// The certificate.
    pub certificate: IdpCertificate,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

/// What SAML needs to know of the other side, and how we treat it. Everything the provider gives is optional: a draft
/// has none of it yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamlSettings {
    /// The provider's entity id.
    pub idp_entity_id: Option<String>,
    /// Where a browser is sent by HTTP-Redirect.
    pub idp_sso_redirect_url: Option<String>,
    /// Where a browser posts by HTTP-POST.
    pub idp_sso_post_url: Option<String>,
    /// Where the provider's metadata was read, if by URL.
    pub idp_metadata_url: Option<String>,
    /// Whose signatures count. Several during a rollover; at most `MOST_CERTIFICATES`.
    pub certificates: Vec<ConnectionCertificate>,
    /// Our entity id, where a migration keeps an older one; else derived from the public URL.
    pub sp_entity_id: Option<String>,
    /// Whether a response that nobody asked for may begin a fresh sign-in.
    pub allow_idp_initiated: bool,
    /// Whether SHA-1 signatures are accepted.
    pub allow_sha1: bool,
    /// Whether our requests are signed: by the setting or because the provider's metadata wants it.
    pub sign_requests: bool,
    /// Whether every sign-in asks the provider to ask for credentials anew.
    pub force_authn: bool,
}

impl SamlSettings {
    /// The most signing certificates of one connection.
    pub const MOST_CERTIFICATES: usize = 10;

    /// Whether there is all that a sign-in needs.
    pub fn is_complete(&self) -> bool {
        self.missing().is_empty()
    }

    /// What a sign-in needs and isn't there.
    pub fn missing(&self) -> Vec<Missing> {
        let needed = [
            (Missing::EntityId, self.idp_entity_id.is_none()),
            (Missing::SsoUrl, self.idp_sso_redirect_url.is_none() && self.idp_sso_post_url.is_none()),
            (Missing::Certificate, self.certificates.is_empty()),
        ];
        needed.into_iter().filter(|(_, missing)| *missing).map(|(what, _)| what).collect()
    }

    /// Puts certificates in the place of others; those that stay keep their ids, the others get one from `new`.
    ///
    /// # Errors
    /// There are more than [`SamlSettings::MOST_CERTIFICATES`].
    pub fn replace_certificates(
        &mut self,
        certificates: &[IdpCertificate],
        new: impl Fn(IdpCertificate) -> ConnectionCertificate,
    ) -> Result<(), TooManyCertificates> {
        if certificates.len() > Self::MOST_CERTIFICATES {
            return Err(TooManyCertificates);
        }
        let kept = |certificate: &IdpCertificate| {
            let known = self.certificates.iter().find(|known| known.certificate == *certificate);
            known.cloned().unwrap_or_else(|| new(certificate.clone()))
        };
        self.certificates = certificates.iter().map(kept).collect();
        Ok(())
    }

    /// Takes what the provider's metadata says, and where it was read, if by URL.
    ///
    /// # Errors
    /// There are more than [`SamlSettings::MOST_CERTIFICATES`].
    pub fn take_metadata(
        &mut self,
        metadata: &IdpMetadata,
        url: Option<String>,
        new: impl Fn(IdpCertificate) -> ConnectionCertificate,
    ) -> Result<(), TooManyCertificates> {
        self.replace_certificates(&metadata.certificates, new)?;
        self.idp_entity_id = Some(metadata.entity_id.clone());
        self.idp_sso_redirect_url.clone_from(&metadata.sso_redirect_url);
        self.idp_sso_post_url.clone_from(&metadata.sso_post_url);
        self.idp_metadata_url = url;
        self.sign_requests |= metadata.want_authn_requests_signed;
        Ok(())
    }
}

/// What a sign-in needs and isn't there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The provider's entity id.
    EntityId,
    /// Where a browser is sent.
    SsoUrl,
    /// A signing certificate.
    Certificate,
}

/// A connection can't have so many certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a connection has at most {} certificates", SamlSettings::MOST_CERTIFICATES)]
pub struct TooManyCertificates;
