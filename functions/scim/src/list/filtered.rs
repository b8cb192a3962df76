//! Lists that are filtered or sorted. What an index answers is answered by it; anything else goes through the directory, as
//! far as one request may.

use portico_protocol::scim::{Asked, Filter, Indexed, Lookup, ResourceKind, ScimError, ScimType, Sort, fold};
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::{DirectoryIndex, DirectoryWants};

use super::page::{attach_edges, entries, parse_cursor};
use super::{Answered, Entry, membership};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::query::{From, ListQuery};
use crate::shown;

/// The most resources that one request looks through.
const LOOKED_THROUGH: usize = 5000;
/// How many it reads at a time.
const STEP: usize = 500;
/// The most resources that are sorted.
const SORTED: usize = 1000;
/// The most resources that an index names.
const INDEXED: usize = 1000;

/// What is asked, in its order.
pub(super) async fn read(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    (filter, sort): (Option<&Filter>, Option<&Sort>),
) -> Result<Answered, RouteError> {
    let asked = filter.map_or(Asked::Nothing, |filter| filter.asks_membership(kind));
    let mut found = match (filter.and_then(Filter::lookup), &query.from) {
        (Some(lookup), From::Cursor(cursor)) if lookup.attribute == Indexed::Membership && sort.is_none() => {
            return membership::page(caller, (kind, query), (filter, &lookup.value), cursor.as_deref()).await;
        }
        (Some(lookup), _) => indexed(caller, kind, &lookup).await?,
        (None, _) if asked != Asked::Nothing => return Err(membership::alone(kind)),
        (None, From::Cursor(cursor)) if sort.is_none() => {
            return going_on(caller, kind, query, (filter, cursor.as_deref())).await;
        }
        (None, _) => everything(caller, kind).await?,
    };
    membership::fill(caller, kind, &asked, &mut found).await?;
    let matches = |entry: &Entry| filter.is_none_or(|filter| filter.matches(&entry.shown));
    let mut matching: Vec<Entry> = found.into_iter().filter(matches).collect();
    if let Some(sort) = sort {
        if matching.len() > SORTED {
            return Err(too_many("sorted", SORTED));
        }
        matching.sort_by(|one, other| sort.cmp(&one.shown, &other.shown));
    }
    let total = matching.len() as u64;
    let (start_index, skipped) = match &query.from {
        From::Index(start) => (Some(*start), usize::try_from(start - 1).unwrap_or(usize::MAX)),
        From::Cursor(cursor) => (None, behind(kind, &matching, cursor.as_deref())?),
    };
    let mut page: Vec<Entry> = matching.into_iter().skip(skipped).take(query.count).collect();
    membership::clear(kind, &mut page);
    attach_edges(caller, kind, query, &mut page).await?;
    let more = total > skipped.saturating_add(page.len()) as u64;
    let by_cursor = matches!(query.from, From::Cursor(_));
    let next_cursor = page.last().filter(|_| more && by_cursor).map(|entry| entry.id.clone());
    Ok(Answered { total: Some(total), start_index, entries: page, next_cursor })
}

/// How many entries stand before those behind a cursor.
fn behind(kind: ResourceKind, entries: &[Entry], cursor: Option<&str>) -> Result<usize, RouteError> {
    let Some(cursor) = cursor else { return Ok(0) };
    let id = parse_cursor(kind, cursor)?;
    Ok(entries.iter().position(|entry| entry.id == id).map_or(entries.len(), |place| place + 1))
}

/// Those that an index names: candidates, which the filter looks at once more.
async fn indexed(caller: &Caller, kind: ResourceKind, lookup: &Lookup) -> Result<Vec<Entry>, RouteError> {
    match kind {
        ResourceKind::User => users(caller, lookup).await,
        ResourceKind::Group => groups(caller, lookup).await,
    }
}

