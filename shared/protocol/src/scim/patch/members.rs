//! The members of a group, which are kept apart from it.

use std::collections::HashSet;

use serde_json::Value;

use super::{Operation, Step};
use crate::scim::ScimError;
use crate::scim::error::what;
use crate::scim::filter::{Expression, Operator};
use crate::scim::path::member;
use crate::scim::schema::ResourceKind;

/// What becomes of a group's members. An id is in one of the lists at the most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// Whether those that aren't added are members no longer.
    pub replace: bool,
    /// The ids of those who are members from now on, in their order.
    pub add: Vec<String>,
    /// The ids of those who aren't from now on; empty where all are replaced.
    pub remove: Vec<String>,
}

pub(super) fn is_of_members(step: &Step, kind: ResourceKind) -> bool {
    kind == ResourceKind::Group && step.target.path.is_core("members")
}

/// The ids in a list of members (RFC 7643 §4.2), each once. `$ref`, `display` and `type` say nothing new, but a group can't be
/// a member.
pub(in crate::scim) fn member_ids(value: &Value) -> Result<Vec<String>, ScimError> {
    let elements = match value {
        Value::Null => &[],
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut ids, mut seen) = (Vec::with_capacity(elements.len()), HashSet::new());
    for element in elements {
        let id = member_id(element)?;
        if seen.insert(id) {
            ids.push(id.to_owned());
        }
    }
    Ok(ids)
}

fn member_id(element: &Value) -> Result<&str, ScimError> {
    let id = match element {
        Value::Object(parts) => {
            let kind = member(parts, "type").and_then(Value::as_str).unwrap_or_default();
            if kind.eq_ignore_ascii_case("group") {
                return Err(ScimError::value(
                    "members: a group can't be a member of a group here. Add its users, or assign the inner group by itself.",
                ));
            }
            member(parts, "value")
        }
        other => Some(other),
    };
    match id {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        other => {
            let got = other.map_or_else(|| "nothing".to_owned(), what);
            Err(ScimError::value(format!("members.value: expected the id of a user, got {got}.")))
        }
    }
}

/// The net effect of operations, in their order.
pub(super) fn change<'s>(steps: impl Iterator<Item = &'s Step>) -> Result<Option<MemberChange>, ScimError> {
    let mut net: Option<Net> = None;
    for step in steps {
        let net = net.get_or_insert_default();
        match (&step.target.elements, step.operation) {
            (Some(expression), Operation::Remove) => net.remove(ids_of(expression)?),
            (Some(_), _) => {
                return Err(ScimError::path(
                    "members: a member can be added or removed, but nothing about one can be changed.",
                ));
            }
            (None, Operation::Add) => net.add(member_ids(&step.value)?),
            (None, Operation::Replace) => net.replace(member_ids(&step.value)?),
            (None, Operation::Remove) if step.value.is_null() => net.replace(Vec::new()),
            // Only these: Entra ID removes members by a list of values.
            (None, Operation::Remove) => net.remove(member_ids(&step.value)?),
        }
    }
    Ok(net.map(Net::into_change))
}

/// The ids that brackets name: `[value eq "x"]`, and several of these with `or`.
fn ids_of(expression: &Expression) -> Result<Vec<String>, ScimError> {
    match expression {
        Expression::Compare(path, Operator::Equal, Value::String(id)) if path.name == "value" => {
            Ok(vec![id.clone()])
        }
        Expression::Or(parts) => {
            let mut ids = Vec::new();
            for part in parts {
                ids.extend(ids_of(part)?);
            }
            Ok(ids)
        }
        _ => Err(ScimError::path(
            "members: expected the members to be named as in members[value eq \"the user's id\"].",
        )),
    }
}

#[derive(Default)]
struct Net {
    replaced: bool,
    /// What becomes of each id that is named, in the order in which it was named last.
    order: Vec<String>,
    added: HashSet<String>,
    removed: HashSet<String>,
}

impl Net {
    fn add(&mut self, ids: Vec<String>) {
        for id in ids {
            self.removed.remove(&id);
            if self.added.insert(id.clone()) {
                self.order.push(id);
            }
        }
    }

    fn remove(&mut self, ids: Vec<String>) {
        for id in ids {
            self.added.remove(&id);
            if self.removed.insert(id.clone()) {
                self.order.push(id);
            }
        }
    }

    fn replace(&mut self, ids: Vec<String>) {
        *self = Self { replaced: true, ..Self::default() };
        self.add(ids);
    }

    fn into_change(self) -> MemberChange {
        let Self { replaced, order, mut added, mut removed } = self;
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for id in order {
            if added.remove(&id) {
                add.push(id);
            } else if removed.remove(&id) && !replaced {
                remove.push(id);
            }
        }
        MemberChange { replace: replaced, add, remove }
    }
}
