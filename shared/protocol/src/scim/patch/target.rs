//! The path of an operation (RFC 7644 §3.5.2): an attribute, some of its elements, a part of these.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::scim::error::excerpt;
use crate::scim::filter::{Expression, Operator, parse_inside};
use crate::scim::path::{AttributePath, is_urn};
use crate::scim::schema::{ENTERPRISE, ResourceKind};
use crate::scim::{Limits, ScimError, ScimType};

/// What an operation changes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scim) struct Target {
    /// The attribute; with its part where it has no brackets or one stands behind them.
    pub(in crate::scim) path: AttributePath,
    /// Which elements.
    pub(in crate::scim) elements: Option<Expression>,
    /// The path as it was written, without its brackets, where no schema knows its URN.
    foreign: Option<String>,
}

impl Target {
    /// Reads a path.
    pub(in crate::scim) fn parse(text: &str, kind: ResourceKind) -> Result<Self, ScimError> {
        let target = Self::read(text, kind)?;
        match target.misplaced() {
            Some(detail) => Err(ScimError::path(detail)),
            None => Ok(target),
        }
    }

    /// A member of an object under the URN of a schema.
    pub(super) fn of_member(schema: &str, name: &str, kind: ResourceKind) -> Result<Self, ScimError> {
        if is_urn(name) {
            return Err(ScimError::path(format!("{schema}: an extension inside an extension.")));
        }
        let text = format!("{schema}:{name}");
        let is_no_name = !name.contains('[') && AttributePath::parse(&text, kind).is_none();
        if schema == ENTERPRISE && is_no_name {
            return Ok(Self::of(AttributePath::of_member(schema, name)));
        }
        Self::parse(&text, kind)
    }

    /// The whole of an attribute, or of an extension.
    pub(super) fn of(path: AttributePath) -> Self {
        Self { path, elements: None, foreign: None }
    }

    fn read(text: &str, kind: ResourceKind) -> Result<Self, ScimError> {
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
        let (name, brackets) = match text.split_once('[') {
            Some((name, rest)) => (name.trim_end(), Some(rest)),
            None => (text, None),
        };
        let mut path = AttributePath::parse(name, kind).ok_or_else(unreadable)?;
        let foreign = path.is_foreign(kind).then(|| name.to_owned());
        let Some(rest) = brackets else { return Ok(Self { path, elements: None, foreign }) };
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
        Ok(Self { path, elements: Some(elements), foreign })
    }

    /// What is wrong with a path that leads into what can't be there.
    fn misplaced(&self) -> Option<String> {
        let one = self.path.known.filter(|known| self.elements.is_some() && !known.multi);
        let brackets = |name: &str| {
            format!(
                "{name}: brackets choose among several values, and {name} has one. Leave the brackets out."
            )
        };
        one.map(|known| brackets(known.name)).or_else(|| self.path.misplaced_part())
    }

    /// The URN of the core schema or the enterprise extension, where the path is nothing but that.
    pub(super) fn schema(&self) -> Option<&str> {
        self.path.extension.as_deref().filter(|_| self.path.name.is_empty() && !self.is_foreign())
    }

    /// Whether no schema knows its URN.
    pub(super) fn is_foreign(&self) -> bool {
        self.foreign.is_some()
    }

    /// The target in a document. Where the URN of an unknown extension ends, the document says, if it has the extension;
    /// else what gets an object of members is the extension, as in a POST.
    pub(super) fn in_document(&self, document: &Map<String, Value>, sets_members: bool) -> Cow<'_, Self> {
        let Some(text) = &self.foreign else { return Cow::Borrowed(self) };
        let there = AttributePath::in_extension_of(document, text);
        let made = || {
            let whole = sets_members && self.elements.is_none();
            whole.then(|| AttributePath::of_extension(text.clone()))
        };
        let Some(mut path) = there.or_else(made) else { return Cow::Borrowed(self) };
        if self.elements.is_some() {
            path.sub.clone_from(&self.path.sub);
        }
        Cow::Owned(Self { elements: self.elements.clone(), ..Self::of(path) })
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
