//! What can be done to a directory's groups. Routes and bulk operations do it alike.

use std::collections::HashSet;
use std::sync::Mutex;

use portico_protocol::scim::{Document, Incoming, Member, Patch, ResourceKind, ScimError, ScimType, fold};
use portico_shared::domain::directory::DirectoryGroup;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::{
    DirectoryContext, DirectoryWants, Edge, Leftovers, MemberEvents, NewGroup, NewMember, Versioned,
    WriteGroupError,
};
use portico_shared::web::directory::{group_event, group_updated, member_event};
use portico_shared::web::retried::retried;

use crate::answer::Preconditions;
use crate::caller::Caller;
use crate::error::RouteError;
use crate::membership::{self, Difference, joined};

/// The most members that a group is shown with.
pub(crate) const MOST_MEMBERS: usize = 5000;
/// How many of a group's members a PATCH reads to show them: as many in a group of ten as in one of 100,000.
pub(crate) const FEW: usize = 10;
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

/// The members whom a request names. What can't be the id of a user of ours is the id of nobody.
fn new_members(named: &[Member]) -> Vec<NewMember> {
    let read = |member: &Member| {
        let user = DirectoryUserId::parse(&member.id).ok()?;
        Some(NewMember { user, display: member.display.clone() })
    };
    named.iter().filter_map(read).collect()
}

