//! What goes over the network to others than the table: HTTP for addresses that other people give us, and Route 53.

pub mod address;
pub mod fetch;
pub mod route53;