async fn users(caller: &Caller, Lookup { attribute, value }: &Lookup) -> Result<Vec<Entry>, RouteError> {
    let (store, id) = (caller.app.store(), caller.directory_id());
    let folded = fold(value);
    let mut wants = DirectoryWants::default();
    let index = match attribute {
        Indexed::Id => {
            wants.users = DirectoryUserId::parse(value).into_iter().collect();
            None
        }
        Indexed::UserName => {
            wants.user_name = Some(&folded);
            None
        }
        Indexed::ExternalId => {
            wants.user_external_id = Some(value);
            None
        }
        Indexed::Email => Some(DirectoryIndex::Email),
        Indexed::DisplayName => Some(DirectoryIndex::UserDisplayName),
        Indexed::Membership => None,
    };
    let group = DirectoryGroupId::parse(value).ok().filter(|_| *attribute == Indexed::Membership);
    let named = async {
        match (index, group) {
            (Some(index), _) => Ok(store.users_having(id, (index, &folded), INDEXED + 1).await?),
            (None, Some(group)) => {
                let edges = store.members((id, group), None, (INDEXED + 1, false)).await?.0;
                Ok(edges.into_iter().map(|edge| edge.user).collect())
            }
            (None, None) => Ok(Vec::new()),
        }
    };
    let (mut context, mut named) = tokio::try_join!(caller.enter(&wants), named)?;
    if named.len() > INDEXED {
        return Err(too_many("found by one value", INDEXED));
    }
    named.extend(context.by_user_name.into_iter().chain(context.by_user_external_id));
    let mut users: Vec<_> = wants.users.iter().filter_map(|id| context.users.remove(id)).collect();
    users.extend(store.directory_users(id, &named).await?);
    let entry = |user| Entry { shown: shown::user(&caller.base, user, &[]), id: user.value.id.to_string() };
    Ok(users.iter().map(entry).collect())
}

async fn groups(caller: &Caller, Lookup { attribute, value }: &Lookup) -> Result<Vec<Entry>, RouteError> {
    let (store, id) = (caller.app.store(), caller.directory_id());
    let folded = fold(value);
    let mut wants = DirectoryWants::default();
    match attribute {
        Indexed::Id => wants.group = DirectoryGroupId::parse(value).ok(),
        Indexed::ExternalId => wants.group_external_id = Some(value),
        Indexed::UserName | Indexed::Email | Indexed::DisplayName | Indexed::Membership => {}
    }
    let member = DirectoryUserId::parse(value).ok();
    let named = async {
        match attribute {
            Indexed::Membership => {
                let Some(user) = member else { return Ok(Vec::new()) };
                let edges = store.memberships((id, user), None, (INDEXED + 1, false)).await?.0;
                Ok(edges.into_iter().map(|edge| edge.group).collect())
            }
            Indexed::DisplayName => {
                let index = (DirectoryIndex::GroupDisplayName, folded.as_str());
                Ok(store.groups_having(id, index, INDEXED + 1).await?)
            }
            _ => Ok(Vec::new()),
        }
    };
    let (context, mut named) = tokio::try_join!(caller.enter(&wants), named)?;
    if named.len() > INDEXED {
        return Err(too_many("found by one value", INDEXED));
    }
    named.extend(context.by_group_external_id);
    let mut groups: Vec<_> = context.group.into_iter().collect();
    groups.extend(store.directory_groups(id, &named).await?);
    let entry =
        |group| Entry { shown: shown::group(&caller.base, group, &[]), id: group.value.id.to_string() };
    Ok(groups.iter().map(entry).collect())
}

/// All that there is, if it is little enough to be looked through by one request.
async fn everything(caller: &Caller, kind: ResourceKind) -> Result<Vec<Entry>, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    let mut found: Vec<Entry> = Vec::new();
    loop {
        let after = found.last().map(|entry| entry.id.clone());
        let (page, more) = entries(caller, kind, after.as_deref(), STEP).await?;
        found.extend(page);
        if !more {
            return Ok(found);
        }
        if found.len() >= LOOKED_THROUGH {
            return Err(too_many("looked through by one request", LOOKED_THROUGH));
        }
    }
}

/// A page of a filtered list by cursor: as many as were found where the request had looked through what it may.
async fn going_on(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    (filter, cursor): (Option<&Filter>, Option<&str>),
) -> Result<Answered, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    let mut after = cursor.map(|cursor| parse_cursor(kind, cursor)).transpose()?;
    let mut page: Vec<Entry> = Vec::new();
    let (mut looked, mut more) = (0, query.count > 0);
    while more && page.len() < query.count && looked < LOOKED_THROUGH {
        let (step, behind) = entries(caller, kind, after.as_deref(), STEP).await?;
        more = behind;
        for entry in step {
            if page.len() == query.count {
                more = true;
                break;
            }
            looked += 1;
            after = Some(entry.id.clone());
            if filter.is_none_or(|filter| filter.matches(&entry.shown)) {
                page.push(entry);
            }
        }
    }
    attach_edges(caller, kind, query, &mut page).await?;
    Ok(Answered { total: None, start_index: None, entries: page, next_cursor: after.filter(|_| more) })
}

fn too_many(what: &str, most: usize) -> RouteError {
    RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::TooMany),
        detail: format!(
            "At most {most} resources are {what}. Filter by userName, externalId, id, emails.value or displayName with \
             eq, or page through the list by a cursor (?cursor)."
        ),
    })
}
