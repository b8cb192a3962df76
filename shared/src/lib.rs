//! What every function of Portico uses: the domain, the table, the vault, and the edges of the web.

pub mod domain;
pub mod store;
pub mod vault;
