//! SAML 2.0 Web Browser SSO (saml-profiles §4.1): what we send, what comes back, and what we publish about ourselves.

pub mod assertion;
mod attribute_names;
pub mod attributes;
pub mod authn_request;
mod bearer;
pub mod certificate;
mod conditions;
mod email;
pub mod idp_metadata;
mod parts;
pub mod refusal;
pub mod response;
pub mod sp_key;
pub mod sp_metadata;
mod status;
mod time;

pub use assertion::{Attribute, NameId, Signed, VerifiedAssertion};
pub use attributes::{AttributeMap, Idp, MappedProfile, map_profile};
pub use authn_request::{AuthnRequest, AuthnRequestError, PostForm};
pub use certificate::{CertificateError, IdpCertificate, KeyKind};
pub use idp_metadata::{IdpMetadata, MetadataError};
pub use refusal::{Reason, Refusal};
pub use response::{Expectations, UnverifiedResponse};
pub use sp_key::{SpKeyError, SpKeyPair};
pub use sp_metadata::SpMetadata;

/// Namespace of assertions (saml-core §2).
pub(crate) const ASSERTION_NS: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Namespace of requests and responses (saml-core §3).
pub(crate) const PROTOCOL_NS: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
