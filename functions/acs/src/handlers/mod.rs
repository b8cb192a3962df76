//! One file per endpoint.

pub(crate) mod acs;
pub(crate) mod metadata;
