//! Values of attributes, brought into the form of their type.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::scim::error::what;
use crate::scim::path::{AttributePath, member};
use crate::scim::schema::{Attribute, Mutability, Type};
use crate::scim::{Limits, ScimError};

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

/// The elements that a list names, also those without a value.
pub(in crate::scim) fn listed(path: &AttributePath, value: Value) -> Result<Vec<Value>, ScimError> {
    match (path.leaf(), value) {
        (Some(known), value) => elements(known, value, &path.to_string()),
        (None, value) if is_empty(&value) => Ok(Vec::new()),
        (None, Value::Array(elements)) => Ok(elements),
        (None, one) => Ok(vec![one]),
    }
}

pub(in crate::scim) fn is_empty(value: &Value) -> bool {
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
    let mut kept = elements(known, value, shown)?;
    kept.retain(|element| !is_valueless(element));
    settle_primary(&[], &mut kept);
    Ok(Some(Value::Array(kept)).filter(|value| !is_empty(value)))
}

fn elements(known: &'static Attribute, value: Value, shown: &str) -> Result<Vec<Value>, ScimError> {
    let elements = match value {
        Value::Array(elements) => elements,
        Value::Null => Vec::new(),
        // A single value for many is clear enough.
        other => vec![other],
    };
    check_count(elements.len(), shown)?;
    let mut kept = Vec::new();
    for element in elements {
        kept.extend(one(known, element, shown)?);
    }
    Ok(kept)
}

/// Refuses more values than an attribute may have.
pub(in crate::scim) fn check_count(elements: usize, shown: &str) -> Result<(), ScimError> {
    if elements > Limits::ELEMENTS {
        let most = Limits::ELEMENTS;
        return Err(ScimError::too_many(format!("{shown}: expected at most {most} values, got {elements}.")));
    }
    Ok(())
}

/// Whether an element says of a value only what it would be for. Templates send `{"value": "", "type": "work"}` for an address
/// that isn't there.
pub(in crate::scim) fn is_valueless(element: &Value) -> bool {
    element
        .as_object()
        .is_some_and(|parts| parts.keys().all(|name| matches!(name.as_str(), "type" | "primary" | "display")))
}

/// The value of an attribute that has one: some clients wrap it in an array.
pub(in crate::scim) fn single(value: Value, shown: &str) -> Result<Value, ScimError> {
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
        Type::Complex => {
            let mut kept = said_of(known, value, shown)?.unwrap_or_default();
            kept.retain(|_, part| !part.is_null());
            Value::Object(kept)
        }
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

/// What a value says of a complex attribute, or of one element of it: each part that it names, `null` where it unassigns the
/// part. Parts that only the server writes are passed over. `None` where the attribute itself is unassigned.
pub(in crate::scim) fn said_of(
    known: &'static Attribute,
    value: Value,
    shown: &str,
) -> Result<Option<Map<String, Value>>, ScimError> {
    let members = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::Object(members) => members,
        // A manager, a role, an address as a bare text is its value.
        Value::String(text) if known.find_sub("value").is_some() => {
            Map::from_iter([("value".to_owned(), Value::String(text))])
        }
        other => return Err(ScimError::value(format!("{shown}: expected an object, got {}.", what(&other)))),
    };
    let mut said = Map::new();
    for (name, value) in members {
        let Some((name, value)) = part(known, name, value, shown)? else { continue };
        match said.get(&name) {
            Some(Value::Null) | None => {
                said.insert(name, value);
            }
            Some(before) if value.is_null() || *before == value => {}
            Some(_) => {
                return Err(ScimError::syntax(format!("{shown}.{name} stands twice, with two values.")));
            }
        }
    }
    Ok(Some(said))
}

/// A part by its name in the schema, with its value or `null`; `None` where only the server writes it.
fn part(
    known: &'static Attribute,
    name: String,
    value: Value,
    shown: &str,
) -> Result<Option<(String, Value)>, ScimError> {
    let Some(sub) = known.find_sub(&name) else {
        return Ok(Some((name, if is_empty(&value) { Value::Null } else { value })));
    };
    if sub.mutability == Mutability::ReadOnly {
        return Ok(None);
    }
    let value = match value {
        // A template without quotes makes a number of an id that it calls by a name of its own.
        Value::Number(number) if !name.eq_ignore_ascii_case(sub.name) => Value::String(number.to_string()),
        other => other,
    };
    let value = of_known(sub, value, &format!("{shown}.{}", sub.name))?;
    Ok(Some((sub.name.to_owned(), value.unwrap_or(Value::Null))))
}

/// Leaves at most one element primary (RFC 7643 §2.4): the one that wasn't before, else the first.
pub(in crate::scim) fn settle_primary(before: &[Value], elements: &mut [Value]) {
    let is_primary = |element: &Value| {
        element.as_object().and_then(|element| member(element, "primary")) == Some(&Value::Bool(true))
    };
    if elements.iter().filter(|element| is_primary(element)).count() < 2 {
        return;
    }
    let known: HashSet<&Value> = before.iter().collect();
    let fresh = |element: &Value| is_primary(element) && !known.contains(element);
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
