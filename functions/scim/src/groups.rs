//! What can be done to a directory's groups. Routes and bulk operations do it alike.

use std::collections::HashSet;
use std::sync::Mutex;

use portico_protocol::scim::{Document, Incoming, Patch, ResourceKind, ScimError, ScimType};
use portico_shared::domain::directory::DirectoryGroup;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::{
    DirectoryContext, DirectoryWants, Edge, Leftovers, MemberEvents, NewGroup, Versioned, WriteGroupError,
};
use portico_shared::web::directory::{group_event, group_updated, member_event};
use portico_shared::web::retried::retried;

use crate::answer::{Preconditions, invalid_value};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::membership::{self, Difference};

/// The most members that a group is shown with.
pub(crate) const MOST_MEMBERS: usize = 5000;
/// How many users are read together with the caller.
const USERS_AT_ONCE: usize = 90;

/// A group as it is after a request.
pub(crate) struct GroupNow {
    /// The group.
    pub(crate) group: Versioned<DirectoryGroup>,
    /// The members; none were read where they aren't shown.
    pub(crate) edges: Vec<Edge>,
}

fn not_found(id: &str) -> RouteError {
    RouteError::NotFound(ResourceKind::Group, id.chars().take(100).collect())
}

fn group_id(id: &str) -> Result<DirectoryGroupId, RouteError> {
    DirectoryGroupId::parse(id).map_err(|_| not_found(id))
}

/// The ids of members as a request names them. What can't be the id of a user of this directory is named.
fn member_ids(named: &[String]) -> Result<Vec<DirectoryUserId>, RouteError> {
    named.iter().map(|id| DirectoryUserId::parse(id).map_err(|_| no_member(id))).collect()
}

fn no_member(id: &str) -> RouteError {
    let id: String = id.chars().take(100).collect();
    invalid_value(format!(
        "members: expected the id of a user of this directory, got “{id}”, which is none. Create the user first."
    ))
}

/// A group, with its members if `with_members`: one round trip for up to some thousand members.
pub(crate) async fn find(caller: &Caller, id: &str, with_members: bool) -> Result<GroupNow, RouteError> {
    let group = group_id(id).ok();
    let wants = DirectoryWants { group, ..DirectoryWants::default() };
    let members = async {
        match group.filter(|_| with_members) {
            Some(group) => {
                let of = (caller.directory_id(), group);
                Ok(caller.app.store().members(of, None, (MOST_MEMBERS + 1, false)).await?.0)
            }
            None => Ok(Vec::new()),
        }
    };
    let (context, edges) = tokio::try_join!(caller.enter(&wants), members)?;
    let group = context.group.ok_or_else(|| not_found(id))?;
    if edges.len() > MOST_MEMBERS {
        return Err(too_many_members(&group.value));
    }
    Ok(GroupNow { group, edges })
}

/// A group whose members don't fit into one answer.
pub(crate) fn too_many_members(group: &DirectoryGroup) -> RouteError {
    RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::TooMany),
        detail: format!(
            "The group “{}” has more than {MOST_MEMBERS} members, the most that are shown at once. Ask for it with \
             excludedAttributes=members, or for its members by GET Users?filter=groups.value eq \"{}\".",
            group.name(),
            group.id
        ),
    })
}

/// Enters, and finds out which of the users there are.
async fn enter_with_users(
    caller: &Caller,
    wants: DirectoryWants<'_>,
    users: &[DirectoryUserId],
) -> Result<(DirectoryContext, HashSet<DirectoryUserId>), RouteError> {
    let (first, rest) = users.split_at(users.len().min(USERS_AT_ONCE));
    let wants = DirectoryWants { users: first.to_vec(), ..wants };
    let store = caller.app.store();
    let others = async { Ok(store.directory_users_among(caller.directory_id(), rest).await?) };
    let (context, others) = tokio::try_join!(caller.enter(&wants), others)?;
    let known = context.users.keys().copied().chain(others).collect();
    Ok((context, known))
}

