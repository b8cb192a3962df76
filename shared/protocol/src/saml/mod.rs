//! SAML 2.0 Web Browser SSO (saml-profiles §4.1): what we send, what comes back, and what we publish about ourselves.

pub mod assertion;
mod bearer;
pub mod certificate;
mod conditions;
pub mod refusal;
pub mod response;
mod status;
mod time;

pub use assertion::{Attribute, NameId, Signed, VerifiedAssertion};
pub use certificate::{CertificateError, IdpCertificate, KeyKind};
pub use refusal::{Reason, Refusal};
pub use response::{Expectations, UnverifiedResponse};

/// Namespace of assertions (saml-core §2).
pub(crate) const ASSERTION_NS: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Namespace of requests and responses (saml-core §3).
pub(crate) const PROTOCOL_NS: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
