//! The test kit: what the stories are told with. A story starts a [`Deployment`], lets independent peers talk to it
//! ([`SamlIdp`], [`Peer`]) and is the person at the browser ([`Person`]).

// It is test code: a panic here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod api;
mod browser;
mod certificates;
mod deployment;
mod directory;
mod faults;
mod knot;
mod landing;
mod large;
mod moto;
mod observer;
mod peer;
mod person;
mod practice;
mod recorded_calls;
mod round_trips;
mod saml_idp;
mod sign_in;
mod unwell;

pub use api::{Answer, Api, query};
pub use browser::{Browser, Weight};
pub use certificates::TlsKey;
pub use deployment::{Deployment, REDIRECT_URI, Setup};
pub use directory::Directory;
pub use faults::{Fault, Faults, Plan};
pub use knot::Knot;
pub use landing::Landing;
pub use large::{fill, fill_group, store, user_id};
pub use moto::Moto;
pub use peer::{Peer, PeerError};
pub use person::{Form, Page, Person};
pub use practice::Practice;
pub use round_trips::{Cost, RoundTrips};
pub use saml_idp::{Cipher, Encrypt, Hash, SamlIdp, Sign, Transport, User};
pub use sign_in::{Customer, authorize};
