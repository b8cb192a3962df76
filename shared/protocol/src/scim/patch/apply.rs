//! What an operation does to a document.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::elements::{remove_elements, set_elements};
use super::{Operation, Step, Target};
use crate::scim::document::{
    check_count, is_empty, is_passed_over, listed, normalized, object_at, said_of, settle_primary, single,
    too_large,
};
use crate::scim::path::{AttributePath, member, spelling};
use crate::scim::schema::{ResourceKind, Type};
use crate::scim::{Limits, ScimError, ScimType, json};

pub(super) type Attributes = Map<String, Value>;

/// A step whose target is known to be the document's.
#[derive(Clone, Copy)]
pub(super) struct Change<'s> {
    pub(super) kind: ResourceKind,
    pub(super) operation: Operation,
    pub(super) target: &'s Target,
    pub(super) value: &'s Value,
}

/// Takes a step, for which so many comparisons are left.
pub(super) fn apply(
    document: &mut Attributes,
    step: &Step,
    kind: ResourceKind,
    comparisons: &mut usize,
) -> Result<(), ScimError> {
    let Step { operation, target, value, named } = step;
    if is_passed_over(&target.path, kind) {
        // Said by name, a change of the id would be believed to be done; sent along, it is what Okta does.
        let wrong = *named && target.path.is_core("id");
        return if wrong {
            Err(ScimError::bad(ScimType::Mutability, "id: the server gives it, and it stays."))
        } else {
            Ok(())
        };
    }
    let size = json::size(value);
    if size > Limits::DOCUMENT_BYTES {
        return Err(too_large(kind, size));
    }
    let target = target.in_document(document, *operation != Operation::Remove && value.is_object());
    let change = Change { kind, operation: *operation, target: &target, value };
    if target.path.name.is_empty() {
        whole_extension(document, change, comparisons)
    } else {
        change_attribute(document, change, comparisons)
    }
}

/// An operation on an attribute of the core schema or of an extension.
fn change_attribute(
    document: &mut Attributes,
    change: Change,
    comparisons: &mut usize,
) -> Result<(), ScimError> {
    let path = &change.target.path;
    let Some(extension) = &path.extension else {
        let inactive = document.get("active").is_some_and(|active| *active != Value::Bool(true));
        change_in(document, change, comparisons)?;
        // To take `active` away says nothing about somebody who was sent away: nobody is let in again by it.
        if inactive && !document.contains_key("active") {
            document.insert("active".to_owned(), Value::Null);
        }
        return Ok(());
    };
    change_in(object_at(document, extension).ok_or_else(|| no_object(path))?, change, comparisons)?;
    drop_empty(document, &spelling(document, extension));
    Ok(())
}

/// An operation on an attribute of the object that holds it.
fn change_in(holder: &mut Attributes, change: Change, comparisons: &mut usize) -> Result<(), ScimError> {
    let path = &change.target.path;
    let before = elements_of(holder, path);
    *comparisons = comparisons.checked_sub(cost(change, &before)).ok_or_else(|| {
        ScimError::too_many(format!(
            "{path}: the operations compare more than {} values altogether. Send them in parts.",
            Limits::PATCH_COMPARISONS
        ))
    })?;
    match change.operation {
        Operation::Remove => remove(holder, change)?,
        Operation::Add | Operation::Replace => set(holder, change)?,
    }
    let name = spelling(holder, &path.name);
    // What no schema knows is kept as it is said.
    if let (Some(Value::Array(elements)), Some(known)) = (holder.get_mut(&name), path.known) {
        elements.retain(|element| !element.as_object().is_some_and(Map::is_empty));
        check_count(elements.len(), known.name)?;
        settle_primary(&before, elements);
    }
    drop_empty(holder, &name);
    Ok(())
}

/// How many comparisons a change of these elements makes.
fn cost(change: Change, elements: &[Value]) -> usize {
    match (&change.target.elements, change.operation, change.value) {
        (Some(expression), ..) => weight(elements).saturating_mul(expression.terms()),
        (None, Operation::Remove, Value::Array(given)) => {
            let sides = [(elements, given.len()), (given, elements.len())];
            sides.into_iter().map(|(values, times)| weight(values).saturating_mul(times)).max().unwrap_or(0)
        }
        _ => elements.len(),
    }
}

