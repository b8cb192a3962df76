//! The addresses of a user, of which there are many.

use serde_json::{Value, json};

use super::{Object, boolean, has_all, parts, text, unwrapped};
use crate::patch::{Op, Which};

fn email(value: Value) -> Option<Object> {
    match value {
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
        let element = email(element)?;
        kept.extend((!element.is_empty()).then_some(Value::Object(element)));
    }
    one_primary(&[], &mut kept);
    Some(kept)
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
            Op::Replace => *now = given,
            Op::Add => {
                for element in given {
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

/// Does something to each element that is meant, or to the one that is made where there is none.
fn each(now: &mut Vec<Value>, which: Which, change: impl Fn(&mut Value) -> Option<()>) -> Option<()> {
    if !now.iter().any(|element| is_meant(which, element)) {
        let mut made = described(which)?;
        change(&mut made)?;
        now.push(made);
        return Some(());
    }
    for element in now.iter_mut().filter(|element| is_meant(which, element)) {
        change(element)?;
    }
    Some(())
}

pub(super) fn elements(user: &mut Object, op: Op, which: Which, given: Value) -> Option<()> {
    with_addresses(user, |now| {
        if op == Op::Remove {
            now.retain(|element| !is_meant(which, element));
            return Some(());
        }
        each(now, which, |element| {
            let set = if given.is_null() { Object::new() } else { email(given.clone())? };
            element.as_object_mut().unwrap().extend(set);
            Some(())
        })
    })
}

pub(super) fn element_part(user: &mut Object, op: Op, which: Which, name: &str, given: Value) -> Option<()> {
    with_addresses(user, |now| {
        if op == Op::Remove {
            now.iter_mut()
                .filter(|element| is_meant(which, element))
                .for_each(|element| set_part(element, name, None));
            return Some(());
        }
        each(now, which, |element| {
            let given = unwrapped(given.clone())?;
            let value = if name == "primary" { boolean(given)? } else { text(given, name != "value")? };
            set_part(element, name, value);
            Some(())
        })
    })
}
