//! Filters (RFC 7644 §3.4.2.2): read, compared with resources, and looked at for what an index answers.

mod evaluate;
mod lexer;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::ScimError;
use super::path::AttributePath;
use super::schema::ResourceKind;

pub(super) use evaluate::element_matches;
pub(super) use parse::parse_inside;

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(pub(super) Expression);

/// A part of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Present(AttributePath),
    Compare(AttributePath, Operator, Value),
    /// One element of a complex attribute has it all.
    Element(AttributePath, Box<Expression>),
}

impl Expression {
    /// How many comparisons it makes of one resource or element.
    pub(super) fn terms(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::terms).sum(),
            Self::Not(inside) | Self::Element(_, inside) => inside.terms(),
            Self::Present(_) | Self::Compare(..) => 1,
        }
    }
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    pub(super) const ALL: [(Self, &'static str); 9] = [
        (Self::Equal, "eq"),
        (Self::NotEqual, "ne"),
        (Self::Contains, "co"),
        (Self::StartsWith, "sw"),
        (Self::EndsWith, "ew"),
        (Self::Greater, "gt"),
        (Self::GreaterOrEqual, "ge"),
        (Self::Less, "lt"),
        (Self::LessOrEqual, "le"),
    ];

    pub(super) fn orders(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual)
    }
}

/// By what resources are found without looking at all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// The id.
    Id,
    /// The userName, folded.
    UserName,
    /// The externalId, as it is.
    ExternalId,
    /// One of the e-mail addresses, folded.
    Email,
    /// The displayName, folded.
    DisplayName,
    /// Of a group, one of its members; of a user, one of their groups.
    Membership,
}

/// What a filter asks about an attribute that is kept apart from the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// Whether these values are among it.
    For(Vec<String>),
    /// Something that only all of it answers.
    Everything,
}

/// An equality that an index answers. What it finds are candidates: the rest of the filter is to be held against them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// What is indexed.
    pub attribute: Indexed,
    /// The value that was asked for, as it was written.
    pub value: String,
}

/// How texts are compared without regard to case: outer white space doesn't count, and letters that are composed differently
/// are the same.
pub fn fold(text: &str) -> String {
    fold_within(text.trim())
}

/// The same of a part of a text, whose outer white space counts.
fn fold_within(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter`, with the place and what was expected there; also beyond the limits of [`super::Limits`].
    pub fn parse(text: &str, kind: ResourceKind) -> Result<Self, ScimError> {
        parse::parse(text, kind).map(Self)
    }

    /// Whether a resource, as it is shown, is meant.
    pub fn matches(&self, resource: &Map<String, Value>) -> bool {
        evaluate::matches(&self.0, resource)
    }

    /// What it asks about the memberships: a group's `members`, a user's `groups`.
    pub fn asks_membership(&self, kind: ResourceKind) -> Asked {
        let name = membership(kind);
        let mut values = Vec::new();
        match asks(&self.0, name, &mut values) {
            false => Asked::Everything,
            true if values.is_empty() => Asked::Nothing,
            true => Asked::For(values),
        }
    }

    /// What an index answers of it: an equality that every resource that is meant must fulfil.
    pub fn lookup(&self) -> Option<Lookup> {
        lookup(&self.0)
    }

    /// How many comparisons it makes of one resource.
    pub fn terms(&self) -> usize {
        self.0.terms()
    }
}

fn lookup(expression: &Expression) -> Option<Lookup> {
    match expression {
        Expression::Compare(path, Operator::Equal, Value::String(value)) => {
            let attribute = indexed(path)?;
            Some(Lookup { attribute, value: value.clone() })
        }
        Expression::And(parts) => parts.iter().find_map(lookup),
        Expression::Element(of, inside) if of.is_core("emails") => {
            element_value(inside).map(|value| Lookup { attribute: Indexed::Email, value: value.to_owned() })
        }
        _ => None,
    }
}

fn indexed(path: &AttributePath) -> Option<Indexed> {
    let whole = path.sub.is_none();
    match path.name.as_str() {
        _ if path.extension.is_some() => None,
        "id" if whole => Some(Indexed::Id),
        "userName" if whole => Some(Indexed::UserName),
        "externalId" if whole => Some(Indexed::ExternalId),
        "displayName" if whole => Some(Indexed::DisplayName),
        "emails" if whole || path.sub.as_deref() == Some("value") => Some(Indexed::Email),
        "members" | "groups" if whole || path.sub.as_deref() == Some("value") => Some(Indexed::Membership),
        _ => None,
    }
}

fn membership(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "groups",
        ResourceKind::Group => "members",
    }
}

/// Gathers the values that an attribute is asked for; `false` where it is asked for more than single values.
fn asks(expression: &Expression, name: &str, values: &mut Vec<String>) -> bool {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => parts.iter().all(|part| asks(part, name, values)),
        Expression::Not(inside) => asks(inside, name, values),
        Expression::Present(path) => !path.is_core(name),
        Expression::Element(of, inside) if of.is_core(name) => match &**inside {
            Expression::Compare(path, Operator::Equal, Value::String(value)) if path.name == "value" => {
                values.push(value.clone());
                true
            }
            _ => false,
        },
        Expression::Element(..) => true,
        Expression::Compare(path, operator, value) if path.is_core(name) => match (operator, value) {
            (Operator::Equal, Value::String(value)) if indexed(path) == Some(Indexed::Membership) => {
                values.push(value.clone());
                true
            }
            _ => false,
        },
        Expression::Compare(..) => true,
    }
}

/// The `value` that an element must have.
fn element_value(inside: &Expression) -> Option<&str> {
    match inside {
        Expression::Compare(path, Operator::Equal, Value::String(value)) if path.name == "value" => {
            Some(value)
        }
        Expression::And(parts) => parts.iter().find_map(element_value),
        _ => None,
    }
}
