//! Changes of parts of a resource (RFC 7644 §3.5.2), as clients send them.

mod apply;
mod members;
mod target;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::document::Document;
use super::error::{excerpt, what};
use super::path::{is_urn, member};
use super::schema::ResourceKind;
use super::{Limits, ScimError, ScimType, json};

pub(super) use members::members as read_members;
pub use members::{Member, MemberChange};
pub(super) use target::Target;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Add,
    Replace,
    Remove,
}

/// One operation on one place. An operation without a path is taken apart into those that it means.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    operation: Operation,
    target: Target,
    value: Value,
    /// Whether the operation named its path. What a client only sends along is passed over where it can't be changed.
    named: bool,
}

/// The operations of a PATCH.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    kind: ResourceKind,
    steps: Vec<Step>,
}

impl Patch {
    /// Reads the body of a PATCH.
    ///
    /// # Errors
    /// `invalidSyntax`, `invalidPath`, `invalidFilter`, `noTarget` for what can't be read, and `tooMany` beyond
    /// [`Limits::PATCH_OPERATIONS`].
    pub fn parse(body: &[u8], kind: ResourceKind) -> Result<Self, ScimError> {
        Self::of_object(&json::parse_object(body)?, kind)
    }

    /// The same of a value that was read already, as in a bulk request.
    ///
    /// # Errors
    /// Those of [`Patch::parse`].
    pub fn of_value(value: &Value, kind: ResourceKind) -> Result<Self, ScimError> {
        match value {
            Value::Object(object) => Self::of_object(object, kind),
            other => Err(ScimError::syntax(format!("Expected a JSON object, got {}.", what(other)))),
        }
    }

    fn of_object(body: &Map<String, Value>, kind: ResourceKind) -> Result<Self, ScimError> {
        let operations = match member(body, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            Some(other) => {
                return Err(ScimError::syntax(format!(
                    "Operations: expected an array of operations, got {}.",
                    what(other)
                )));
            }
            None => {
                return Err(ScimError::syntax("Operations: expected an array of operations, got nothing."));
            }
        };
        if operations.len() > Limits::PATCH_OPERATIONS {
            return Err(ScimError::bad(
                ScimType::TooMany,
                format!(
                    "A PATCH has at most {} operations, this one has {}.",
                    Limits::PATCH_OPERATIONS,
                    operations.len()
                ),
            ));
        }
        let mut steps = Vec::new();
        for operation in operations {
            read_operation(&mut steps, operation, kind)?;
        }
        Ok(Self { kind, steps })
    }

    /// The document as it is after all operations; the members of a group are not a part of it.
    ///
    /// # Errors
    /// `noTarget`, `mutability`, `invalidValue`, `tooMany`: then nothing of it is to be kept.
    pub fn apply(&self, document: &Document) -> Result<Document, ScimError> {
        let mut changed = document.clone();
        for step in self.steps.iter().filter(|step| !members::is_of_members(step, self.kind)) {
            apply::apply(&mut changed.0, step, self.kind)?;
        }
        // RFC 7644 §3.5.2.2: what is required can't be removed.
        changed.check(self.kind, ScimType::Mutability)?;
        Ok(changed)
    }

    /// What all operations together do to a group's members; `None` where they don't touch them.
    ///
    /// # Errors
    /// `invalidPath` and `invalidValue` for members that aren't named by their ids.
    pub fn member_change(&self) -> Result<Option<MemberChange>, ScimError> {
        members::change(self.steps.iter().filter(|step| members::is_of_members(step, self.kind)))
    }
}

fn read_operation(steps: &mut Vec<Step>, operation: &Value, kind: ResourceKind) -> Result<(), ScimError> {
    let Value::Object(operation) = operation else {
        return Err(ScimError::syntax(format!("Operations: expected an object, got {}.", what(operation))));
    };
    let verb = match member(operation, "op") {
        Some(Value::String(verb)) if verb.eq_ignore_ascii_case("add") => Operation::Add,
        Some(Value::String(verb)) if verb.eq_ignore_ascii_case("replace") => Operation::Replace,
        Some(Value::String(verb)) if verb.eq_ignore_ascii_case("remove") => Operation::Remove,
        other => {
            let got = other.map_or_else(|| "nothing".to_owned(), what);
            return Err(ScimError::syntax(format!("op: expected add, replace or remove, got {got}.")));
        }
    };
    let value = member(operation, "value").cloned().unwrap_or(Value::Null);
    match member(operation, "path") {
        None | Some(Value::Null) => take_apart(steps, verb, value, kind),
        Some(Value::String(path)) if path.trim().is_empty() => take_apart(steps, verb, value, kind),
        Some(Value::String(path)) => {
            let target = Target::parse(path.trim(), kind)?;
            steps.push(Step { operation: verb, target, value, named: true });
            Ok(())
        }
        Some(other) => Err(ScimError::path(format!("path: expected a text, got {}.", what(other)))),
    }
}

/// An operation without a path: each member of its value is one with a path (RFC 7644 §3.5.2.1, §3.5.2.3). Clients put whole
/// paths there, with dots, colons and brackets.
fn take_apart(
    steps: &mut Vec<Step>,
    verb: Operation,
    value: Value,
    kind: ResourceKind,
) -> Result<(), ScimError> {
    if verb == Operation::Remove {
        return Err(ScimError::bad(
            ScimType::NoTarget,
            "A remove needs a path that says what is to be removed.",
        ));
    }
    let Value::Object(members) = value else {
        return Err(ScimError::value(format!(
            "value: an operation without a path needs an object of attributes, got {}.",
            what(&value)
        )));
    };
    for (name, value) in members {
        take_member(steps, verb, (name, value), kind)?;
    }
    Ok(())
}

fn take_member(
    steps: &mut Vec<Step>,
    verb: Operation,
    (name, value): (String, Value),
    kind: ResourceKind,
) -> Result<(), ScimError> {
    let target = Target::parse(&name, kind)?;
    match (target.path.name.is_empty(), value) {
        (true, Value::Object(members)) => {
            for (part, value) in members {
                if is_urn(&part) {
                    return Err(ScimError::path(format!(
                        "{}: an extension inside an extension.",
                        excerpt(&name)
                    )));
                }
                take_member(steps, verb, (format!("{name}:{part}"), value), kind)?;
            }
        }
        (_, value) => steps.push(Step { operation: verb, target, value, named: false }),
    }
    Ok(())
}
