//! The endpoints over a table: what identity providers and browsers send, and what they are answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod bad_input;
mod busy;
mod encryption;
mod metadata;
mod portal_tests;
mod refusals;
mod replay;
mod secrets;
mod sign_in;
mod support;
mod unsolicited;
