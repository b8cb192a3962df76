//! Values of attributes, brought into the form of their type.

use serde_json::{Map, Value};

use crate::scim::error::what;
use crate::scim::path::{AttributePath, member};
use crate::scim::schema::{Attribute, Mutability, Type};
use crate::scim::{ScimError, ScimType};

/// Attributes by which resources are told apart: what isn't text there is refused, not made text.
const IDENTITIES: [&str; 3] = ["userName", "externalId", "displayName"];

/// The value that a path is to lead to; `None` where it is to lead to nothing: `null`, and what is empty, is unassigned
/// (RFC 7643 §2.5).
pub(in crate::scim) fn normalized(path: &AttributePath, value: Value) -> Result<Option<Value>, ScimError> {
    let shown = path.to_string();
    match path.leaf() {
        Some(known) => of_known(known, value, &shown),
        None => Ok(Some(value).filter(|value| !is_empty(value))),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn of_known(known: &'static Attribute, value: Value, shown: &str) -> Result<Option<Value>, ScimError> {
    if !known.multi {
        return one(known, single(value, shown)?, shown);
    }
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Null => Vec::new(),
        // A single value for many is clear enough.
        other => vec![other],
    };
    let mut kept = Vec::new();
    for element in elements {
        kept.extend(one(known, element, shown)?);
    }
    settle_primary(&[], &mut kept);
    Ok(Some(Value::Array(kept)).filter(|value| !is_empty(value)))
}

/// The value of an attribute that has one: some clients wrap it in an array.
fn single(value: Value, shown: &str) -> Result<Value, ScimError> {
    match value {
        Value::Array(mut elements) if elements.len() <= 1 => Ok(elements.pop().unwrap_or(Value::Null)),
        Value::Array(_) => {
            Err(ScimError::value(format!("{shown}: expected one value, got {}.", what(&value))))
        }
        other => Ok(other),
    }
}

fn one(known: &'static Attribute, value: Value, shown: &str) -> Result<Option<Value>, ScimError> {
    if value.is_null() {
        return Ok(None);
    }
    let normal = match known.kind {
        Type::Boolean => boolean(&value, shown)?,
        Type::Complex => return complex(known, value, shown),
        Type::Text | Type::Reference | Type::Binary | Type::DateTime => text(known, value, shown)?,
    };
    Ok(Some(normal).filter(|value| !is_empty(value)))
}

/// A boolean, also as the text that Entra ID and templates send; an empty one is unassigned. Anything else is refused: who
/// answers 200 and does nothing leaves a leaver in.
fn boolean(value: &Value, shown: &str) -> Result<Value, ScimError> {
    let read = match value {
        Value::Bool(value) => Some(Value::Bool(*value)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "" => Some(Value::Null),
            _ => None,
        },
        _ => None,
    };
    read.ok_or_else(|| ScimError::value(format!("{shown}: expected true or false, got {}.", what(value))))
}

fn text(known: &Attribute, value: Value, shown: &str) -> Result<Value, ScimError> {
    match value {
        Value::String(_) => Ok(value),
        Value::Number(number) if !IDENTITIES.contains(&known.name) && known.name != "value" => {
            Ok(Value::String(number.to_string()))
        }
        other => Err(ScimError::value(format!("{shown}: expected a text, got {}.", what(&other)))),
    }
}

fn complex(known: &'static Attribute, value: Value, shown: &str) -> Result<Option<Value>, ScimError> {
    let members = match value {
        Value::Object(members) => members,
        // A manager, a role, an address as a bare text is its value.
        Value::String(text) if known.find_sub("value").is_some() => {
            Map::from_iter([("value".to_owned(), Value::String(text))])
        }
        other => return Err(ScimError::value(format!("{shown}: expected an object, got {}.", what(&other)))),
    };
    let mut kept = Map::new();
    for (name, value) in members {
        let (name, value) = match known.find_sub(&name) {
            Some(sub) if sub.mutability == Mutability::ReadOnly => continue,
            Some(sub) => (sub.name.to_owned(), of_known(sub, value, &format!("{shown}.{}", sub.name))?),
            None => (name, Some(value).filter(|value| !is_empty(value))),
        };
        if let Some(value) = value
            && kept.insert(name.clone(), value).is_some()
        {
            return Err(ScimError::bad(ScimType::InvalidSyntax, format!("{shown}.{name} stands twice.")));
        }
    }
    Ok(Some(Value::Object(kept)).filter(|value| !is_empty(value)))
}

/// Leaves at most one element primary (RFC 7643 §2.4): the one that wasn't before, else the first.
pub(in crate::scim) fn settle_primary(before: &[Value], elements: &mut [Value]) {
    let is_primary = |element: &Value| {
        element.as_object().and_then(|element| member(element, "primary")) == Some(&Value::Bool(true))
    };
    if elements.iter().filter(|element| is_primary(element)).count() < 2 {
        return;
    }
    let fresh = |element: &Value| is_primary(element) && !before.contains(element);
    let chosen = elements.iter().rposition(fresh).filter(|_| !before.is_empty());
    let chosen = chosen.or_else(|| elements.iter().position(is_primary));
    for (index, element) in elements.iter_mut().enumerate() {
        if Some(index) != chosen
            && is_primary(element)
            && let Some(element) = element.as_object_mut()
        {
            element.insert("primary".to_owned(), Value::Bool(false));
        }
    }
}
