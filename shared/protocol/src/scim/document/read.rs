//! Bodies of POST and PUT.

use serde_json::{Map, Value};

use super::{Document, is_empty, is_valueless, normalized, single};
use crate::scim::error::what;
use crate::scim::patch::{Member, read_members};
use crate::scim::path::{AttributePath, is_urn, spelling};
use crate::scim::schema::{ENTERPRISE, Mutability, ResourceKind};
use crate::scim::{Limits, ScimError, ScimType, json};

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
    read_object(json::parse_about(body, kind)?, kind)
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
    let incoming = Incoming { document: Document::default(), members: None };
    let mut reader = Reader { kind, incoming, names: 0 };
    for (name, value) in object {
        reader.read(name, value)?;
    }
    let mut incoming = reader.incoming;
    drop_valueless(&mut incoming.document.0, kind);
    incoming.document.check(kind, ScimType::InvalidValue)?;
    Ok(incoming)
}

/// Names with dots make an element part by part: only in the end is it known whether it has a value.
fn drop_valueless(document: &mut Map<String, Value>, kind: ResourceKind) {
    for known in kind.attributes().iter().filter(|known| known.multi) {
        let Some(Value::Array(elements)) = document.get_mut(known.name) else { continue };
        elements.retain(|element| !is_valueless(element));
        if elements.is_empty() {
            document.remove(known.name);
        }
    }
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

struct Reader {
    kind: ResourceKind,
    incoming: Incoming,
    /// How many names were read.
    names: usize,
}

impl Reader {
    /// A member of the body.
    fn read(&mut self, name: String, value: Value) -> Result<(), ScimError> {
        match AttributePath::parse(&name, self.kind) {
            // No attribute can have this name; it is kept as the provider said it.
            None => self.set_unknown(None, &name, value),
            // Where the URN ends isn't known, but what has members is the extension (RFC 7643 §3.3).
            Some(path) if path.is_foreign(self.kind) && value.is_object() => {
                self.read_extension(&name, value)
            }
            Some(AttributePath { extension: Some(urn), name, .. }) if name.is_empty() => {
                self.read_extension(&urn, value)
            }
            Some(path) => self.set(&path, value),
        }
    }

    /// An object under the URN of an extension, or of the core schema. Some languages write an empty object as an array.
    fn read_extension(&mut self, urn: &str, value: Value) -> Result<(), ScimError> {
        let members = match single(value, urn)? {
            Value::Object(members) => members,
            empty if is_empty(&empty) => return Ok(()),
            other => {
                return Err(ScimError::value(format!("{urn}: expected an object, got {}.", what(&other))));
            }
        };
        let is_core = urn == self.kind.urn();
        for (name, value) in members {
            if !is_core && urn != ENTERPRISE {
                self.set_unknown(Some(urn), &name, value)?;
                continue;
            }
            if is_urn(&name) {
                return Err(ScimError::syntax(format!("{urn}: an extension inside an extension.")));
            }
            match AttributePath::parse(&format!("{urn}:{name}"), self.kind) {
                Some(path) => self.set(&path, value)?,
                None => self.set_unknown((!is_core).then_some(urn), &name, value)?,
            }
        }
        Ok(())
    }

    /// A member that no schema knows, of the body or of an extension, by its name as it is.
    fn set_unknown(&mut self, extension: Option<&str>, name: &str, value: Value) -> Result<(), ScimError> {
        let path =
            AttributePath { extension: extension.map(str::to_owned), ..AttributePath::of_member("", name) };
        self.set(&path, value)
    }

    fn set(&mut self, path: &AttributePath, value: Value) -> Result<(), ScimError> {
        self.names += 1;
        if self.names > Limits::NAMES {
            let (noun, most) = (self.kind.noun(), Limits::NAMES);
            return Err(ScimError::too_many(format!("A {noun} has at most {most} attributes.")));
        }
        if is_passed_over(path, self.kind) {
            return check_schemas(path, &value);
        }
        if let Some(detail) = path.misplaced_part() {
            return Err(ScimError::value(detail));
        }
        if self.kind == ResourceKind::Group && path.is_core("members") {
            return self.set_members(path, &value);
        }
        let Some(value) = normalized(path, value)? else { return Ok(()) };
        set_once(&mut self.incoming.document.0, path, value)
    }

    fn set_members(&mut self, path: &AttributePath, value: &Value) -> Result<(), ScimError> {
        match self.incoming.members.replace(read_members(path, value)?) {
            Some(_) => Err(twice(path)),
            None => Ok(()),
        }
    }
}

fn twice(path: &AttributePath) -> ScimError {
    ScimError::syntax(format!("{path} stands twice, in two spellings."))
}

/// Sets what a path leads to; the second time is refused.
fn set_once(document: &mut Map<String, Value>, path: &AttributePath, value: Value) -> Result<(), ScimError> {
    let twice = || twice(path);
    let holder = match &path.extension {
        None => document,
        Some(extension) => object_at(document, extension).ok_or_else(twice)?,
    };
    let (holder, name) = match &path.sub {
        None => (holder, &path.name),
        Some(sub) => (parts_at(holder, path).ok_or_else(twice)?, sub),
    };
    let name = spelling(holder, name);
    if holder.insert(name, value).is_some() { Err(twice()) } else { Ok(()) }
}

/// The parts of an attribute, made where there are none; those of the only element where it may have many.
fn parts_at<'m>(
    holder: &'m mut Map<String, Value>,
    path: &AttributePath,
) -> Option<&'m mut Map<String, Value>> {
    if !path.known.is_some_and(|known| known.multi) {
        return object_at(holder, &path.name);
    }
    let one = || Value::Array(vec![Value::Object(Map::new())]);
    match holder.entry(path.name.as_str()).or_insert_with(one).as_array_mut()?.as_mut_slice() {
        [only] => only.as_object_mut(),
        _ => None,
    }
}

/// The object under a name, made where there is nothing.
pub(in crate::scim) fn object_at<'m>(
    holder: &'m mut Map<String, Value>,
    name: &str,
) -> Option<&'m mut Map<String, Value>> {
    let name = spelling(holder, name);
    holder.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}
