//! OpenID Connect as a provider: what applications are given, and how they prove that it is theirs.

pub mod id_token;
pub mod pkce;

pub use id_token::{IdTokenClaims, IdTokenError, IdTokenSigner, at_hash, verify};
pub use pkce::S256Challenge;
