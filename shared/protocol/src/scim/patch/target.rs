//! The path of an operation (RFC 7644 §3.5.2): an attribute, some of its elements, a part of these.

use serde_json::{Map, Value};

use crate::scim::error::excerpt;
use crate::scim::filter::{Expression, Operator, parse_inside};
use crate::scim::path::AttributePath;
use crate::scim::schema::ResourceKind;
use crate::scim::{Limits, ScimError, ScimType};

/// What an operation changes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scim) struct Target {
    /// The attribute; with its part where it has no brackets or one stands behind them.
    pub(in crate::scim) path: AttributePath,
    /// Which elements.
    pub(in crate::scim) elements: Option<Expression>,
}

impl Target {
    /// Reads a path.
    pub(in crate::scim) fn parse(text: &str, kind: ResourceKind) -> Result<Self, ScimError> {
        let unreadable = || {
            ScimError::path(format!(
                "The path “{}” can't be read: expected the name of an attribute, as in name.givenName or \
                 emails[type eq \"work\"].value.",
                excerpt(text)
            ))
        };
        if text.len() > Limits::FILTER_BYTES {
            return Err(unreadable());
        }
        let Some((name, rest)) = text.split_once('[') else {
            let path = AttributePath::parse(text, kind).ok_or_else(unreadable)?;
            return Ok(Self { path, elements: None });
        };
        let mut path = AttributePath::parse(name.trim_end(), kind).ok_or_else(unreadable)?;
        let (inside, behind) = rest.rsplit_once(']').ok_or_else(unreadable)?;
        if path.name.is_empty() || path.sub.is_some() {
            return Err(unreadable());
        }
        let elements = parse_inside(inside, path.known)
            .map_err(|error| ScimError { scim_type: Some(ScimType::InvalidPath), ..error })?;
        match behind.strip_prefix('.') {
            Some(part) => {
                let part = AttributePath::inside(path.known, part).ok_or_else(unreadable)?;
                path.sub = Some(part.name);
                path.known_sub = part.known;
            }
            None if behind.is_empty() => {}
            None => return Err(unreadable()),
        }
        Ok(Self { path, elements: Some(elements) })
    }

    /// The element that the brackets describe, where they do nothing but name values: `[type eq "work"]`. It is made where
    /// there is none.
    pub(in crate::scim) fn described(&self) -> Option<Map<String, Value>> {
        let mut element = Map::new();
        describe(self.elements.as_ref()?, &mut element).then_some(element)
    }
}

fn describe(expression: &Expression, element: &mut Map<String, Value>) -> bool {
    match expression {
        Expression::And(parts) => parts.iter().all(|part| describe(part, element)),
        Expression::Compare(path, Operator::Equal, value) if !value.is_null() => {
            element.insert(path.name.clone(), value.clone()).is_none()
        }
        _ => false,
    }
}