fn users_of(members: &[NewMember]) -> Vec<DirectoryUserId> {
    members.iter().map(|member| member.user).collect()
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
             excludedAttributes=members, or for its members page by page: \
             GET Users?filter=groups.value eq \"{}\"&cursor.",
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

/// Those who are there. Ids are ours to give, so an unknown one is that of somebody who is gone, or of another directory; the
/// others in the same request mustn't wait for a provider to notice. Neither is a member, and the answer says who is.
fn there(wanted: Vec<NewMember>, known: &HashSet<DirectoryUserId>) -> Vec<NewMember> {
    let named = wanted.len();
    let there: Vec<_> = wanted.into_iter().filter(|member| known.contains(&member.user)).collect();
    if there.len() < named {
        tracing::warn!(
            unknown = named - there.len(),
            "members who are no users of the directory were passed over"
        );
    }
    there
}

/// Makes a group. A few members are written together with it, more of them behind it.
pub(crate) async fn create(caller: &Caller, incoming: &Incoming) -> Result<GroupNow, RouteError> {
    let members = new_members(incoming.members.as_deref().unwrap_or_default());
    let app = &caller.app;
    let document = &incoming.document;
    let name = document.display_name().map(fold).filter(|_| document.external_id().is_none());
    let wants = DirectoryWants {
        group_external_id: document.external_id(),
        group_name_alone: name.as_deref(),
        ..DirectoryWants::default()
    };
    let (context, known) = enter_with_users(caller, wants, &users_of(&members)).await?;
    let members = there(members, &known);
    if let Some(there) = context.by_group_external_id.or(context.by_group_name_alone) {
        return go_on(caller, there, document, members).await;
    }
    let now = app.clock().now();
    let directory = &context.directory.value;
    let mut group = DirectoryGroup {
        id: DirectoryGroupId::mint(now, app.rng()),
        directory_id: directory.id,
        organization_id: directory.organization_id,
        document: document.clone(),
        created_at: now,
        updated_at: now,
        unfinished: false,
        last_event_id: None,
    };
    let bytes = members.iter().map(|member| {
        let user = context.users.get(&member.user).map(|read| &read.value);
        membership::event_bytes(&group, user)
    });
    let at_once = members.len() <= NewGroup::MOST_MEMBERS && bytes.sum::<usize>() <= membership::EVENT_BYTES;
    group.unfinished = !at_once;
    let (first, rest) = members.split_at(if at_once { members.len() } else { 0 });
    let told = |member: &NewMember| {
        let user = &context.users.get(&member.user)?.value;
        Some((member.clone(), member_event(EventName::DsyncGroupUserAdded, &group, user)))
    };
    let new = NewGroup {
        group: &group,
        event: group_event(EventName::DsyncGroupCreated, &group),
        members: MemberEvents { added: first.iter().filter_map(told).collect(), removed: Vec::new() },
    };
    app.store().create_directory_group(new).await.map_err(|error| refused(error, document))?;
    let now = Versioned { value: group, version: 1 };
    let edges = members.iter().map(|member| joined(now.value.id, member)).collect();
    let group = add_rest(caller, now, rest.to_vec()).await?;
    Ok(GroupNow { group, edges })
}

/// Goes on with a group of the same name or id whose members were not all written when it was made: the provider had no answer,
/// or was told to send the same once more. Any other is a duplicate.
async fn go_on(
    caller: &Caller,
    there: DirectoryGroupId,
    document: &Document,
    members: Vec<NewMember>,
) -> Result<GroupNow, RouteError> {
    let group = find(caller, &there.to_string(), false).await?.group;
    if !group.value.unfinished || group.value.document != *document {
        let taken = if document.external_id().is_some() {
            WriteGroupError::ExternalIdTaken
        } else {
            WriteGroupError::NameTaken
        };
        return Err(refused(taken, document));
    }
    let of = (caller.directory_id(), there);
    let current = caller.app.store().members(of, None, (usize::MAX, false)).await?.0;
    let mut difference = Difference::between(&current, members);
    difference.removed.clear();
    let edges = difference.applied(there, current);
    let group = add_rest(caller, group, difference.added).await?;
    Ok(GroupNow { group, edges })
}

/// Adds the members that weren't written together with their group, and notes that these are all.
async fn add_rest(
    caller: &Caller,
    mut group: Versioned<DirectoryGroup>,
    added: Vec<NewMember>,
) -> Result<Versioned<DirectoryGroup>, RouteError> {
    if !group.value.unfinished {
        return Ok(group);
    }
    membership::write(caller, &mut group, Difference { added, removed: Vec::new() }, None).await?;
    let id = group.value.id.to_string();
    let first = Mutex::new(Some(group));
    retried(|| async {
        let known = first.lock().ok().and_then(|mut first| first.take());
        let mut read = match known {
            Some(read) => read,
            None => find(caller, &id, false).await?.group,
        };
        let finished = caller.app.store().finish_directory_group(&read).await;
        finished.map_err(|error| refused(error, &read.value.document))?;
        read.value.unfinished = false;
        read.version += 1;
        Ok(read)
    })
    .await
}

/// Puts another document, and other members, in place of a group's. Members that aren't named at all stay: a group without
/// any is written as `"members": []`.
pub(crate) async fn replace(
    caller: &Caller,
    (id, incoming): (&str, &Incoming),
    preconditions: &Preconditions,
) -> Result<GroupNow, RouteError> {
    let group = group_id(id)?;
    let wanted = incoming.members.as_deref().map(new_members);
    let store = caller.app.store();
    let of = (caller.directory_id(), group);
    let current = async {
        match wanted {
            Some(_) => Ok(store.members(of, None, (usize::MAX, false)).await?.0),
            None => Ok(Vec::new()),
        }
    };
    let wants = DirectoryWants { group: Some(group), ..DirectoryWants::default() };
    let named = users_of(wanted.as_deref().unwrap_or_default());
    let ((context, known), current) = tokio::try_join!(enter_with_users(caller, wants, &named), current)?;
    let read = context.group.ok_or_else(|| not_found(id))?;
    preconditions.check_change(read.version)?;
    let difference = match wanted {
        Some(wanted) => Difference::between(&current, there(wanted, &known)),
        None => Difference::default(),
    };
    let edges = difference.applied(group, current);
    let document = |_: &Document| Ok(incoming.document.clone());
    let group = write(caller, id, read, preconditions, (document, difference)).await?;
    Ok(GroupNow { group, edges })
}

/// Changes parts of a group. What it costs depends on how many members come and go, never on how many there are. The members
/// are known afterwards only where there are fewer than [`FEW`].
pub(crate) async fn patch(
    caller: &Caller,
    (id, patch): (&str, &Patch),
    preconditions: &Preconditions,
) -> Result<(Versioned<DirectoryGroup>, Option<Vec<Edge>>), RouteError> {
    let group = group_id(id)?;
    let of = (caller.directory_id(), group);
    let store = caller.app.store();
    let change = caller.admitted(patch.member_change()).await?.unwrap_or_default();
    let added = new_members(&change.add);
    let removed = change.remove.iter().filter_map(|id| DirectoryUserId::parse(id).ok());
    let touched: Vec<_> = removed.chain(users_of(&added)).collect();
    let first = async {
        let most = if change.replace { usize::MAX } else { FEW };
        Ok(store.members(of, None, (most, false)).await?.0)
    };
    let current = async { Ok(store.members_among(of, &touched).await?) };
    let wants = DirectoryWants { group: Some(group), ..DirectoryWants::default() };
    let named = users_of(&added);
    let ((context, known), first, current) =
        tokio::try_join!(enter_with_users(caller, wants, &named), first, current)?;
    let read = context.group.ok_or_else(|| not_found(id))?;
    preconditions.check_change(read.version)?;
    let added = there(added, &known);
    let difference = if change.replace {
        Difference::between(&first, added)
    } else {
        let gone = change.remove.iter().filter_map(|id| DirectoryUserId::parse(id).ok());
        Difference {
            added: added.into_iter().filter(|member| !current.contains(&member.user)).collect(),
            removed: gone.filter(|user| current.contains(user)).collect(),
        }
    };
    let members = (change.replace || first.len() < FEW).then(|| difference.applied(group, first));
    let document = |before: &Document| Ok(patch.apply(before)?);
    let group = write(caller, id, read, preconditions, (document, difference)).await?;
    Ok((group, members.filter(|members| members.len() <= MOST_MEMBERS)))
}

/// Writes the group's own attributes, and who comes and goes. The preconditions are held once: with the attributes, or else with
/// the first members.
async fn write(
    caller: &Caller,
    id: &str,
    read: Versioned<DirectoryGroup>,
    preconditions: &Preconditions,
    (changed, members): (impl Fn(&Document) -> Result<Document, RouteError>, Difference),
) -> Result<Versioned<DirectoryGroup>, RouteError> {
    let version = read.version;
    let mut group = write_document(caller, id, read, preconditions, changed).await?;
    let held = (group.version == version).then_some(preconditions);
    membership::write(caller, &mut group, members, held).await?;
    Ok(group)
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
