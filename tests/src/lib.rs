//! The test kit: what the stories are told with.

// It is test code: a panic here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod recorded_calls;
