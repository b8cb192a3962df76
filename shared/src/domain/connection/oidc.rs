//! What OpenID Connect needs to know of the other side. The secret is sealed and kept apart.

use serde::{Deserialize, Serialize};

/// An OpenID provider as its discovery document describes it (OpenID Connect Discovery 1.0 §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Who it is.
    pub issuer: String,
    /// Where a browser is sent.
    pub authorization_endpoint: String,
    /// Where a code is traded.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where more about a person can be asked.
    pub userinfo_endpoint: Option<String>,
}

/// What an OpenID provider has given us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcSettings {
    /// Where its discovery document stands.
    pub discovery_url: String,
    /// The provider, as it was when it was last looked at.
    pub provider: OidcProvider,
    /// Our id there.
    pub client_id: String,
    /// The last characters of our secret there, by which people tell secrets apart.
    pub secret_suffix: String,
}
