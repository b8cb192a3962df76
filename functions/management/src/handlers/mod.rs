//! One file per noun.

pub(crate) mod certificates;
pub(crate) mod connections;
pub(crate) mod directories;
pub(crate) mod directory_groups;
pub(crate) mod directory_tokens;
pub(crate) mod directory_users;
pub(crate) mod events;
pub(crate) mod it_contacts;
pub(crate) mod organizations;
pub(crate) mod policy;
pub(crate) mod redirect_uris;
pub(crate) mod setup;
pub(crate) mod sign_ins;
pub(crate) mod sp_certificates;
