//! One file for each kind of link.

pub(crate) mod in_app;
pub(crate) mod shareable;