fn check_members(wanted: &[DirectoryUserId], known: &HashSet<DirectoryUserId>) -> Result<(), RouteError> {
    match wanted.iter().find(|user| !known.contains(user)) {
        Some(missing) => Err(no_member(&missing.to_string())),
        None => Ok(()),
    }
}

/// Makes a group. A few members are written together with it, more of them behind it.
pub(crate) async fn create(caller: &Caller, incoming: &Incoming) -> Result<GroupNow, RouteError> {
    let members = member_ids(incoming.members.as_deref().unwrap_or_default())?;
    let app = &caller.app;
    let document = &incoming.document;
    let wants = DirectoryWants { group_external_id: document.external_id(), ..DirectoryWants::default() };
    let (context, known) = enter_with_users(caller, wants, &members).await?;
    if context.by_group_external_id.is_some() {
        return Err(refused(WriteGroupError::ExternalIdTaken, document));
    }
    check_members(&members, &known)?;
    let now = app.clock().now();
    let directory = &context.directory.value;
    let group = DirectoryGroup {
        id: DirectoryGroupId::mint(now, app.rng()),
        directory_id: directory.id,
        organization_id: directory.organization_id,
        document: document.clone(),
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let (first, rest) =
        members.split_at(if members.len() <= NewGroup::MOST_MEMBERS { members.len() } else { 0 });
    let joined = |user: &DirectoryUserId| {
        let user = &context.users.get(user)?.value;
        Some((user.id, member_event(EventName::DsyncGroupUserAdded, &group, user)))
    };
    let new = NewGroup {
        group: &group,
        event: group_event(EventName::DsyncGroupCreated, &group),
        members: MemberEvents { added: first.iter().filter_map(joined).collect(), removed: Vec::new() },
    };
    app.store().create_directory_group(new).await.map_err(|error| refused(error, document))?;
    let mut now = Versioned { value: group, version: 1 };
    let difference = Difference { added: rest.to_vec(), removed: Vec::new() };
    membership::write(caller, &mut now, difference).await?;
    let edge = |user: &DirectoryUserId| Edge { group: now.value.id, user: *user, event_id: None };
    let edges = members.iter().map(edge).collect();
    Ok(GroupNow { group: now, edges })
}

/// Puts another document, and other members, in place of a group's. Members that aren't named at all stay: a group without
/// any is written as `"members": []`.
pub(crate) async fn replace(
    caller: &Caller,
    (id, incoming): (&str, &Incoming),
    preconditions: &Preconditions,
) -> Result<GroupNow, RouteError> {
    let group = group_id(id)?;
    let wanted = incoming.members.as_deref().map(member_ids).transpose()?;
    let store = caller.app.store();
    let of = (caller.directory_id(), group);
    let current = async {
        match wanted {
            Some(_) => Ok(store.members(of, None, (usize::MAX, false)).await?.0),
            None => Ok(Vec::new()),
        }
    };
    let wants = DirectoryWants { group: Some(group), ..DirectoryWants::default() };
    let named = wanted.clone().unwrap_or_default();
    let ((context, known), current) = tokio::try_join!(enter_with_users(caller, wants, &named), current)?;
    let read = context.group.ok_or_else(|| not_found(id))?;
    preconditions.check_change(read.version)?;
    let difference = match &wanted {
        Some(wanted) => Difference::between(&current, wanted),
        None => Difference::default(),
    };
    check_members(&difference.added, &known)?;
    let mut now = write_document(caller, id, read, preconditions, |_| Ok(incoming.document.clone())).await?;
    membership::write(caller, &mut now, difference).await?;
    let edge = |user: DirectoryUserId| Edge { group, user, event_id: None };
    Ok(GroupNow { group: now, edges: named.into_iter().map(edge).collect() })
}

/// Changes parts of a group. What it costs depends on how many members come and go, never on how many there are.
pub(crate) async fn patch(
    caller: &Caller,
    (id, patch): (&str, &Patch),
    preconditions: &Preconditions,
) -> Result<Versioned<DirectoryGroup>, RouteError> {
    let group = group_id(id)?;
    let of = (caller.directory_id(), group);
    let store = caller.app.store();
    let change = patch.member_change()?.unwrap_or_default();
    let added = member_ids(&change.add)?;
    // Who isn't a user can't be a member either: there is nothing to remove.
    let removed: Vec<_> = change.remove.iter().filter_map(|id| DirectoryUserId::parse(id).ok()).collect();
    let touched: Vec<_> = added.iter().chain(&removed).copied().collect();
    let current = async {
        Ok(match change.replace {
            true => store
                .members(of, None, (usize::MAX, false))
                .await?
                .0
                .into_iter()
                .map(|edge| edge.user)
                .collect(),
            false => store.members_among(of, &touched).await?,
        })
    };
    let wants = DirectoryWants { group: Some(group), ..DirectoryWants::default() };
    let ((context, known), current) = tokio::try_join!(enter_with_users(caller, wants, &added), current)?;
    let read = context.group.ok_or_else(|| not_found(id))?;
    preconditions.check_change(read.version)?;
    let difference = if change.replace {
        let current: HashSet<DirectoryUserId> = current;
        Difference::of(&current, &added)
    } else {
        Difference {
            added: added.into_iter().filter(|user| !current.contains(user)).collect(),
            removed: removed.into_iter().filter(|user| current.contains(user)).collect(),
        }
    };
    check_members(&difference.added, &known)?;
    let mut now = write_document(caller, id, read, preconditions, |before| Ok(patch.apply(before)?)).await?;
    membership::write(caller, &mut now, difference).await?;
    Ok(now)
}

/// Writes the group's own attributes, where they change.
async fn write_document(
    caller: &Caller,
    id: &str,
    read: Versioned<DirectoryGroup>,
    preconditions: &Preconditions,
    changed: impl Fn(&Document) -> Result<Document, RouteError>,
) -> Result<Versioned<DirectoryGroup>, RouteError> {
    let first = Mutex::new(Some(read));
    retried(|| async {
        let known = first.lock().ok().and_then(|mut first| first.take());
        let read = match known {
            Some(read) => read,
            None => find(caller, id, false).await?.group,
        };
        preconditions.check_change(read.version)?;
        let document = changed(&read.value.document)?;
        if document == read.value.document {
            return Ok(read);
        }
        let group = read.value.with(document, caller.app.clock().now());
        let event = group_updated(&read.value, &group);
        let written = caller.app.store().update_directory_group(&read, &group, event).await;
        written.map_err(|error| refused(error, &group.document))?;
        Ok(Versioned { value: group, version: read.version + 1 })
    })
    .await
}

/// Deletes a group. Its members stay users of the directory.
pub(crate) async fn delete(
    caller: &Caller,
    id: &str,
    preconditions: &Preconditions,
) -> Result<(), RouteError> {
    let leftovers = retried(|| async {
        let read = find(caller, id, false).await?.group;
        preconditions.check_change(read.version)?;
        let group = &read.value;
        let event = group_event(EventName::DsyncGroupDeleted, group);
        let leftovers = Leftovers::of_group(group.directory_id, group.id, caller.app.clock().now());
        let deleted = caller.app.store().delete_directory_group(&read, event, &leftovers).await;
        deleted.map_err(|error| refused(error, &group.document))?;
        Ok::<_, RouteError>(leftovers.work)
    })
    .await?;
    crate::users::forget(caller, &leftovers).await;
    Ok(())
}

fn refused(error: WriteGroupError, document: &Document) -> RouteError {
    let short = |text: Option<&str>| text.unwrap_or_default().chars().take(100).collect();
    match error {
        WriteGroupError::ExternalIdTaken => {
            RouteError::ExternalIdTaken(ResourceKind::Group, short(document.external_id()))
        }
        WriteGroupError::NameTaken => RouteError::GroupNameTaken(short(document.display_name())),
        WriteGroupError::Raced => RouteError::Raced,
        WriteGroupError::Store(error) => error.into(),
    }
}
