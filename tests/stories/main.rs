//! The stories: whole sign-ins against a whole deployment on this machine, with peers that we didn't write.

// It is test code: a panic here is a failed test, and what a story prints is its result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod accessibility;
mod architecture;
mod bad_input;
mod budgets;
mod diagnosis;
mod directory;
mod domains;
mod encryption;
mod events;
mod faults;
mod openid_client;
mod portal;
mod practice;
mod production_cookies;
mod pysaml2;
mod samlp;
mod throttling;
mod workos_node;
mod workos_python;
