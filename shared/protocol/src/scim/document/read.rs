//! Bodies of POST and PUT.

use serde_json::{Map, Value};

use super::{Document, normalized};
use crate::scim::error::what;
use crate::scim::patch::{Member, read_members};
use crate::scim::path::{AttributePath, is_urn, spelling};
use crate::scim::schema::{Mutability, ResourceKind};
use crate::scim::{ScimError, ScimType, json};

/// A resource as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// What is kept of it.
    pub document: Document,
    /// A group's members, each once, in their order; `None` where it doesn't speak of members.
    pub members: Option<Vec<Member>>,
}

/// Reads the body of a POST or PUT. What only the server says (`id`, `meta`, `groups`) and `password` is passed over.
///
/// # Errors
/// `invalidSyntax` where it isn't a JSON object or says something twice, `invalidValue` where a value is of the wrong type or
/// a required one is missing, `tooMany` beyond the limits of [`crate::scim::Limits`].
pub fn read_resource(body: &[u8], kind: ResourceKind) -> Result<Incoming, ScimError> {
    read_object(json::parse_object(body)?, kind)
}

/// The same of a value that was read already, as in a bulk request.
///
/// # Errors
/// Those of [`read_resource`].
pub fn read_value(value: Value, kind: ResourceKind) -> Result<Incoming, ScimError> {
    match value {
        Value::Object(object) => read_object(object, kind),
        other => Err(ScimError::syntax(format!("Expected a JSON object, got {}.", what(&other)))),
    }
}

fn read_object(object: Map<String, Value>, kind: ResourceKind) -> Result<Incoming, ScimError> {
    let mut incoming = Incoming { document: Document::default(), members: None };
    for (name, value) in object {
        read_member(&mut incoming, kind, name, value)?;
    }
    incoming.document.check(kind, ScimType::InvalidValue)?;
    Ok(incoming)
}

fn read_member(
    incoming: &mut Incoming,
    kind: ResourceKind,
    name: String,
    value: Value,
) -> Result<(), ScimError> {
    let Some(path) = AttributePath::parse(&name, kind) else {
        // No attribute can have this name; it is kept as the provider said it.
        return set_unknown(&mut incoming.document.0, name, value);
    };
    if path.name.is_empty() {
        return read_extension(incoming, kind, path, value);
    }
    if is_passed_over(&path, kind) {
        return check_schemas(&path, &value);
    }
    if kind == ResourceKind::Group && path.is_core("members") {
        incoming.members = Some(read_members(&value)?);
        return Ok(());
    }
    let Some(value) = normalized(&path, value)? else { return Ok(()) };
    set_once(&mut incoming.document.0, &path, value)
}

/// What a client can't say, or isn't kept.
pub(in crate::scim) fn is_passed_over(path: &AttributePath, kind: ResourceKind) -> bool {
    let read_only = path.known.is_some_and(|known| known.mutability == Mutability::ReadOnly);
    let never = path.extension.is_none()
        && ["schemas", "password"].iter().any(|name| path.name.eq_ignore_ascii_case(name));
    // A membership is the group's to say.
    let groups = kind == ResourceKind::User && path.is_core("groups");
    read_only || never || groups || path.known_sub.is_some_and(|sub| sub.mutability == Mutability::ReadOnly)
}

/// `schemas` counts for nothing here, since clients leave it out and add to it; but it must be what it is.
fn check_schemas(path: &AttributePath, value: &Value) -> Result<(), ScimError> {
    let texts = match value {
        Value::Array(schemas) => schemas.iter().all(Value::is_string),
        other => other.is_null() || other.is_string(),
    };
    if path.is_core("schemas") && !texts {
        return Err(ScimError::syntax(format!("schemas: expected an array of URNs, got {}.", what(value))));
    }
    Ok(())
}

/// An object under the URN of an extension, or of the core schema.
fn read_extension(
    incoming: &mut Incoming,
    kind: ResourceKind,
    path: AttributePath,
    value: Value,
) -> Result<(), ScimError> {
    let extension = path.extension.unwrap_or_default();
    match value {
        Value::Null => Ok(()),
        Value::Object(members) => {
            for (name, value) in members {
                if is_urn(&name) {
                    return Err(ScimError::syntax(format!("{extension}: an extension inside an extension.")));
                }
                read_member(incoming, kind, format!("{extension}:{name}"), value)?;
            }
            Ok(())
        }
        other => Err(ScimError::value(format!("{extension}: expected an object, got {}.", what(&other)))),
    }
}

fn set_unknown(document: &mut Map<String, Value>, name: String, value: Value) -> Result<(), ScimError> {
    if !value.is_null() {
        let name = spelling(document, &name);
        document.insert(name, value);
    }
    Ok(())
}

/// Sets what a path leads to; the second time is refused.
fn set_once(document: &mut Map<String, Value>, path: &AttributePath, value: Value) -> Result<(), ScimError> {
    let twice = || ScimError::bad(ScimType::InvalidSyntax, format!("{path} stands twice, in two spellings."));
    let holder = match &path.extension {
        None => document,
        Some(extension) => object_at(document, extension).ok_or_else(twice)?,
    };
    let (holder, name) = match &path.sub {
        None => (holder, &path.name),
        Some(sub) => (object_at(holder, &path.name).ok_or_else(twice)?, sub),
    };
    let name = spelling(holder, name);
    if holder.insert(name, value).is_some() { Err(twice()) } else { Ok(()) }
}

/// The object under a name, made where there is nothing.
pub(in crate::scim) fn object_at<'m>(
    holder: &'m mut Map<String, Value>,
    name: &str,
) -> Option<&'m mut Map<String, Value>> {
    let name = spelling(holder, name);
    holder.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}
