//! What several functions do alike: an API key by the REST API, an admin in the portal, a schedule. Each operation decides
//! and writes; its caller reads the request and answers it.

pub mod asking;
pub mod connections;
pub mod contacts;
pub mod directories;
pub mod discovery;
pub mod domains;
pub mod portal;
pub mod setup;
pub mod verdict;
