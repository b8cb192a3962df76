//! Elements of an attribute that has many, chosen by the brackets of a path.

use serde_json::{Map, Value};

use super::Target;
use super::apply::{Attributes, Change, check_room, merge, no_object, put_part, put_parts};
use crate::scim::document::{is_valueless, normalized, said_of, single};
use crate::scim::filter::{Expression, element_matches};
use crate::scim::path::{AttributePath, spelling};
use crate::scim::schema::Attribute;
use crate::scim::{ScimError, ScimType};

/// What is said of an element.
enum Said {
    /// It is unassigned.
    Nothing,
    /// Parts of it, `null` where they are unassigned.
    Parts(Attributes),
    /// What it is, where no schema knows the attribute.
    Itself(Value),
}

impl Said {
    fn read(change: Change) -> Result<Self, ScimError> {
        let (path, value) = (&change.target.path, change.value.clone());
        if let Some(sub) = &path.sub {
            let value = normalized(path, value)?.unwrap_or(Value::Null);
            return Ok(Self::Parts(Map::from_iter([(sub.clone(), value)])));
        }
        match (path.known, value) {
            (Some(known), value) => {
                let shown = path.to_string();
                let said = said_of(known, single(value, &shown)?, &shown)?;
                Ok(said.map_or(Self::Nothing, Self::Parts))
            }
            (None, Value::Null) => Ok(Self::Nothing),
            (None, value) => Ok(Self::Itself(value)),
        }
    }

    /// Whether there is nothing to be set: then nothing is made, either.
    fn only_unassigns(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Parts(parts) => !parts.is_empty() && parts.values().all(Value::is_null),
            Self::Itself(_) => false,
        }
    }

    fn put(&self, element: &mut Value, path: &AttributePath) -> Result<(), ScimError> {
        match (self, element) {
            (Self::Nothing, _) => Ok(()),
            (Self::Parts(said), Value::Object(parts)) => put_parts(parts, said.clone(), path),
            (Self::Parts(_), _) => Err(no_object(path)),
            (Self::Itself(Value::Object(said)), Value::Object(members)) => merge(members, said.clone(), path),
            (Self::Itself(value), element) => {
                *element = value.clone();
                Ok(())
            }
        }
    }
}

/// Sets some elements, or a part of each; where there is none, the one that the brackets describe is made.
pub(super) fn set_elements(
    holder: &mut Attributes,
    expression: &Expression,
    change: Change,
) -> Result<(), ScimError> {
    let Target { path, .. } = change.target;
    let said = Said::read(change)?;
    let name = spelling(holder, &path.name);
    if let Some(Value::Array(elements)) = holder.get_mut(&name) {
        if let Said::Nothing = said {
            elements.retain(|element| !element_matches(expression, element));
            return Ok(());
        }
        let mut meant: Vec<_> =
            elements.iter_mut().filter(|element| element_matches(expression, element)).collect();
        check_room(change, meant.len())?;
        for element in &mut meant {
            said.put(element, path)?;
        }
        if !meant.is_empty() {
            return Ok(());
        }
    }
    if said.only_unassigns() {
        return Ok(());
    }
    let Some(made) = make(&said, change.target)? else { return Ok(()) };
    match holder.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(elements) => elements.push(made),
        _ => return Err(no_object(path)),
    }
    Ok(())
}

/// The element that the brackets describe, with what is said of it; `None` where a whole one would have no value.
fn make(said: &Said, target: &Target) -> Result<Option<Value>, ScimError> {
    // Entra ID means by `replace` that it shall be so, whether there was one or not.
    let described = target.described().ok_or_else(|| {
        let detail = format!("No element of {} is meant by the filter in the path.", target.path.name);
        ScimError::bad(ScimType::NoTarget, detail)
    })?;
    let mut element = Value::Object(normal(target.path.known, described)?);
    said.put(&mut element, &target.path)?;
    // A part by itself may come before the value.
    let nothing = target.path.sub.is_none() && target.path.known.is_some() && is_valueless(&element);
    Ok(Some(element).filter(|_| !nothing))
}

/// What brackets describe, in the form of the attribute.
fn normal(known: Option<&'static Attribute>, described: Attributes) -> Result<Attributes, ScimError> {
    let Some(known) = known else { return Ok(described) };
    let mut parts = said_of(known, Value::Object(described), known.name)?.unwrap_or_default();
    parts.retain(|_, part| !part.is_null());
    Ok(parts)
}

/// Removes some elements, or a part of each.
pub(super) fn remove_elements(elements: &mut Vec<Value>, expression: &Expression, sub: Option<&str>) {
    let Some(sub) = sub else {
        elements.retain(|element| !element_matches(expression, element));
        return;
    };
    let meant = elements.iter_mut().filter(|element| element_matches(expression, element));
    meant.filter_map(Value::as_object_mut).for_each(|parts| put_part(parts, sub, None));
}
