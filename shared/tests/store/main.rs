//! The table's access patterns, against an embedded DynamoDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod due;
mod events;
mod organizations;
mod sample;
mod sign_ins;
mod vault;
