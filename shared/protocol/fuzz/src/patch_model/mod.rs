//! A second interpreter of SCIM PATCH (RFC 7644 §3.5.2, and what identity providers mean by it), simple and slow: one
//! attribute at a time, no schema, no paths.

mod emails;

use serde_json::{Map, Value, json};

use crate::patch::{Op, Operation, Place};
use emails::{all_addresses, element_part, elements, emails};

/// The extension that holds what an employer knows of a user.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const SHOES: &str = "urn:acme:shoes:1.0:User";

type Object = Map<String, Value>;

/// The user after all operations; `None` where one of them is refused.
pub fn apply(mut user: Object, operations: &[Operation]) -> Option<Object> {
    for operation in operations {
        one(&mut user, operation.op, operation.place, operation.given.json())?;
    }
    let name = user.get("userName")?.as_str()?;
    let emails = user.get("emails").and_then(Value::as_array).map_or(0, Vec::len);
    (!name.trim().is_empty() && emails <= 20).then_some(user)
}

fn one(user: &mut Object, op: Op, place: Place, given: Value) -> Option<()> {
    match place {
        Place::UserName => scalar(user, "userName", op, given, |value| text(value, false)),
        Place::Title => scalar(user, "title", op, given, |value| text(value, true)),
        Place::Active => {
            let out = user.get("active").is_some_and(|active| *active != json!(true));
            scalar(user, "active", op, given, boolean)?;
            if out && !user.contains_key("active") {
                user.insert("active".into(), Value::Null);
            }
            Some(())
        }
        Place::Name => {
            object(user, "name", op, given, |value| parts(value, &["givenName", "familyName"], None))
        }
        Place::GivenName => part(user, "name", "givenName", op, given),
        Place::Emails => emails(user, op, given),
        Place::EmailsValue => all_addresses(user, op, given),
        Place::EmailsWhere(which) => elements(user, op, which, given),
        Place::EmailsValueWhere(which) => element_part(user, op, which, "value", given),
        Place::EmailsTypeWhere(which) => element_part(user, op, which, "type", given),
        Place::EmailsPrimaryWhere(which) => element_part(user, op, which, "primary", given),
        Place::Department | Place::Manager | Place::ManagerValue => {
            let mut extension = taken(user, ENTERPRISE);
            match place {
                Place::Department => {
                    scalar(&mut extension, "department", op, given, |value| text(value, true))?
                }
                Place::Manager => object(&mut extension, "manager", op, given, manager)?,
                _ => {
                    let given = if op == Op::Remove { given } else { strictly(given)? };
                    part(&mut extension, "manager", "value", op, given)?;
                }
            }
            put_back(user, ENTERPRISE, extension);
            Some(())
        }
        Place::Enterprise => enterprise(user, op, given),
        Place::ShoeSize => shoe_size(user, op, given),
    }
}

fn taken(user: &mut Object, name: &str) -> Object {
    user.remove(name).and_then(|value| value.as_object().cloned()).unwrap_or_default()
}

fn put_back(user: &mut Object, name: &str, object: Object) {
    if !object.is_empty() {
        user.insert(name.into(), Value::Object(object));
    }
}

/// A text: `Some(None)` is nothing, `None` is refused.
#[allow(clippy::option_option)]
fn text(value: Value, numbers: bool) -> Option<Option<Value>> {
    match value {
        Value::Null => Some(None),
        Value::String(text) if text.is_empty() => Some(None),
        Value::String(text) => Some(Some(json!(text))),
        Value::Number(number) if numbers => Some(Some(json!(number.to_string()))),
        _ => None,
    }
}

#[allow(clippy::option_option)]
fn boolean(value: Value) -> Option<Option<Value>> {
    match value {
        Value::Null => Some(None),
        Value::Bool(value) => Some(Some(json!(value))),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "" => Some(None),
            "true" => Some(Some(json!(true))),
            "false" => Some(Some(json!(false))),
            _ => None,
        },
        _ => None,
    }
}

/// One value, out of an array of one.
fn unwrapped(value: Value) -> Option<Value> {
    match value {
        Value::Array(elements) if elements.len() > 1 => None,
        Value::Array(elements) => Some(elements.into_iter().next().unwrap_or(Value::Null)),
        other => Some(other),
    }
}

#[allow(clippy::option_option)]
fn scalar(
    holder: &mut Object,
    name: &str,
    op: Op,
    given: Value,
    read: impl Fn(Value) -> Option<Option<Value>>,
) -> Option<()> {
    let value = if op == Op::Remove { None } else { read(unwrapped(given)?)? };
    match value {
        Some(value) => holder.insert(name.into(), value),
        None => holder.remove(name),
    };
    Some(())
}

/// The parts that an object names, `null` for those that are empty: known ones are texts, a boolean one may be named.
fn parts(value: Value, texts: &[&str], flag: Option<&str>) -> Option<Object> {
    let Value::Object(given) = value else { return None };
    let mut kept = Object::new();
    for (name, value) in given {
        let value = if texts.contains(&name.as_str()) {
            text(unwrapped(value)?, name != "value")?
        } else if flag == Some(name.as_str()) {
            boolean(unwrapped(value)?)?
        } else {
            Some(value).filter(|value| !is_empty(value))
        };
        kept.insert(name, value.unwrap_or(Value::Null));
    }
    Some(kept)
}

