//! The addresses of a user, of which there are many.

use serde_json::{Value, json};

use super::{Object, boolean, has_all, overlay, parts, set_parts, text, unwrapped};
use crate::patch::{Op, Which};

/// The parts that are set or, `null`, unset.
fn email(value: Value) -> Option<Object> {
    match value {
        Value::String(text) if text.is_empty() => Some(Object::new()),
        Value::String(text) => parts(json!({"value": text}), &["value"], None),
        other => parts(other, &["value", "display", "type"], Some("primary")),
    }
}

fn addresses(given: Value) -> Option<Vec<Value>> {
    let given = match given {
        Value::Null => Vec::new(),
        Value::Array(elements) => elements,
        one => vec![one],
    };
    let mut kept = Vec::new();
    for element in given.into_iter().filter(|element| !element.is_null()) {
        let element = set_parts(email(element)?);
        kept.extend((!element.is_empty()).then_some(Value::Object(element)));
    }
    Some(kept)
}

/// Of addresses that are set, those that are more than what they would be for.
fn real(mut given: Vec<Value>) -> Vec<Value> {
    given.retain(|element| !is_bare(element));
    one_primary(&[], &mut given);
    given
}

fn is_bare(element: &Value) -> bool {
    element.as_object().unwrap().keys().all(|name| ["type", "primary", "display"].contains(&name.as_str()))
}

fn is_primary(element: &Value) -> bool {
    element["primary"] == json!(true)
}

/// Of several primary elements the last that is new, else the first, stays so.
fn one_primary(before: &[Value], elements: &mut [Value]) {
    let primary: Vec<usize> = (0..elements.len()).filter(|index| is_primary(&elements[*index])).collect();
    if primary.len() < 2 {
        return;
    }
    let new = primary.iter().rev().find(|index| !before.is_empty() && !before.contains(&elements[**index]));
    let stays = *new.unwrap_or(&primary[0]);
    for index in primary.into_iter().filter(|index| *index != stays) {
        elements[index]["primary"] = json!(false);
    }
}

/// Changes the list of addresses.
fn with_addresses(user: &mut Object, change: impl FnOnce(&mut Vec<Value>) -> Option<()>) -> Option<()> {
    let before = user.get("emails").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut now = before.clone();
    change(&mut now)?;
    now.retain(|element| *element != json!({}));
    one_primary(&before, &mut now);
    user.remove("emails");
    if !now.is_empty() {
        user.insert("emails".into(), Value::Array(now));
    }
    Some(())
}

pub(super) fn emails(user: &mut Object, op: Op, given: Value) -> Option<()> {
    let none_named = given.is_null();
    let given = addresses(given)?;
    with_addresses(user, |now| {
        match op {
            Op::Replace => *now = real(given),
            Op::Add => {
                for element in real(given) {
                    if !now.contains(&element) {
                        now.push(element);
                    }
                }
            }
            Op::Remove if none_named => now.clear(),
            Op::Remove => now.retain(|element| !given.iter().any(|given| has_all(element, given))),
        }
        Some(())
    })
}

pub(super) fn all_addresses(user: &mut Object, op: Op, given: Value) -> Option<()> {
    let value = if op == Op::Remove { None } else { text(unwrapped(given)?, false)? };
    with_addresses(user, |now| {
        if let (true, Some(value)) = (now.is_empty(), &value) {
            now.push(json!({"value": value}));
        }
        for element in now.iter_mut() {
            set_part(element, "value", value.clone());
        }
        Some(())
    })
}

fn set_part(element: &mut Value, name: &str, value: Option<Value>) {
    let element = element.as_object_mut().unwrap();
    match value {
        Some(value) => element.insert(name.into(), value),
        None => element.remove(name),
    };
}

fn is_meant(which: Which, element: &Value) -> bool {
    let kind = element["type"].as_str().unwrap_or_default().to_lowercase();
    let kind = kind.trim();
    match which {
        Which::Work => kind == "work",
        Which::Home => kind == "home",
        Which::Other => kind == "other",
        Which::Primary => is_primary(element),
        Which::WorkAndPrimary => kind == "work" && is_primary(element),
        Which::BeginsWithW => kind.starts_with('w'),
        Which::NotWork => kind != "work",
    }
}

/// The element that a filter describes by nothing but equalities.
fn described(which: Which) -> Option<Value> {
    Some(match which {
        Which::Work => json!({"type": "work"}),
        Which::Home => json!({"type": "home"}),
        Which::Other => json!({"type": "other"}),
        Which::Primary => json!({"primary": true}),
        Which::WorkAndPrimary => json!({"type": "work", "primary": true}),
        Which::BeginsWithW | Which::NotWork => return None,
    })
}

/// What is done where no element is meant.
fn made(which: Which, parts: &Object) -> Option<Value> {
    let mut made = described(which)?;
    overlay(made.as_object_mut().unwrap(), parts.clone());
    Some(made)
}

pub(super) fn elements(user: &mut Object, op: Op, which: Which, given: Value) -> Option<()> {
    let given = if op == Op::Remove { Value::Null } else { unwrapped(given)? };
    with_addresses(user, |now| {
        // Nothing in an element's place is no element.
        if given.is_null() || given == json!("") {
            now.retain(|element| !is_meant(which, element));
            return Some(());
        }
        let set = email(given)?;
        let mut meant = now.iter_mut().filter(|element| is_meant(which, element)).peekable();
        if meant.peek().is_some() {
            meant.for_each(|element| overlay(element.as_object_mut().unwrap(), set.clone()));
        } else if set.is_empty() || set.values().any(|part| !part.is_null()) {
            now.extend(Some(made(which, &set)?).filter(|element| !is_bare(element)));
        }
        Some(())
    })
}

pub(super) fn element_part(user: &mut Object, op: Op, which: Which, name: &str, given: Value) -> Option<()> {
    let value = match (op, name) {
        (Op::Remove, _) => None,
        (_, "primary") => boolean(unwrapped(given)?)?,
        _ => text(unwrapped(given)?, name != "value")?,
    };
    with_addresses(user, |now| {
        let mut meant = now.iter_mut().filter(|element| is_meant(which, element)).peekable();
        if meant.peek().is_some() {
            meant.for_each(|element| set_part(element, name, value.clone()));
        } else if let Some(value) = value {
            now.push(made(which, &Object::from_iter([(name.to_owned(), value)]))?);
        }
        Some(())
    })
}
