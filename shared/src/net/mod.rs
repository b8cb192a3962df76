//! The network outside: HTTP to addresses that other people give us, the DNS of other people's domains, and Route 53 for the
//! deployer's own.

pub mod address;
pub mod dns;
pub mod fetch;
pub mod mail;
pub mod route53;
