//! Whether a resource is meant.

use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::{Expression, Operator, fold, fold_within};
use crate::scim::schema::{Attribute, Type};

pub(in crate::scim) fn matches(expression: &Expression, resource: &Map<String, Value>) -> bool {
    match expression {
        Expression::And(parts) => parts.iter().all(|part| matches(part, resource)),
        Expression::Or(parts) => parts.iter().any(|part| matches(part, resource)),
        Expression::Not(inside) => !matches(inside, resource),
        Expression::Present(path) => path.values(resource).into_iter().any(is_present),
        Expression::Element(of, inside) => match of.attribute(resource) {
            Some(Value::Array(elements)) => elements.iter().any(|element| element_matches(inside, element)),
            Some(one) => element_matches(inside, one),
            None => false,
        },
        Expression::Compare(path, operator, wanted) => {
            let values = path.values(resource);
            compare(&values, *operator, wanted, path.leaf())
        }
    }
}

/// Whether an element of a multi-valued attribute is meant; a simple one is its own `value`.
pub(in crate::scim) fn element_matches(inside: &Expression, element: &Value) -> bool {
    match element {
        Value::Object(object) => matches(inside, object),
        simple => matches(inside, &Map::from_iter([("value".to_owned(), simple.clone())])),
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// One of the values has it; `ne` is that none is equal. `null` is what isn't there.
fn compare(values: &[&Value], operator: Operator, wanted: &Value, known: Option<&Attribute>) -> bool {
    let present = values.iter().any(|value| is_present(value));
    match (operator, wanted) {
        (Operator::Equal, Value::Null) => !present,
        (Operator::NotEqual, Value::Null) => present,
        (Operator::NotEqual, _) => !values.iter().any(|value| holds(value, Operator::Equal, wanted, known)),
        _ => values.iter().any(|value| holds(value, operator, wanted, known)),
    }
}

fn holds(value: &Value, operator: Operator, wanted: &Value, known: Option<&Attribute>) -> bool {
    match value {
        Value::Bool(value) => operator == Operator::Equal && boolean(wanted) == Some(*value),
        Value::Number(value) => {
            let order = value.as_f64().zip(number(wanted)).and_then(|(is, wanted)| is.partial_cmp(&wanted));
            order.is_some_and(|order| ordered(order, operator))
        }
        Value::String(value) => text_holds(value, operator, wanted, known),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn text_holds(value: &str, operator: Operator, wanted: &Value, known: Option<&Attribute>) -> bool {
    let Value::String(wanted) = wanted else { return false };
    if known.is_some_and(|known| known.kind == Type::DateTime) {
        let instants =
            DateTime::parse_from_rfc3339(value).ok().zip(DateTime::parse_from_rfc3339(wanted).ok());
        if let Some((is, wanted)) = instants {
            return ordered(is.cmp(&wanted), operator);
        }
    }
    // White space around a whole text says nothing; in a part that is looked for it was meant (RFC 7644 §3.4.2.2).
    let in_part = matches!(operator, Operator::Contains | Operator::StartsWith | Operator::EndsWith);
    let compared = match (known.is_some_and(|known| known.case_exact), in_part) {
        (true, _) => str::to_owned,
        (false, true) => fold_within,
        (false, false) => fold,
    };
    let (is, wanted) = (compared(value), compared(wanted));
    match operator {
        Operator::Contains => is.contains(&wanted),
        Operator::StartsWith => is.starts_with(&wanted),
        Operator::EndsWith => is.ends_with(&wanted),
        _ => ordered(is.cmp(&wanted), operator),
    }
}

fn ordered(order: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}

/// A boolean, also as the text that Entra ID sends.
fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(value) => value.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
