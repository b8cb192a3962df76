//! The crate from outside: every directory under `tests/vectors` is a case, and independent programs have their say.

// Clippy relaxes these in tests, but not in the helpers of an integration test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accepted;
mod idp_metadata;
mod messages;
mod profiles;
mod properties;
mod published;
mod refused;

mod support;
mod xmlsec1;
