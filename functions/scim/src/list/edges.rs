//! The memberships that a list shows: the groups of its users, or the members of its groups. All of them together are
//! bounded, however many resources the list has: a page ends earlier where they are too many.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use portico_protocol::scim::{ResourceKind, ScimError, ScimType};
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId};
use portico_shared::store::{Edge, StoreError};
use serde_json::Value;

use super::Entry;
use crate::caller::Caller;
use crate::error::RouteError;
use crate::groups::MOST_MEMBERS;
use crate::query::ListQuery;
use crate::shown::{self, edge_bytes};
use crate::users::MOST_GROUPS;

/// The most bytes of memberships in an answer of many resources. Lambda carries 6 MB, in which each quotation mark takes two
/// bytes: a list of names is two thirds larger on the wire at the worst.
const EDGE_BYTES: usize = 1_900_000;
/// How many memberships of a page are read: more than a single group may show.
const EDGES_READ: usize = 8_000;
/// How many reads of one resource's memberships are under way at once.
const READS_AT_ONCE: usize = 8;
/// The most memberships that are looked through for a filter.
const LOOKED_THROUGH: usize = 50_000;

/// By what resource they are shown.
type ByOwner = HashMap<String, Vec<Edge>>;

/// How many memberships of one resource are read: one more than are shown where it matters that there are more.
pub(super) fn most(kind: ResourceKind) -> usize {
    match kind {
        ResourceKind::User => MOST_GROUPS,
        ResourceKind::Group => MOST_MEMBERS + 1,
    }
}

/// Adds groups to users, or members to groups, that follow one another in the directory: one read of a range. Where these are
/// too many the page ends earlier, which `true` says.
pub(super) async fn attach_to_page(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    entries: &mut Vec<Entry>,
) -> Result<bool, RouteError> {
    if !shown::wants_edges(kind, &query.projection) {
        return Ok(false);
    }
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(false) };
    let edges = edges_between(caller, kind, (&first.id, &last.id), EDGES_READ).await?;
    // Of whom the last one is, there may be more; of those behind, none was read. Whose it is may be gone already.
    let last = edges.get(EDGES_READ - 1).map(|edge| owner(kind, edge));
    let unread = last.map(|last| entries.partition_point(|entry| entry.id < last));
    add(kind, &caller.base, entries, by_owner(kind, edges), unread)
}

/// Adds groups to users, or members to groups, that stand anywhere in the directory, where these are shown. `true` where the
/// page ends earlier for it.
pub(super) async fn attach(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    entries: &mut Vec<Entry>,
) -> Result<bool, RouteError> {
    if !shown::wants_edges(kind, &query.projection) {
        return Ok(false);
    }
    let (edges, unread) = edges_of(caller, kind, entries, EDGES_READ).await?;
    add(kind, &caller.base, entries, edges, unread)
}

/// Adds all of them, whether they are shown or not, for a filter that asks about them.
pub(super) async fn attach_all(
    caller: &Caller,
    kind: ResourceKind,
    entries: &mut [Entry],
) -> Result<(), RouteError> {
    let (mut edges, unread) = edges_of(caller, kind, entries, LOOKED_THROUGH).await?;
    if unread.is_some() {
        return Err(too_many_for_a_filter(kind));
    }
    for entry in entries {
        let edges = edges.remove(&entry.id).unwrap_or_default();
        if edges.len() >= most(kind) {
            return Err(too_many_for_a_filter(kind));
        }
        show(kind, &caller.base, entry, &edges);
    }
    Ok(())
}

/// The memberships of some resources, a read for each, until there are so many of them; and of which resource they weren't
/// read any more, as its place among them.
async fn edges_of(
    caller: &Caller,
    kind: ResourceKind,
    entries: &mut [Entry],
    enough: usize,
) -> Result<(ByOwner, Option<usize>), StoreError> {
    let wanted: Vec<_> = entries.iter_mut().map(|entry| (entry.id.clone(), entry.edges.take())).collect();
    let reads = wanted.into_iter().map(|(id, known)| async move {
        let edges = match known {
            Some(known) => known,
            None => edges_between(caller, kind, (&id, &id), most(kind)).await?,
        };
        Ok::<_, StoreError>((id, edges))
    });
    let reads: Vec<_> = reads.collect();
    let mut read = std::pin::pin!(stream::iter(reads).buffered(READS_AT_ONCE));
    let (mut edges, mut count, mut place) = (ByOwner::new(), 0, 0);
    while let Some((id, of_one)) = read.try_next().await? {
        if count >= enough {
            return Ok((edges, Some(place)));
        }
        (count, place) = (count + of_one.len(), place + 1);
        edges.insert(id, of_one);
    }
    Ok((edges, None))
}

