//! The protocols Portico speaks, as pure functions: SAML 2.0 and its XML signatures, and OpenID Connect's tokens.
//!
//! Nothing here opens a socket, reads a clock or knows AWS. Time is an argument, bytes come in, and what comes out is
//! either a proof (a type only a check can make, such as [`saml::VerifiedAssertion`]) or a typed reason.

pub mod address;
mod encoding;
mod encryption;
pub mod oidc;
pub mod saml;
mod signature;
mod xml;
