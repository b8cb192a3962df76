//! The network outside: HTTP to addresses that other people give us, and the DNS of other people's domains.

pub mod address;
pub mod dns;
pub mod fetch;
