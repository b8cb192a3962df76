//! The body of a `.search` (RFC 7644 §3.4.3).

use serde_json::{Map, Value};

use super::error::what;
use super::path::member;
use super::{ScimError, json};

/// What is asked by a `.search`, as a query would have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// The filter.
    pub filter: Option<String>,
    /// The attribute to sort by.
    pub sort_by: Option<String>,
    /// `ascending` or `descending`.
    pub sort_order: Option<String>,
    /// The number of the first result.
    pub start_index: Option<i64>,
    /// How many at the most.
    pub count: Option<i64>,
    /// The cursor.
    pub cursor: Option<String>,
    /// Names with commas between them.
    pub attributes: Option<String>,
    /// Names with commas between them.
    pub excluded_attributes: Option<String>,
}

impl SearchRequest {
    /// Reads the body.
    ///
    /// # Errors
    /// `invalidSyntax` where it isn't an object, `tooMany` where it is far too large, `invalidValue` where a member is of the
    /// wrong type.
    pub fn parse(body: &[u8]) -> Result<Self, ScimError> {
        let body = json::parse_object(body)?;
        Ok(Self {
            filter: text(&body, "filter")?,
            sort_by: text(&body, "sortBy")?,
            sort_order: text(&body, "sortOrder")?,
            start_index: number(&body, "startIndex")?,
            count: number(&body, "count")?,
            cursor: text(&body, "cursor")?,
            attributes: names(&body, "attributes")?,
            excluded_attributes: names(&body, "excludedAttributes")?,
        })
    }
}

fn wrong(name: &str, expected: &str, got: &Value) -> ScimError {
    ScimError::value(format!("{name}: expected {expected}, got {}.", what(got)))
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match member(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong(name, "a text", other)),
    }
}

fn number(body: &Map<String, Value>, name: &str) -> Result<Option<i64>, ScimError> {
    match member(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let read = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            read.map(Some).ok_or_else(|| wrong(name, "a whole number", value))
        }
    }
}

/// An array of names, or a text as a query has it.
fn names(body: &Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    match member(body, name) {
        Some(Value::Array(names)) => {
            let texts: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
            texts
                .map(|texts| Some(texts.join(",")))
                .ok_or_else(|| wrong(name, "an array of texts", &Value::Array(names.clone())))
        }
        _ => text(body, name),
    }
}
