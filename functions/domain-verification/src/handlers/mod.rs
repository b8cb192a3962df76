//! The endpoints.

pub(crate) mod organization_domains;
