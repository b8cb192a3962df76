//! The endpoints.

pub(crate) mod dns_records;
pub(crate) mod organization_domains;
