//! One file for each part of the portal. Later: teams, people, certificates, audit log.

pub(crate) mod contacts;
pub(crate) mod directory;
pub(crate) mod domains;
pub(crate) mod leave;
pub(crate) mod open;
pub(crate) mod overview;
pub(crate) mod sign_ins;
pub(crate) mod sso;