/// The memberships of resources from one to another, in the order of their ids, at most `limit`.
pub(super) async fn edges_between(
    caller: &Caller,
    kind: ResourceKind,
    (first, last): (&str, &str),
    limit: usize,
) -> Result<Vec<Edge>, StoreError> {
    let (store, id): (_, DirectoryId) = (caller.app.store(), caller.directory_id());
    match kind {
        ResourceKind::User => match (DirectoryUserId::parse(first), DirectoryUserId::parse(last)) {
            (Ok(first), Ok(last)) => store.memberships_between(id, (first, last), limit).await,
            _ => Ok(Vec::new()),
        },
        ResourceKind::Group => match (DirectoryGroupId::parse(first), DirectoryGroupId::parse(last)) {
            (Ok(first), Ok(last)) => store.members_between(id, (first, last), limit).await,
            _ => Ok(Vec::new()),
        },
    }
}

/// Under whose id a membership is shown.
fn owner(kind: ResourceKind, edge: &Edge) -> String {
    match kind {
        ResourceKind::User => edge.user.to_string(),
        ResourceKind::Group => edge.group.to_string(),
    }
}

fn by_owner(kind: ResourceKind, edges: Vec<Edge>) -> ByOwner {
    let mut owned = ByOwner::new();
    for edge in edges {
        owned.entry(owner(kind, &edge)).or_default().push(edge);
    }
    owned
}

/// Shows memberships with those whose they are, as long as they fit into an answer; the entries behind go. A user shows its
/// first groups; a group that has more members than are shown can't be shown without them being asked away. `unread` is the place
/// of the first of whom not all were read, and none of those behind.
fn add(
    kind: ResourceKind,
    base: &str,
    entries: &mut Vec<Entry>,
    mut edges: ByOwner,
    unread: Option<usize>,
) -> Result<bool, RouteError> {
    let (mut fits, mut bytes) = (0, 0);
    for (place, entry) in entries.iter_mut().enumerate() {
        let mut of_one = edges.remove(&entry.id).unwrap_or_default();
        match kind {
            ResourceKind::User => of_one.truncate(MOST_GROUPS),
            ResourceKind::Group if of_one.len() > MOST_MEMBERS => return Err(too_many()),
            ResourceKind::Group => {}
        }
        bytes += of_one.iter().map(|edge| edge_bytes(base, edge)).sum::<usize>();
        let unread = unread == Some(place);
        if fits > 0 && (unread || bytes > EDGE_BYTES) {
            break;
        }
        show(kind, base, entry, &of_one);
        fits += 1;
        if unread {
            break;
        }
    }
    let cut = fits < entries.len();
    entries.truncate(fits);
    Ok(cut)
}

fn show(kind: ResourceKind, base: &str, entry: &mut Entry, edges: &[Edge]) {
    if !edges.is_empty() {
        let values: Vec<Value> = edges.iter().map(|edge| shown::edge(kind, base, edge)).collect();
        entry.shown.insert(name(kind).to_owned(), Value::Array(values));
    }
}

/// What memberships are called where they are shown.
pub(super) fn name(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::User => "groups",
        ResourceKind::Group => "members",
    }
}

fn too_many() -> RouteError {
    RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::TooMany),
        detail: format!(
            "A group of this list has more than {MOST_MEMBERS} members, the most that are shown at once. Ask with \
             excludedAttributes=members."
        ),
    })
}

fn too_many_for_a_filter(kind: ResourceKind) -> RouteError {
    let name = name(kind);
    RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::TooMany),
        detail: format!(
            "The filter asks about more {name} than one request looks through. Ask for one of them, as in {name}.value eq \
             \"…\"."
        ),
    })
}