/// Sets parts, and unsets those that are `null`.
fn overlay(now: &mut Object, parts: Object) {
    now.extend(parts);
    *now = set_parts(std::mem::take(now));
}

fn set_parts(mut parts: Object) -> Object {
    parts.retain(|_, value| !value.is_null());
    parts
}

fn is_empty(value: &Value) -> bool {
    [json!(null), json!(""), json!([]), json!({})].contains(value)
}

fn manager(value: Value) -> Option<Object> {
    match value {
        Value::String(text) => parts(json!({"value": text}), &["value", "$ref"], None),
        other => parts(other, &["value", "$ref"], None),
    }
}

/// A text that isn't a number made one.
fn strictly(given: Value) -> Option<Value> {
    let value = text(unwrapped(given)?, false)?;
    Some(value.unwrap_or(Value::Null))
}

fn object(
    holder: &mut Object,
    name: &str,
    op: Op,
    given: Value,
    read: impl Fn(Value) -> Option<Object>,
) -> Option<()> {
    let given = if op == Op::Remove { Value::Null } else { unwrapped(given)? };
    if given.is_null() || given == json!("") {
        holder.remove(name);
        return Some(());
    }
    let set = read(given)?;
    let mut now = taken(holder, name);
    overlay(&mut now, set);
    put_back(holder, name, now);
    Some(())
}

fn part(holder: &mut Object, name: &str, part: &str, op: Op, given: Value) -> Option<()> {
    let value = if op == Op::Remove { None } else { text(unwrapped(given)?, true)? };
    let mut now = taken(holder, name);
    match value {
        Some(value) => now.insert(part.into(), value),
        None => now.remove(part),
    };
    put_back(holder, name, now);
    Some(())
}

/// Of an unknown URN only the document says where it ends; what gets an object first is the extension.
fn shoe_size(user: &mut Object, op: Op, given: Value) -> Option<()> {
    let whole = format!("{SHOES}:shoeSize");
    let mut extension = taken(user, SHOES);
    let is_whole = user.contains_key(&whole);
    if extension.is_empty() && (is_whole || op != Op::Remove && given.is_object()) {
        return shoes(user, &whole, op, given);
    }
    unknown(&mut extension, "shoeSize", op, given);
    put_back(user, SHOES, extension);
    Some(())
}

fn shoes(user: &mut Object, name: &str, op: Op, given: Value) -> Option<()> {
    let mut extension = taken(user, name);
    match (op, given) {
        (Op::Remove, _) => extension.clear(),
        (_, Value::Object(members)) => {
            members.into_iter().for_each(|(member, value)| unknown(&mut extension, &member, op, value));
        }
        (_, given) if is_empty(&given) => extension.clear(),
        _ => return None,
    }
    put_back(user, name, extension);
    Some(())
}

fn enterprise(user: &mut Object, op: Op, given: Value) -> Option<()> {
    let given = if op == Op::Remove { given } else { unwrapped(given)? };
    match (op, given) {
        (op, Value::String(text)) if op != Op::Remove && text.is_empty() => {
            enterprise(user, Op::Remove, Value::Null)
        }
        (Op::Remove, _) | (_, Value::Null) => {
            user.remove(ENTERPRISE);
            Some(())
        }
        (op, Value::Object(members)) => {
            for (name, value) in members {
                match name.as_str() {
                    "department" => one(user, op, Place::Department, value)?,
                    "manager" => one(user, op, Place::Manager, value)?,
                    other => {
                        let mut extension = taken(user, ENTERPRISE);
                        unknown(&mut extension, other, op, value);
                        put_back(user, ENTERPRISE, extension);
                    }
                }
            }
            Some(())
        }
        _ => None,
    }
}

/// An attribute of which nothing is known.
fn unknown(holder: &mut Object, name: &str, op: Op, given: Value) {
    let now = holder.remove(name);
    let after = match (op, now, given) {
        // A list of nothing names nothing.
        (Op::Remove, now, given) if !given.is_null() && is_empty(&given) => now.unwrap_or(Value::Null),
        (Op::Remove, Some(Value::Array(mut elements)), given) if !given.is_null() => {
            let given = match given {
                Value::Array(given) => given,
                one => vec![one],
            };
            elements.retain(|element| {
                !given.iter().any(|given| match (element, given) {
                    (Value::Object(_), Value::Object(_)) => has_all(element, given),
                    (element, given) => element == given,
                })
            });
            Value::Array(elements)
        }
        (Op::Remove, ..) => Value::Null,
        (_, _, given) if is_empty(&given) => Value::Null,
        (Op::Add, Some(Value::Array(mut elements)), Value::Array(given)) => {
            for element in given {
                if !elements.contains(&element) {
                    elements.push(element);
                }
            }
            Value::Array(elements)
        }
        (_, Some(Value::Object(mut now)), Value::Object(given)) => {
            now.extend(given);
            Value::Object(now)
        }
        (_, _, given) => given,
    };
    if !is_empty(&after) {
        holder.insert(name.into(), after);
    }
}

/// Whether an element has all that another has.
fn has_all(element: &Value, given: &Value) -> bool {
    given.as_object().unwrap().iter().all(|(name, value)| element.get(name) == Some(value))
}
