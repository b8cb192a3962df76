//! What every function of Portico uses: the domain, the table, the vault, and the edges of the web.

pub mod app;
pub mod aws;
pub mod config;
pub mod domain;
pub mod net;
pub mod operations;
pub mod store;
pub mod telemetry;
pub mod vault;
pub mod web;
