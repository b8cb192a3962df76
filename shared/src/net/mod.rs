//! HTTP to the outside, for addresses that other people give us.

pub mod address;
pub mod fetch;
