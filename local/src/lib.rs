//! Portico on one machine: everything the deployment is made of, in one process, bound to 127.0.0.1.
//!
//! [`Stack`] is what template.yaml declares: an HTTP front door that speaks API Gateway's events, the functions, the
//! table, the key. It is what the `portico` program starts, and what the tests start.

pub mod args;
mod binaries;
mod dynamodb;
mod events;
mod files;
mod gateway;
mod in_process;
mod kms;
mod lambda;
mod observer;
mod routes;
mod runtime_api;
mod schedules;
mod stack;
mod template;

pub use dynamodb::DynamoDbError;
pub use lambda::InvokeError;
pub use observer::Observer;
pub use stack::{Options, Stack, StackError};
pub use template::TemplateError;
