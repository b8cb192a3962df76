//! The endpoints over a table: what applications and browsers send, and what they are answered. One file an address.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod authorize;
mod discover;
mod login;
mod lost_trade;
mod openid;
mod routes;
mod signing_keys;
mod support;
mod token;
