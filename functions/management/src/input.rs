//! What the bodies of requests have in common.

use portico_shared::web::error::FieldError;
use serde::{Deserialize, Deserializer};

use crate::error::RouteError;

/// The longest name of an organization or a connection, in characters.
const MOST_NAME_CHARACTERS: usize = 255;
/// The longest external id, in characters.
const MOST_EXTERNAL_ID_CHARACTERS: usize = 128;

/// For fields where `null` says something else than nothing: `Some(None)` is `null`.
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// What is wrong with a request, gathered so that one answer names all of it.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    /// Adds one.
    pub(crate) fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// Ends the request if there is any.
    pub(crate) fn finish(self) -> Result<(), RouteError> {
        if self.0.is_empty() { Ok(()) } else { Err(RouteError::Invalid(self.0)) }
    }

    /// A name for people to read, trimmed.
    pub(crate) fn name(&mut self, field: &str, text: &str) -> String {
        let name = text.trim();
        let length = name.chars().count();
        if !(1..=MOST_NAME_CHARACTERS).contains(&length) || name.chars().any(char::is_control) {
            self.add(
                field,
                "invalid",
                format!("{field} must have 1 to {MOST_NAME_CHARACTERS} characters and no control characters; got {length}."),
            );
        }
        name.to_owned()
    }

    /// The application's own id for something.
    pub(crate) fn external_id(&mut self, text: &str) {
        let printable = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if text.is_empty() || text.len() > MOST_EXTERNAL_ID_CHARACTERS || !printable {
            let message = format!(
                "external_id must have 1 to {MOST_EXTERNAL_ID_CHARACTERS} printable ASCII characters."
            );
            self.add("external_id", "invalid", message);
        }
    }
}
