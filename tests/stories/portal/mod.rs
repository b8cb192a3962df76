//! The admin portal as a customer's IT admin walks it, in Chromium, from the link that the application hands out.

mod custom_saml;
mod directory;
mod gallery;
mod guides;
mod keyboard;
mod links;
mod overview;
mod walk;

pub(crate) use walk::{Admin, Said, Way};
