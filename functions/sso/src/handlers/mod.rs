//! The endpoints, one noun a file.

pub(crate) mod authorize;
pub(crate) mod discover;
pub(crate) mod introspect;
pub(crate) mod jwks;
pub(crate) mod login;
pub(crate) mod openid_configuration;
pub(crate) mod profile;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;
