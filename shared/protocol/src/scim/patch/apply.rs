//! What an operation does to a document.

use serde_json::{Map, Value};

use super::{Operation, Step, Target};
use crate::scim::document::{is_passed_over, normalized, object_at, settle_primary};
use crate::scim::filter::element_matches;
use crate::scim::path::{AttributePath, member, spelling};
use crate::scim::schema::ResourceKind;
use crate::scim::{ScimError, ScimType};

type Attributes = Map<String, Value>;

pub(super) fn apply(document: &mut Attributes, step: &Step, kind: ResourceKind) -> Result<(), ScimError> {
    let path = &step.target.path;
    if is_passed_over(path, kind) {
        // Said by name, a change of the id would be believed to be done; sent along, it is what Okta does.
        let wrong = step.named && path.is_core("id");
        return if wrong {
            Err(ScimError::bad(ScimType::Mutability, "id: the server gives it, and it stays."))
        } else {
            Ok(())
        };
    }
    if path.name.is_empty() {
        return whole_extension(document, step, kind);
    }
    let Some(extension) = &path.extension else {
        let inactive = document.get("active").is_some_and(|active| *active != Value::Bool(true));
        apply_to(document, step)?;
        // To take `active` away says nothing about somebody who was sent away: nobody is let in again by it.
        if inactive && !document.contains_key("active") {
            document.insert("active".to_owned(), Value::Null);
        }
        return Ok(());
    };
    apply_to(object_at(document, extension).ok_or_else(|| no_object(path))?, step)?;
    drop_empty(document, &spelling(document, extension));
    Ok(())
}

/// An operation on an attribute of the object that holds it.
fn apply_to(holder: &mut Attributes, step: &Step) -> Result<(), ScimError> {
    let path = &step.target.path;
    let before = elements_of(holder, path);
    match step.operation {
        Operation::Remove => remove(holder, &step.target, &step.value)?,
        Operation::Add | Operation::Replace => set(holder, step)?,
    }
    let name = spelling(holder, &path.name);
    // What no schema knows is kept as it is said.
    if let (Some(Value::Array(elements)), Some(_)) = (holder.get_mut(&name), path.known) {
        elements.retain(|element| !element.as_object().is_some_and(Map::is_empty));
        settle_primary(&before, elements);
    }
    drop_empty(holder, &name);
    Ok(())
}

fn no_object(path: &AttributePath) -> ScimError {
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

/// An operation on an extension as a whole.
fn whole_extension(document: &mut Attributes, step: &Step, kind: ResourceKind) -> Result<(), ScimError> {
    let extension = step.target.path.extension.as_deref().unwrap_or_default();
    if extension == kind.urn() {
        return Err(ScimError::path(format!("{extension}: name the attribute, not the schema alone.")));
    }
    match (&step.operation, &step.value) {
        (Operation::Remove, _) | (_, Value::Null) => {
            let name = spelling(document, extension);
            document.remove(&name);
            Ok(())
        }
        (operation, Value::Object(members)) => {
            for (name, value) in members {
                let target = Target::parse(&format!("{extension}:{name}"), kind)?;
                if target.path.name.is_empty() {
                    return Err(ScimError::path(format!("{extension}: an extension inside an extension.")));
                }
                let step = Step { operation: *operation, target, value: value.clone(), named: false };
                apply(document, &step, kind)?;
            }
            Ok(())
        }
        _ => Err(no_object(&step.target.path)),
    }
}

fn set(holder: &mut Attributes, step: &Step) -> Result<(), ScimError> {
    let Step { operation, target, value, .. } = step;
    let path = &target.path;
    match (&target.elements, &path.sub) {
        (Some(_), _) => set_elements(holder, target, value),
        (None, Some(sub)) => set_part(holder, path, sub, value),
        (None, None) => set_attribute(holder, path, value, *operation),
    }
}

/// The attribute itself.
fn set_attribute(
    holder: &mut Attributes,
    path: &AttributePath,
    value: &Value,
    operation: Operation,
) -> Result<(), ScimError> {
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
            for element in added {
                if !elements.contains(&element) {
                    elements.push(element);
                }
            }
        }
        // Those parts that are named are set, the others stay (RFC 7644 §3.5.2.3).
        (Some(Value::Object(parts)), Value::Object(set)) => merge(parts, set),
        (_, value) => {
            holder.insert(name, value);
        }
    }
    Ok(())
}

