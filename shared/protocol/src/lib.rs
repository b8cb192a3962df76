//! The protocols Portico speaks, as pure functions: SAML 2.0 and its XML signatures, OpenID Connect's tokens, and SCIM 2.0.
//!
//! Nothing here opens a socket, reads a clock or knows AWS. Time is an argument, bytes come in, and what comes out is
//! either a proof (a type only a check can make, such as [`saml::VerifiedAssertion`]) or a typed reason.

pub mod address;
mod encoding;
mod encryption;
pub mod oidc;
pub mod saml;
pub mod scim;
mod signature;
mod xml;
