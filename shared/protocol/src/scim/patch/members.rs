//! The members of a group, which are kept apart from it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Operation, Step};
use crate::scim::ScimError;
use crate::scim::error::what;
use crate::scim::filter::{Expression, Operator};
use crate::scim::path::{AttributePath, member};
use crate::scim::schema::ResourceKind;

/// A member as a request names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user's id, as it was written.
    pub id: String,
    /// The name that the provider shows for them.
    pub display: Option<String>,
}

/// The longest name of a member that is kept, in characters.
const MOST_DISPLAY: usize = 100;

/// What becomes of a group's members. An id is in one of the lists at the most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// Whether those that aren't added are members no longer.
    pub replace: bool,
    /// Those who are members from now on, in their order.
    pub add: Vec<Member>,
    /// The ids of those who aren't from now on; empty where all are replaced.
    pub remove: Vec<String>,
}

pub(super) fn is_of_members(step: &Step, kind: ResourceKind) -> bool {
    kind == ResourceKind::Group && step.target.path.is_core("members")
}

/// The members in a list (RFC 7643 §4.2), each once. `$ref` and `type` say nothing new, but a group can't be a member.
pub(in crate::scim) fn members(path: &AttributePath, value: &Value) -> Result<Vec<Member>, ScimError> {
    check_part(path, false)?;
    listed(value)
}

/// Refuses a path to anything about members but who they are, before it is taken for one to the members.
fn check_part(path: &AttributePath, brackets: bool) -> Result<(), ScimError> {
    match path.sub.as_deref() {
        None => Ok(()),
        Some("value") if !brackets => Ok(()),
        Some(_) => Err(about_one()),
    }
}

fn about_one() -> ScimError {
    ScimError::path(
        "members: a member can be added or removed, but nothing about one can be changed. Send the members alone, as in \
         {\"op\": \"remove\", \"path\": \"members[value eq \\\"the user's id\\\"]\"}.",
    )
}

fn listed(value: &Value) -> Result<Vec<Member>, ScimError> {
    let elements = match value {
        Value::Null => &[],
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    let (mut members, mut seen) = (Vec::with_capacity(elements.len()), HashSet::new());
    for element in elements {
        let (id, display) = read_member(element)?;
        if seen.insert(id) {
            let display = display.map(|display| display.chars().take(MOST_DISPLAY).collect());
            members.push(Member { id: id.to_owned(), display });
        }
    }
    Ok(members)
}

fn ids(value: &Value) -> Result<Vec<String>, ScimError> {
    Ok(listed(value)?.into_iter().map(|member| member.id).collect())
}

fn read_member(element: &Value) -> Result<(&str, Option<&str>), ScimError> {
    let (id, display) = match element {
        Value::Object(parts) => {
            let kind = member(parts, "type").and_then(Value::as_str).unwrap_or_default();
            if kind.eq_ignore_ascii_case("group") {
                return Err(ScimError::value(
                    "members: a group can't be a member of a group here. Add its users, or assign the inner group by itself.",
                ));
            }
            let display = member(parts, "display").and_then(Value::as_str);
            (member(parts, "value"), display.filter(|display| !display.is_empty()))
        }
        other => (Some(other), None),
    };
    match id {
        Some(Value::String(id)) if !id.is_empty() => Ok((id, display)),
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
        check_part(&step.target.path, step.target.elements.is_some())?;
        match (&step.target.elements, step.operation) {
            (Some(expression), Operation::Remove) => net.remove(ids_of(expression)?),
            (Some(_), _) => return Err(about_one()),
            (None, Operation::Add) => net.add(listed(&step.value)?),
            (None, Operation::Replace) => net.replace(listed(&step.value)?),
            // The part of nobody in particular is no way to say that all are to go.
            (None, Operation::Remove) if step.value.is_null() && step.target.path.sub.is_some() => {
                return Err(about_one());
            }
            (None, Operation::Remove) if step.value.is_null() => net.replace(Vec::new()),
            // Only these: Entra ID removes members by a list of values.
            (None, Operation::Remove) => net.remove(ids(&step.value)?),
        }
    }
    Ok(net.map(Net::into_change))
}

/// The ids that brackets name: `[value eq "x"]`, also with `and type eq "User"`, which every member is; and several of these
/// with `or`.
fn ids_of(expression: &Expression) -> Result<Vec<String>, ScimError> {
    match expression {
        Expression::Compare(path, Operator::Equal, Value::String(id)) if path.name == "value" => {
            Ok(vec![id.clone()])
        }
        Expression::And(parts) => match parts.as_slice() {
            [id, kind] | [kind, id] if is_of_users(kind) => ids_of(id),
            _ => Err(unnamed()),
        },
        Expression::Or(parts) => {
            let mut ids = Vec::new();
            for part in parts {
                ids.extend(ids_of(part)?);
            }
            Ok(ids)
        }
        _ => Err(unnamed()),
    }
}

fn is_of_users(expression: &Expression) -> bool {
    matches!(expression, Expression::Compare(path, Operator::Equal, Value::String(kind))
        if path.name == "type" && kind.eq_ignore_ascii_case("User"))
}

fn unnamed() -> ScimError {
    ScimError::path("members: expected the members to be named as in members[value eq \"the user's id\"].")
}

#[derive(Default)]
struct Net {
    replaced: bool,
    /// The ids in the order in which they were named.
    order: Vec<String>,
    /// What becomes of each.
    ends: HashMap<String, End>,
}

enum End {
    Added(Option<String>),
    Removed,
}

impl Net {
    fn end(&mut self, id: String, end: End) {
        if self.ends.insert(id.clone(), end).is_none() {
            self.order.push(id);
        }
    }

    fn add(&mut self, members: Vec<Member>) {
        members.into_iter().for_each(|member| self.end(member.id, End::Added(member.display)));
    }

    fn remove(&mut self, ids: Vec<String>) {
        ids.into_iter().for_each(|id| self.end(id, End::Removed));
    }

    fn replace(&mut self, members: Vec<Member>) {
        *self = Self { replaced: true, ..Self::default() };
        self.add(members);
    }

    fn into_change(self) -> MemberChange {
        let Self { replaced: replace, order, mut ends } = self;
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for id in order {
            match ends.remove(&id) {
                Some(End::Added(display)) => add.push(Member { id, display }),
                Some(End::Removed) if !replace => remove.push(id),
                Some(End::Removed) | None => {}
            }
        }
        MemberChange { replace, add, remove }
    }
}
