//! The endpoints, one noun a file.

pub(crate) mod authorize;
pub(crate) mod profile;
pub(crate) mod token;