/// What it takes to look at some values once.
fn weight(values: &[Value]) -> usize {
    const TEXT_BYTES: usize = 64;
    let of_one = |value: &Value| match value {
        Value::String(text) => 1 + text.len() / TEXT_BYTES,
        Value::Array(values) => weight(values),
        Value::Object(parts) => parts.values().map(|part| weight(std::slice::from_ref(part))).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    };
    values.iter().map(|value| of_one(value).max(1)).sum()
}

pub(super) fn no_object(path: &AttributePath) -> ScimError {
    ScimError::value(format!("{path}: what stands there is no object."))
}

fn elements_of(holder: &Attributes, path: &AttributePath) -> Vec<Value> {
    match member(holder, &path.name) {
        Some(Value::Array(elements)) => elements.clone(),
        _ => Vec::new(),
    }
}

/// What is empty is unassigned.
fn drop_empty(holder: &mut Attributes, name: &str) {
    let empty = match holder.get(name) {
        Some(Value::Array(elements)) => elements.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        _ => false,
    };
    if empty {
        holder.remove(name);
    }
}

/// An operation on an extension as a whole. Members come here only of one that no schema knows.
fn whole_extension(
    document: &mut Attributes,
    change: Change,
    comparisons: &mut usize,
) -> Result<(), ScimError> {
    let path = &change.target.path;
    let extension = path.extension.as_deref().unwrap_or_default();
    if extension == change.kind.urn() || change.target.elements.is_some() {
        return Err(ScimError::path(format!("{extension}: name the attribute, not the schema alone.")));
    }
    match change.value {
        Value::Object(members) if change.operation != Operation::Remove => {
            for (name, value) in members {
                let target = Target::of(AttributePath::of_member(extension, name));
                change_attribute(document, Change { target: &target, value, ..change }, comparisons)?;
            }
            Ok(())
        }
        value if change.operation == Operation::Remove || is_empty(value) => {
            let name = spelling(document, extension);
            document.remove(&name);
            Ok(())
        }
        other => {
            let got = crate::scim::error::what(other);
            Err(ScimError::value(format!("{extension}: expected an object, got {got}.")))
        }
    }
}

fn set(holder: &mut Attributes, change: Change) -> Result<(), ScimError> {
    let path = &change.target.path;
    match (&change.target.elements, &path.sub, path.known) {
        (Some(expression), ..) => set_elements(holder, expression, change),
        (None, Some(sub), _) => set_part(holder, sub, change),
        (None, None, Some(known)) if known.kind == Type::Complex && !known.multi => {
            let value = single(change.value.clone(), known.name)?;
            set_complex(holder, path, said_of(known, value, &path.to_string())?)
        }
        (None, None, _) => set_attribute(holder, change),
    }
}

/// A complex attribute: those parts that are named are set, the others stay (RFC 7644 §3.5.2.3).
fn set_complex(
    holder: &mut Attributes,
    path: &AttributePath,
    said: Option<Attributes>,
) -> Result<(), ScimError> {
    let name = spelling(holder, &path.name);
    let Some(said) = said else {
        holder.remove(&name);
        return Ok(());
    };
    let parts = holder.entry(name).or_insert(Value::Null);
    if !parts.is_object() {
        *parts = Value::Object(Map::new());
    }
    parts.as_object_mut().map_or(Ok(()), |parts| put_parts(parts, said, path))
}

/// The attribute itself.
fn set_attribute(holder: &mut Attributes, change: Change) -> Result<(), ScimError> {
    let Change { operation, target: Target { path, .. }, value, .. } = change;
    let name = spelling(holder, &path.name);
    let Some(value) = normalized(path, value.clone())? else {
        // To add nothing changes nothing; to replace by nothing is to remove.
        if operation == Operation::Replace || !path.known.is_some_and(|known| known.multi) {
            holder.remove(&name);
        }
        return Ok(());
    };
    match (holder.get_mut(&name), value) {
        (Some(Value::Array(elements)), Value::Array(added)) if operation == Operation::Add => {
            append(elements, &added);
        }
        (Some(Value::Object(parts)), Value::Object(said)) => merge(parts, said, path)?,
        (_, value) => {
            holder.insert(name, value);
        }
    }
    Ok(())
}

/// What is there isn't added again (RFC 7644 §3.5.2.1).
fn append(elements: &mut Vec<Value>, added: &[Value]) {
    let mut there: HashSet<&Value> = elements.iter().collect();
    let fresh: Vec<_> = added.iter().filter(|element| there.insert(element)).cloned().collect();
    elements.extend(fresh);
}