fn merge(parts: &mut Attributes, set: Attributes) {
    for (name, value) in set {
        let name = spelling(parts, &name);
        parts.insert(name, value);
    }
}

/// A part of the attribute: of the one value, or of every element; where there is none, of a new one.
fn set_part(
    holder: &mut Attributes,
    path: &AttributePath,
    sub: &str,
    value: &Value,
) -> Result<(), ScimError> {
    let value = normalized(path, value.clone())?;
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
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                put_part(element, sub, value.clone());
            }
        }
        _ => return Err(no_object(path)),
    }
    Ok(())
}

fn put_part(parts: &mut Attributes, sub: &str, value: Option<Value>) {
    let name = spelling(parts, sub);
    match value {
        Some(value) => parts.insert(name, value),
        None => parts.remove(&name),
    };
}

/// Some elements, or a part of them.
fn set_elements(holder: &mut Attributes, target: &Target, value: &Value) -> Result<(), ScimError> {
    let Some(expression) = &target.elements else { return Ok(()) };
    let path = &target.path;
    let name = spelling(holder, &path.name);
    let mut hit = false;
    if let Some(Value::Array(elements)) = holder.get_mut(&name) {
        for element in elements.iter_mut().filter(|element| element_matches(expression, element)) {
            hit = true;
            set_element(element, path, value)?;
        }
    }
    if hit {
        return Ok(());
    }
    // Entra ID means by `replace` that it shall be so, whether there was one or not.
    let described = target.described().map(Value::Object).ok_or_else(|| {
        let detail = format!("No element of {} is meant by the filter in the path.", path.name);
        ScimError::bad(ScimType::NoTarget, detail)
    })?;
    let mut element = normalized_element(path, described)?;
    set_element(&mut element, path, value)?;
    match holder.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(elements) => elements.push(element),
        _ => return Err(no_object(path)),
    }
    Ok(())
}

/// One element in the form of its attribute.
fn normalized_element(path: &AttributePath, element: Value) -> Result<Value, ScimError> {
    let whole = AttributePath { sub: None, known_sub: None, ..path.clone() };
    let normal = normalized(&whole, Value::Array(vec![element]))?;
    Ok(match normal {
        Some(Value::Array(elements)) => {
            elements.into_iter().next().unwrap_or_else(|| Value::Object(Map::new()))
        }
        Some(other) => other,
        None => Value::Object(Map::new()),
    })
}

fn set_element(element: &mut Value, path: &AttributePath, value: &Value) -> Result<(), ScimError> {
    match (&path.sub, element) {
        (Some(sub), Value::Object(parts)) => {
            put_part(parts, sub, normalized(path, value.clone())?);
            Ok(())
        }
        (None, element) => {
            match (element, normalized_element(path, value.clone())?) {
                (Value::Object(parts), Value::Object(set)) => merge(parts, set),
                (element, set) => *element = set,
            }
            Ok(())
        }
        (Some(_), _) => Err(no_object(path)),
    }
}

fn remove(holder: &mut Attributes, target: &Target, value: &Value) -> Result<(), ScimError> {
    let path = &target.path;
    let name = spelling(holder, &path.name);
    match (&target.elements, &path.sub) {
        (None, None) => remove_attribute(holder, &name, path, value)?,
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
            let Some(Value::Array(elements)) = holder.get_mut(&name) else { return Ok(()) };
            match sub {
                None => elements.retain(|element| !element_matches(expression, element)),
                Some(sub) => elements
                    .iter_mut()
                    .filter(|element| element_matches(expression, element))
                    .filter_map(Value::as_object_mut)
                    .for_each(|parts| put_part(parts, sub, None)),
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
    let given = if many { normalized(path, value.clone())? } else { None };
    if many && given.is_none() && !value.is_null() {
        // A list of nothing names nothing.
        return Ok(());
    }
    match (holder.get_mut(name), given) {
        (Some(Value::Array(elements)), Some(given)) => {
            let given = match given {
                Value::Array(given) => given,
                one => vec![one],
            };
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
