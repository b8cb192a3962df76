//! Portico on one machine: everything the deployment is made of, in one process, bound to 127.0.0.1.
//!
//! [`Stack`] is what template.yaml declares: an HTTP front door that speaks API Gateway's events, the functions, the
//! table, the key; and the DNS around it. [`Local`] is a stack with a practice identity provider, a sample app, a page
//! to edit the DNS on, and an organization that uses them. The `portico` program starts a `Local`; tests start either.

mod api;
pub mod args;
mod binaries;
mod delivered;
mod dns;
mod dynamodb;
mod events;
mod files;
mod gateway;
mod in_process;
mod kms;
mod lambda;
mod local;
mod mail;
mod observer;
mod pages;
mod practice_directory;
mod practice_idp;
mod route53;
mod routes;
mod runtime_api;
mod sample_app;
mod schedules;
mod seed;
mod stack;
mod template;

pub use api::ApiError;
pub use dns::{DnsServer, InvalidName, RecordData, RecordName, RecordSet, RecordType, Text, TextProblem};
pub use dns::{Refusal, Zone, ZoneId, Zones, ZonesError};
pub use dynamodb::{DynamoDbError, STORE_THREADS};
pub use files::remove_data;
pub use lambda::InvokeError;
pub use local::{Local, LocalError};
pub use mail::{Mails, SentMail};
pub use observer::Observer;
pub use practice_idp::PracticeIdp;
pub use practice_idp::people::Person as PracticePerson;
pub use route53::{Faults as Route53Faults, Route53, Route53Server};
pub use seed::SeedError;
pub use stack::{Options, Stack, StackError};
pub use template::TemplateError;
