//! Lists that are filtered or sorted. What an index answers is answered by it; anything else goes through the directory, as
//! far as one request may.

use portico_protocol::scim::{Asked, Filter, Indexed, ResourceKind, ScimError, ScimType, Sort};
use portico_shared::store::DirectoryWants;

use super::edges::attach;
use super::indexed::indexed;
use super::page::{entries, parse_cursor};
use super::{ANSWER_BYTES, Answered, Entry, cut, membership};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::query::{From, ListQuery};

/// The most resources that one request looks through.
const LOOKED_THROUGH: usize = 5000;
/// The most bytes of them that one request looks through, those of a filter's eighth comparison once more, and so on: each
/// comparison may look at all of a resource.
const LOOKED_THROUGH_BYTES: usize = 32 * 1024 * 1024;
/// How many it reads at a time.
const STEP: usize = 500;
/// The most resources that are sorted.
const SORTED: usize = 1000;

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
        (Some(lookup), _) => {
            let found = indexed(caller, kind, query, &lookup).await?;
            let bytes: usize = found.iter().map(|entry| entry.bytes).sum();
            if bytes * looks(filter) > LOOKED_THROUGH_BYTES {
                return Err(too_many("looked through by one request, fewer of large ones", LOOKED_THROUGH));
            }
            found
        }
        (None, _) if asked != Asked::Nothing => return Err(membership::alone(kind)),
        (None, From::Cursor(cursor)) if sort.is_none() => {
            return going_on(caller, kind, query, (filter, cursor.as_deref())).await;
        }
        (None, _) => everything(caller, kind, filter).await?,
    };
    membership::fill(caller, kind, &asked, &mut found).await?;
    let matches = |entry: &Entry| filter.is_none_or(|filter| filter.matches(&entry.shown));
    let mut matching: Vec<Entry> = found.into_iter().filter(matches).collect();
    if sort.is_none() && matches!(query.from, From::Cursor(_)) {
        matching.sort_by(|one, other| one.id.cmp(&other.id));
    }
    if let Some(sort) = sort {
        if matching.len() > SORTED {
            return Err(too_many("sorted", SORTED));
        }
        matching.sort_by(|one, other| sort.cmp(&one.shown, &other.shown));
    }
    let total = matching.len() as u64;
    let (start_index, skipped) = match &query.from {
        From::Index(start) => (Some(*start), usize::try_from(start - 1).unwrap_or(usize::MAX)),
        From::Cursor(cursor) => (None, behind(kind, &matching, sort.is_some(), cursor.as_deref())?),
    };
    let mut page: Vec<Entry> = matching.into_iter().skip(skipped).take(query.count).collect();
    cut(&mut page);
    membership::clear(kind, &mut page);
    attach(caller, kind, query, &mut page).await?;
    let more = total > skipped.saturating_add(page.len()) as u64;
    let by_cursor = matches!(query.from, From::Cursor(_));
    let next_cursor = page.last().filter(|_| more && by_cursor).map(|entry| entry.id.clone());
    Ok(Answered { total: Some(total), start_index, entries: page, next_cursor })
}

/// How many entries stand before those behind a cursor. Among entries that stand in the order of their ids its own may be gone
/// meanwhile; among others nobody knows then where it stood.
fn behind(
    kind: ResourceKind,
    entries: &[Entry],
    sorted: bool,
    cursor: Option<&str>,
) -> Result<usize, RouteError> {
    let Some(cursor) = cursor else { return Ok(0) };
    let id = parse_cursor(kind, cursor)?;
    if !sorted {
        return Ok(entries.partition_point(|entry| entry.id <= id));
    }
    let place = entries.iter().position(|entry| entry.id == id);
    place.map(|place| place + 1).ok_or_else(|| {
        RouteError::Scim(ScimError {
            status: 400,
            scim_type: Some(ScimType::InvalidCursor),
            detail:
                "cursor: the entry that it stands at is gone from the list. Begin at the first page again."
                    .to_owned(),
        })
    })
}

/// How often a filter looks at the bytes of a resource, in eighths of comparisons.
fn looks(filter: Option<&Filter>) -> usize {
    1 + filter.map_or(0, Filter::terms) / 8
}

/// All that there is, if it is little enough to be looked through by one request.
async fn everything(
    caller: &Caller,
    kind: ResourceKind,
    filter: Option<&Filter>,
) -> Result<Vec<Entry>, RouteError> {
    caller.enter(&DirectoryWants::default()).await?;
    let (mut found, mut bytes): (Vec<Entry>, usize) = (Vec::new(), 0);
    loop {
        let after = found.last().map(|entry| entry.id.clone());
        let (page, more) = entries(caller, kind, after.as_deref(), STEP).await?;
        let page_bytes: usize = page.iter().map(|entry| entry.bytes).sum();
        found.extend(page);
        bytes += page_bytes * looks(filter);
        if bytes > LOOKED_THROUGH_BYTES || (more && found.len() >= LOOKED_THROUGH) {
            return Err(too_many("looked through by one request, fewer of large ones", LOOKED_THROUGH));
        }
        if !more {
            return Ok(found);
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
    let (mut looked, mut looked_bytes, mut bytes, mut more) = (0, 0, 0, query.count > 0);
    let full = |page: &[Entry], bytes| page.len() == query.count || bytes >= ANSWER_BYTES;
    while more && !full(&page, bytes) && looked < LOOKED_THROUGH && looked_bytes < LOOKED_THROUGH_BYTES {
        let (step, behind) = entries(caller, kind, after.as_deref(), STEP).await?;
        more = behind;
        for entry in step {
            if full(&page, bytes) || looked_bytes >= LOOKED_THROUGH_BYTES {
                more = true;
                break;
            }
            looked += 1;
            looked_bytes += entry.bytes * looks(filter);
            after = Some(entry.id.clone());
            if filter.is_none_or(|filter| filter.matches(&entry.shown)) {
                bytes += entry.bytes;
                page.push(entry);
            }
        }
    }
    if attach(caller, kind, query, &mut page).await? {
        (after, more) = (page.last().map(|entry| entry.id.clone()), true);
    }
    Ok(Answered { total: None, start_index: None, entries: page, next_cursor: after.filter(|_| more) })
}

pub(super) fn too_many(what: &str, most: usize) -> RouteError {
    RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::TooMany),
        detail: format!(
            "At most {most} resources are {what}. Filter by userName, externalId, id, emails.value or displayName with \
             eq, or page through the list by a cursor (?cursor)."
        ),
    })
}
