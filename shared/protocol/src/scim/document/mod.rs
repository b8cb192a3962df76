//! A resource as it is kept: what its provider said of it, in the RFC's spelling.

mod normal;
mod read;
mod render;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::ResourceKind;
use super::{Limits, ScimError, ScimType, json};

pub(super) use normal::{
    check_count, is_empty, is_valueless, listed, normalized, said_of, settle_primary, single,
};
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
        self.addressed().map(|(_, address)| address)
    }

    /// The elements of `emails` that have an address, each with it.
    fn addressed(&self) -> impl Iterator<Item = (&Value, &str)> {
        let emails = self.0.get("emails").and_then(Value::as_array).into_iter().flatten();
        emails.filter_map(|email| Some((email, email.get("value")?.as_str()?)))
    }

    /// The address to write to: the primary one, else the one at work, else the first, else a userName that is one.
    pub fn primary_email(&self) -> Option<&str> {
        let is_primary = |email: &Value| email.get("primary").and_then(Value::as_bool) == Some(true);
        let is_at_work = |email: &Value| {
            email.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
        };
        let primary = self.addressed().find(|(email, _)| is_primary(email));
        let at_work = || self.addressed().find(|(email, _)| is_at_work(email));
        let chosen = primary.or_else(at_work).or_else(|| self.addressed().next());
        let address = chosen.map(|(_, address)| address);
        address.or_else(|| self.user_name().filter(|name| name.contains('@')))
    }

    /// How large it is as JSON.
    pub fn size_bytes(&self) -> usize {
        json::size(&self.0)
    }

    /// The same, `active` where it doesn't say itself whether it is.
    #[must_use]
    pub fn or_active(mut self, active: bool) -> Self {
        self.0.entry("active").or_insert(Value::Bool(active));
        self
    }

    /// The same, active or not.
    #[must_use]
    pub fn with_active(mut self, active: bool) -> Self {
        self.0.insert("active".to_owned(), Value::Bool(active));
        self
    }

    /// Refuses a resource without what it must have, or with more than can be kept.
    pub(super) fn check(&self, kind: ResourceKind, missing: ScimType) -> Result<(), ScimError> {
        let required = kind.required();
        if self.text(required).is_none_or(|text| text.trim().is_empty()) {
            return Err(ScimError::bad(missing, format!("{required}: a {} must have one.", kind.noun())));
        }
        if self.emails().count() > Limits::EMAILS {
            return Err(ScimError::too_many(format!(
                "emails: a user has at most {} addresses.",
                Limits::EMAILS
            )));
        }
        // A path puts a value some levels deeper than the body had it.
        if self.0.values().any(|value| is_deeper(value, Limits::NESTING - 1)) {
            return Err(ScimError::too_many(format!(
                "A {} has at most {} objects and arrays inside one another.",
                kind.noun(),
                Limits::NESTING
            )));
        }
        self.check_size(kind)
    }

    /// Refuses more than is kept of a resource.
    pub(super) fn check_size(&self, kind: ResourceKind) -> Result<(), ScimError> {
        let size = self.size_bytes();
        if size > Limits::DOCUMENT_BYTES { Err(too_large(kind, size)) } else { Ok(()) }
    }
}

/// A resource of so many bytes is too large.
pub(super) fn too_large(kind: ResourceKind, size: usize) -> ScimError {
    ScimError::too_many(format!(
        "A {} has at most {} bytes as JSON, this one has {size}.",
        kind.noun(),
        Limits::DOCUMENT_BYTES
    ))
}

/// Whether more objects and arrays stand inside one another than these.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let Some(inside) = levels.checked_sub(1) else { return value.is_object() || value.is_array() };
    match value {
        Value::Array(elements) => elements.iter().any(|element| is_deeper(element, inside)),
        Value::Object(members) => members.values().any(|member| is_deeper(member, inside)),
        _ => false,
    }
}
