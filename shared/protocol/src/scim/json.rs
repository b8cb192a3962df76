//! JSON in, with what serde_json alone lets pass: the same name twice in one object, of which two readers would take
//! different ones (RFC 8259 §4), nesting without end, and more names and values than any resource has. Bodies are read before
//! anybody knows who is calling.

use std::cell::{Cell, OnceCell};
use std::{fmt, io};

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::schema::ResourceKind;
use super::{Limits, ScimError};

/// Reads a body.
pub(super) fn parse(body: &[u8]) -> Result<Value, ScimError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let bounds = Bounds { values_left: Cell::new(Limits::VALUES), exceeded: OnceCell::new() };
    let strict = Strict { depth: Limits::NESTING, bounds: &bounds };
    let value = strict.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| match bounds.exceeded.get() {
        Some(detail) => ScimError::too_many(detail.clone()),
        None => ScimError::syntax(format!(
            "The body isn't the JSON that was expected: {}.",
            super::error::excerpt(&error.to_string())
        )),
    })
}

/// Reads a body about a resource of a kind.
pub(super) fn parse_about(body: &[u8], kind: ResourceKind) -> Result<Map<String, Value>, ScimError> {
    if kind == ResourceKind::User && body.len() > Limits::USER_BODY_BYTES {
        return Err(ScimError::too_many(format!(
            "A request about a user has at most {} bytes, this one has {}.",
            Limits::USER_BODY_BYTES,
            body.len()
        )));
    }
    parse_object(body)
}

/// Reads a body that must be an object.
pub(super) fn parse_object(body: &[u8]) -> Result<Map<String, Value>, ScimError> {
    match parse(body)? {
        Value::Object(object) => Ok(object),
        other => {
            Err(ScimError::syntax(format!("Expected a JSON object, got {}.", super::error::what(&other))))
        }
    }
}

/// How many bytes a value has as JSON.
pub(super) fn size(value: &impl Serialize) -> usize {
    struct Counted(usize);
    impl io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    serde_json::to_writer(&mut counted, value).map_or(usize::MAX, |()| counted.0)
}

/// What is left of a body's bounds.
struct Bounds {
    values_left: Cell<usize>,
    /// The bound that was exceeded, as a sentence.
    exceeded: OnceCell<String>,
}

impl Bounds {
    fn exceed<E: Error>(&self, detail: String) -> E {
        let error = E::custom(&detail);
        let _ = self.exceeded.set(detail);
        error
    }

    fn take_value<E: Error>(&self) -> Result<(), E> {
        let left = self.values_left.get().checked_sub(1);
        let too_many =
            || self.exceed(format!("A body has at most {} values, this one has more.", Limits::VALUES));
        self.values_left.set(left.ok_or_else(too_many)?);
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Strict<'b> {
    depth: usize,
    bounds: &'b Bounds,
}

impl Strict<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(E::custom(format_args!(
                "more than {} objects and arrays inside one another",
                Limits::NESTING
            ))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.bounds.take_value()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.len() >= Limits::NAMES {
                let detail =
                    format!("An object has at most {} names, one in this body has more.", Limits::NAMES);
                return Err(self.bounds.exceed(detail));
            }
            let value = members.next_value_seed(inside)?;
            if object.insert(name.clone(), value).is_some() {
                let name = super::error::excerpt(&name);
                return Err(A::Error::custom(format_args!("the name “{name}” stands twice in one object")));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::ScimType;

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        let refused = |body: &str| parse(body.as_bytes()).unwrap_err().detail;
        assert!(refused(r#"{"a":1,"b":{"c":1,"c":2}}"#).contains("“c” stands twice"));
        assert!(refused(&"[".repeat(200)).contains("inside one another"));
        assert!(refused("{} {}").contains("JSON"));
        assert!(refused("").contains("JSON"));
        assert_eq!(
            parse(br#"{"a":[1,-2,1.5,"x",null,true]}"#).unwrap().to_string(),
            r#"{"a":[1,-2,1.5,"x",null,true]}"#
        );
    }

    #[test]
    fn more_than_any_resource_has_is_refused_while_it_is_read() {
        let refused = |body: &str| {
            let error = parse(body.as_bytes()).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::TooMany));
            error.detail
        };
        let names = |many: usize| {
            let names: Vec<_> = (0..many).map(|number| format!("\"{number}\":1")).collect();
            format!("[{{{}}}]", names.join(","))
        };
        assert!(parse(names(Limits::NAMES).as_bytes()).is_ok());
        assert!(refused(&names(Limits::NAMES + 1)).contains("1024 names"));
        let values = |many: usize| format!("[{}]", vec!["1"; many].join(","));
        assert!(parse(values(Limits::VALUES - 1).as_bytes()).is_ok());
        assert!(refused(&values(Limits::VALUES)).contains("250000 values"));
    }

    #[test]
    fn a_request_about_a_user_is_measured_before_it_is_read() {
        let body = |bytes: usize| format!("{{}}{}", " ".repeat(bytes - 2));
        let most = Limits::USER_BODY_BYTES;
        assert!(parse_about(body(most).as_bytes(), ResourceKind::User).is_ok());
        let error = parse_about(&vec![b'['; most + 1], ResourceKind::User).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::TooMany), "{error}");
        assert!(parse_about(body(most + 1).as_bytes(), ResourceKind::Group).is_ok());
    }

    #[test]
    fn a_size_is_that_of_the_text() {
        let value = serde_json::json!({"a": ["\u{e9}\n", 1.5, null]});
        assert_eq!(size(&value), value.to_string().len());
    }

    #[test]
    fn an_array_is_no_resource() {
        assert!(parse_object(b"[]").unwrap_err().detail.contains("got an array of 0"));
    }
}
