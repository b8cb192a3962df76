//! JSON in, with what serde_json alone lets pass: the same name twice in one object, of which two readers would take
//! different ones (RFC 8259 §4), and nesting without end.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Limits, ScimError};

/// Reads a body.
pub(super) fn parse(body: &[u8]) -> Result<Value, ScimError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let strict = Strict { depth: Limits::NESTING };
    let value = strict.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| {
        ScimError::syntax(format!(
            "The body isn't the JSON that was expected: {}.",
            super::error::excerpt(&error.to_string())
        ))
    })
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

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn inside<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom(format_args!(
                "more than {} objects and arrays inside one another",
                Limits::NESTING
            ))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
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
    fn an_array_is_no_resource() {
        assert!(parse_object(b"[]").unwrap_err().detail.contains("got an array of 0"));
    }
}
