//! What Portico knows about: entities, their ids, and the rules that hold without any I/O.

pub mod actor;
pub mod api_key;
pub mod connection;
pub mod consumer_mail;
pub mod directory;
pub mod domain_box;
pub mod domain_check;
pub mod domain_name;
pub mod domain_proof;
pub mod event;
mod event_data;
pub mod ids;
mod json_text;
pub mod organization;
pub mod person;
pub mod portal;
pub mod random;
pub mod redirect_uri;
pub mod setting;
pub mod sign_in;
pub mod time;
pub mod token;
