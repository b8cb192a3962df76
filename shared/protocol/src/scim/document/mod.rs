//! A resource as it is kept: what its provider said of it, in the RFC's spelling.

mod normal;
mod read;
mod render;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::ResourceKind;
use super::{Limits, ScimError, ScimType};

pub(super) use normal::{normalized, settle_primary};
pub use read::{Incoming, read_resource, read_value};
pub(super) use read::{is_passed_over, object_at};
pub use render::Meta;

/// A resource as it is kept: known attributes by their names in RFC 7643, unknown ones and unknown extensions as they came;
/// without id, meta, groups, members and password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document(pub(super) Map<String, Value>);

impl Document {
    /// Everything.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.0
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The userName, as it was sent.
    pub fn user_name(&self) -> Option<&str> {
        self.text("userName")
    }

    /// The externalId.
    pub fn external_id(&self) -> Option<&str> {
        self.text("externalId")
    }

    /// The displayName.
    pub fn display_name(&self) -> Option<&str> {
        self.text("displayName")
    }

    /// Whether the user may sign in. Whoever isn't said to be inactive is active; of whom it was said, and then taken away,
    /// `null` is kept, and they stay inactive: nobody is let in again by that.
    pub fn active(&self) -> bool {
        self.0.get("active").is_none_or(|active| *active == Value::Bool(true))
    }

    /// All e-mail addresses.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let emails = self.0.get("emails").and_then(Value::as_array).into_iter().flatten();
        emails.filter_map(|email| email.get("value")?.as_str())
    }

    /// The address to write to: the primary one, else the one at work, else the first, else a userName that is one.
    pub fn primary_email(&self) -> Option<&str> {
        let emails = || self.0.get("emails").and_then(Value::as_array).into_iter().flatten();
        let primary = emails().find(|email| email.get("primary").and_then(Value::as_bool) == Some(true));
        let at_work = || {
            let work = |kind: &str| kind.eq_ignore_ascii_case("work");
            emails().find(|email| email.get("type").and_then(Value::as_str).is_some_and(work))
        };
        let chosen = primary.or_else(at_work).or_else(|| emails().next());
        let address = chosen.and_then(|email| email.get("value")?.as_str());
        address.or_else(|| self.user_name().filter(|name| name.contains('@')))
    }

    /// How large it is as JSON.
    pub fn size_bytes(&self) -> usize {
        serde_json::to_vec(&self.0).map_or(usize::MAX, |json| json.len())
    }

    /// The same, `active` where it doesn't say itself whether it is.
    #[must_use]
    pub fn or_active(mut self, active: bool) -> Self {
        self.0.entry("active").or_insert(Value::Bool(active));
        self
    }

    /// Refuses a resource without what it must have, or with more than can be kept.
    pub(super) fn check(&self, kind: ResourceKind, missing: ScimType) -> Result<(), ScimError> {
        let required = kind.required();
        if self.text(required).is_none_or(|text| text.trim().is_empty()) {
            return Err(ScimError::bad(missing, format!("{required}: a {} must have one.", kind.noun())));
        }
        if self.emails().count() > Limits::EMAILS {
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!("emails: a user has at most {} addresses.", Limits::EMAILS),
            ));
        }
        let size = self.size_bytes();
        if size > Limits::DOCUMENT_BYTES {
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!(
                    "A {} has at most {} bytes as JSON, this one has {size}.",
                    kind.noun(),
                    Limits::DOCUMENT_BYTES
                ),
            ));
        }
        Ok(())
    }
}
