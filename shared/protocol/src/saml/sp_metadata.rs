//! Our metadata: what an IdP is told about us (saml-metadata §2.4.4).

use chrono::{DateTime, Utc};
use samael::key_info::{KeyInfo, X509Data};
use samael::metadata::{EncryptionMethod, EntityDescriptor, IndexedEndpoint, KeyDescriptor, SpSsoDescriptor};
use samael::traits::ToXml;

use super::PROTOCOL_NS;
use crate::encoding::encode_base64;
use crate::encryption::{ContentCipher, KeyTransport};

const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// Asked for in this order: what stays the same first.
const NAME_ID_FORMATS: [&str; 3] = [
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
];

/// What our metadata for one connection says.
#[derive(Debug, Clone, Copy)]
pub struct SpMetadata<'a> {
    /// Our entity ID for this connection.
    pub entity_id: &'a str,
    /// Where responses are to be posted.
    pub acs_url: &'a str,
    /// Our signing certificates as DER; more than one while a key is being replaced.
    pub signing_certificates: &'a [&'a [u8]],
    /// The certificates to encrypt for as DER, the one to be used first; more than one while a key is being replaced.
    pub encryption_certificates: &'a [&'a [u8]],
    /// Whether our AuthnRequests are signed.
    pub authn_requests_signed: bool,
    /// Until when an IdP may rely on this document.
    pub valid_until: Option<DateTime<Utc>>,
}

/// The document could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("writing the metadata failed")]
pub struct SpMetadataError;

impl SpMetadata<'_> {
    /// The document as XML.
    ///
    /// # Errors
    /// [`SpMetadataError`], if the writer fails.
    pub fn to_xml(self) -> Result<String, SpMetadataError> {
        let signing = self.signing_certificates.iter().map(|der| key_descriptor("signing", der, None));
        let methods = encryption_methods();
        let encryption = self
            .encryption_certificates
            .iter()
            .map(|der| key_descriptor("encryption", der, Some(methods.clone())));
        let keys = signing.chain(encryption).collect();
        let role = SpSsoDescriptor {
            protocol_support_enumeration: Some(PROTOCOL_NS.to_owned()),
            key_descriptors: Some(keys),
            name_id_formats: Some(NAME_ID_FORMATS.map(str::to_owned).to_vec()),
            authn_requests_signed: Some(self.authn_requests_signed),
            want_assertions_signed: Some(true),
            assertion_consumer_services: vec![IndexedEndpoint {
                binding: POST.to_owned(),
                location: self.acs_url.to_owned(),
                index: 0,
                is_default: Some(true),
                ..IndexedEndpoint::default()
            }],
            ..SpSsoDescriptor::default()
        };
        let entity = EntityDescriptor {
            entity_id: Some(self.entity_id.to_owned()),
            valid_until: self.valid_until,
            sp_sso_descriptors: Some(vec![role]),
            ..EntityDescriptor::default()
        };
        entity.to_string().map_err(|_| SpMetadataError)
    }
}

fn key_descriptor(key_use: &str, der: &[u8], methods: Option<Vec<EncryptionMethod>>) -> KeyDescriptor {
    let x509_data = X509Data { certificates: vec![encode_base64(der)] };
    KeyDescriptor {
        key_use: Some(key_use.to_owned()),
        key_info: KeyInfo { id: None, x509_data: Some(x509_data) },
        encryption_methods: methods,
    }
}

/// What we decrypt, the preferred first (saml-metadata §2.4.1.1): Shibboleth and others choose by it.
fn encryption_methods() -> Vec<EncryptionMethod> {
    let content = ContentCipher::ALL.map(ContentCipher::uri);
    let algorithms = content.into_iter().chain(KeyTransport::OFFERED);
    algorithms.map(|algorithm| EncryptionMethod { algorithm: algorithm.to_owned() }).collect()
}
