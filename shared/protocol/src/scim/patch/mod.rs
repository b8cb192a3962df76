//! Changes of parts of a resource (RFC 7644 §3.5.2), as clients send them.

mod apply;
mod elements;
mod members;
mod target;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::document::{Document, single};
use super::error::what;
use super::path::member;
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
    /// [`Limits::PATCH_OPERATIONS`] and, of a user, [`Limits::USER_BODY_BYTES`].
    pub fn parse(body: &[u8], kind: ResourceKind) -> Result<Self, ScimError> {
        Self::of_object(&json::parse_about(body, kind)?, kind)
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
        let mut steps = Steps { kind, steps: Vec::new(), counted: 0 };
        for operation in operations {
            steps.read(operation)?;
        }
        Ok(Self { kind, steps: steps.steps })
    }

    /// The document as it is after all operations; the members of a group are not a part of it.
    ///
    /// # Errors
    /// `noTarget`, `mutability`, `invalidValue`, `tooMany`: then nothing of it is to be kept.
    pub fn apply(&self, document: &Document) -> Result<Document, ScimError> {
        let mut changed = document.clone();
        let mut comparisons = Limits::PATCH_COMPARISONS;
        for step in self.steps.iter().filter(|step| !members::is_of_members(step, self.kind)) {
            apply::apply(&mut changed.0, step, self.kind, &mut comparisons)?;
            // Steps may multiply what is there, each what the one before made.
            if step.operation != Operation::Remove {
                changed.check_size(self.kind)?;
            }
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

/// The operations of a body, taken apart.
struct Steps {
    kind: ResourceKind,
    steps: Vec<Step>,
    counted: usize,
}

impl Steps {
    fn read(&mut self, operation: &Value) -> Result<(), ScimError> {
        let Value::Object(operation) = operation else {
            return Err(ScimError::syntax(format!(
                "Operations: expected an object, got {}.",
                what(operation)
            )));
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
            None | Some(Value::Null) => self.take_apart(verb, value),
            Some(Value::String(path)) if path.trim().is_empty() => self.take_apart(verb, value),
            Some(Value::String(path)) => {
                let target = Target::parse(path.trim(), self.kind)?;
                self.add(Step { operation: verb, target, value, named: true })
            }
            Some(other) => Err(ScimError::path(format!("path: expected a text, got {}.", what(other)))),
        }
    }

    /// An operation without a path: each member of its value is one with a path (RFC 7644 §3.5.2.1, §3.5.2.3). Clients put
    /// whole paths there, with dots, colons and brackets.
    fn take_apart(&mut self, verb: Operation, value: Value) -> Result<(), ScimError> {
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
            let target = Target::parse(&name, self.kind)?;
            self.add(Step { operation: verb, target, value, named: false })?;
        }
        Ok(())
    }

    /// What is set of a whole schema is set of each attribute that it names.
    fn add(&mut self, step: Step) -> Result<(), ScimError> {
        let Step { operation, target, value, named } = step;
        let Some(schema) = target.schema().filter(|_| operation != Operation::Remove).map(str::to_owned)
        else {
            return self.push(Step { operation, target, value, named });
        };
        if named && schema == self.kind.urn() {
            return Err(ScimError::path(format!("{schema}: name the attribute, not the schema alone.")));
        }
        match single(value, &schema)? {
            Value::Object(members) => {
                for (name, value) in members {
                    let target = Target::of_member(&schema, &name, self.kind)?;
                    self.push(Step { operation, target, value, named: false })?;
                }
                Ok(())
            }
            value => self.push(Step { operation, target, value, named }),
        }
    }

    fn push(&mut self, step: Step) -> Result<(), ScimError> {
        // An extension that no schema knows is taken apart only where it is known how its URN ends: in the document.
        self.counted += match &step.value {
            Value::Object(members) if step.target.is_foreign() => members.len().max(1),
            _ => 1,
        };
        if self.counted > Limits::PATCH_OPERATIONS {
            return Err(ScimError::too_many(format!(
                "A PATCH has at most {} operations, and each attribute that one without a path names counts. This one has \
                 more: send it in parts.",
                Limits::PATCH_OPERATIONS
            )));
        }
        self.steps.push(step);
        Ok(())
    }
}