/// Sets members as they are said.
pub(super) fn merge(
    members: &mut Attributes,
    said: Attributes,
    path: &AttributePath,
) -> Result<(), ScimError> {
    for (name, value) in said {
        let name = spelling(members, &name);
        members.insert(name, value);
        check_names(members, path)?;
    }
    Ok(())
}

/// Sets parts, and unassigns those that are `null`.
pub(super) fn put_parts(
    parts: &mut Attributes,
    said: Attributes,
    path: &AttributePath,
) -> Result<(), ScimError> {
    for (name, value) in said {
        put_part(parts, &name, Some(value).filter(|value| !value.is_null()));
        check_names(parts, path)?;
    }
    Ok(())
}

fn check_names(object: &Attributes, path: &AttributePath) -> Result<(), ScimError> {
    if object.len() > Limits::NAMES {
        return Err(ScimError::too_many(format!("{path}: an object has at most {} names.", Limits::NAMES)));
    }
    Ok(())
}

pub(super) fn put_part(parts: &mut Attributes, sub: &str, value: Option<Value>) {
    let name = spelling(parts, sub);
    match value {
        Some(value) => parts.insert(name, value),
        None => parts.remove(&name),
    };
}

/// A part of the attribute: of the one value, or of every element; where there is none, of a new one.
fn set_part(holder: &mut Attributes, sub: &str, change: Change) -> Result<(), ScimError> {
    let path = &change.target.path;
    let value = normalized(path, change.value.clone())?;
    let name = spelling(holder, &path.name);
    if value.is_none() && !holder.contains_key(&name) {
        return Ok(());
    }
    let many = path.known.is_some_and(|known| known.multi);
    let empty =
        || if many { Value::Array(vec![Value::Object(Map::new())]) } else { Value::Object(Map::new()) };
    match holder.entry(name).or_insert_with(empty) {
        Value::Object(parts) => put_part(parts, sub, value),
        Value::Array(elements) => {
            check_room(change, elements.len())?;
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                put_part(element, sub, value.clone());
            }
        }
        _ => return Err(no_object(path)),
    }
    Ok(())
}

/// Refuses what would be too much once every element has it.
pub(super) fn check_room(change: Change, elements: usize) -> Result<(), ScimError> {
    let size = json::size(change.value).saturating_mul(elements);
    if size > Limits::DOCUMENT_BYTES { Err(too_large(change.kind, size)) } else { Ok(()) }
}

fn remove(holder: &mut Attributes, change: Change) -> Result<(), ScimError> {
    let path = &change.target.path;
    let name = spelling(holder, &path.name);
    match (&change.target.elements, &path.sub) {
        (None, None) => remove_attribute(holder, &name, path, change.value)?,
        (None, Some(sub)) => match holder.get_mut(&name) {
            Some(Value::Object(parts)) => put_part(parts, sub, None),
            Some(Value::Array(elements)) => {
                elements
                    .iter_mut()
                    .filter_map(Value::as_object_mut)
                    .for_each(|parts| put_part(parts, sub, None));
            }
            _ => {}
        },
        (Some(expression), sub) => {
            if let Some(Value::Array(elements)) = holder.get_mut(&name) {
                remove_elements(elements, expression, sub.as_deref());
            }
        }
    }
    Ok(())
}

/// The whole attribute; or, where values are given, those elements that are like one of them: Entra ID removes so, and means
/// only these.
fn remove_attribute(
    holder: &mut Attributes,
    name: &str,
    path: &AttributePath,
    value: &Value,
) -> Result<(), ScimError> {
    let many = path.known.is_none_or(|known| known.multi);
    if !many || value.is_null() {
        holder.remove(name);
        return Ok(());
    }
    let given = listed(path, value.clone())?;
    match holder.get_mut(name) {
        // A list of nothing names nothing.
        _ if given.is_empty() => {}
        Some(Value::Array(elements)) => {
            elements.retain(|element| !given.iter().any(|given| is_like(element, given)));
        }
        _ => {
            holder.remove(name);
        }
    }
    Ok(())
}

/// Whether an element has all that the given one has.
fn is_like(element: &Value, given: &Value) -> bool {
    match (element, given) {
        (Value::Object(element), Value::Object(given)) => {
            given.iter().all(|(name, value)| member(element, name) == Some(value))
        }
        (element, given) => element == given,
    }
}
