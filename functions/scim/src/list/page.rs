//! A page of all users or groups.

use portico_protocol::scim::{ResourceKind, ScimError, ScimType};
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::{Checkpoint, DirectoryList, DirectoryWants};

use super::edges::attach_to_page;
use super::{Answered, Entry, cut};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::query::{From, ListQuery};

/// How many entries a request goes past by itself where nobody has read up to the page that it asks for.
const WALK: usize = 50_000;

fn list_of(kind: ResourceKind) -> DirectoryList {
    match kind {
        ResourceKind::User => DirectoryList::Users,
        ResourceKind::Group => DirectoryList::Groups,
    }
}

/// A page of all of them.
pub(super) async fn read(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
) -> Result<Answered, RouteError> {
    match &query.from {
        From::Cursor(cursor) => by_cursor(caller, kind, query, cursor.as_deref()).await,
        From::Index(start) => by_index(caller, kind, query, *start).await,
    }
}

async fn total(caller: &Caller, kind: ResourceKind) -> Result<u64, RouteError> {
    let counts = caller.app.store().directory_counts(caller.directory_id()).await?;
    Ok(match kind {
        ResourceKind::User => counts.users(),
        ResourceKind::Group => counts.groups,
    })
}

async fn by_cursor(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    cursor: Option<&str>,
) -> Result<Answered, RouteError> {
    let after = cursor.map(|cursor| parse_cursor(kind, cursor)).transpose()?;
    let wants = DirectoryWants::default();
    let (_, total, (mut entries, mut more)) = tokio::try_join!(
        caller.enter(&wants),
        total(caller, kind),
        entries(caller, kind, after.as_deref(), query.count),
    )?;
    more |= cut(&mut entries);
    more |= attach_to_page(caller, kind, query, &mut entries).await?;
    let next_cursor = entries.last().filter(|_| more).map(|entry| entry.id.clone());
    Ok(Answered { total: Some(total), start_index: None, entries, next_cursor })
}

async fn by_index(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    start: u64,
) -> Result<Answered, RouteError> {
    let wants = DirectoryWants::default();
    let (total, (mut entries, mut more)) = if start == 1 {
        let first = entries(caller, kind, None, query.count);
        let (_, total, page) = tokio::try_join!(caller.enter(&wants), total(caller, kind), first)?;
        (total, page)
    } else {
        let store = caller.app.store();
        let nearest =
            async { Ok(store.nearest_checkpoint(caller.directory_id(), list_of(kind), start).await?) };
        let (_, total, nearest) = tokio::try_join!(caller.enter(&wants), total(caller, kind), nearest)?;
        match place(caller, kind, nearest, (start, total)).await? {
            Some(after) => (total, entries(caller, kind, Some(&after), query.count).await?),
            None => (total, (Vec::new(), false)),
        }
    };
    more |= cut(&mut entries);
    let behind = start + entries.len() as u64;
    let last = entries.last().map(|entry| entry.id.clone());
    let note = async {
        match last.filter(|_| more) {
            Some(after) => note_checkpoint(caller, kind, (behind, after)).await,
            None => Ok(()),
        }
    };
    let (_, ()) = tokio::try_join!(attach_to_page(caller, kind, query, &mut entries), note)?;
    Ok(Answered { total: Some(total), start_index: Some(start), entries, next_cursor: None })
}

/// The entry before the page that begins at `start`; `None` where there is no such page.
async fn place(
    caller: &Caller,
    kind: ResourceKind,
    nearest: Option<Checkpoint>,
    (start, total): (u64, u64),
) -> Result<Option<String>, RouteError> {
    let (from, after) = nearest.map_or((1, None), |nearest| (nearest.start_index, Some(nearest.after)));
    if from == start {
        return Ok(after);
    }
    // The number of entries is exact, but places move when entries before them go: a client that pages on while others
    // delete may ask for a page behind the last one.
    if start > total && after.is_none() {
        return Ok(None);
    }
    let way = usize::try_from(start - from).unwrap_or(usize::MAX);
    let store = caller.app.store();
    let of = (caller.directory_id(), list_of(kind));
    let (reached, walked) = store.walk(of, after, way.min(WALK)).await?;
    if walked == way {
        return Ok(reached);
    }
    if walked < way.min(WALK) {
        return Ok(None);
    }
    // Too far for one request: the next one goes on from here.
    if let Some(after) = reached {
        note_checkpoint(caller, kind, (from + walked as u64, after)).await?;
    }
    Err(RouteError::FarAway)
}

async fn note_checkpoint(
    caller: &Caller,
    kind: ResourceKind,
    (start_index, after): (u64, String),
) -> Result<(), RouteError> {
    let checkpoint = Checkpoint { start_index, after, at: caller.app.clock().now() };
    Ok(caller.app.store().keep_checkpoint(caller.directory_id(), list_of(kind), &checkpoint).await?)
}

/// A cursor is the id of the last entry that was read (RFC 9865 §2).
pub(super) fn parse_cursor(kind: ResourceKind, cursor: &str) -> Result<String, RouteError> {
    let known = match kind {
        ResourceKind::User => DirectoryUserId::parse(cursor).is_ok(),
        ResourceKind::Group => DirectoryGroupId::parse(cursor).is_ok(),
    };
    if known {
        return Ok(cursor.to_owned());
    }
    Err(RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::InvalidCursor),
        detail: "cursor: expected the nextCursor of the page before, got something else.".to_owned(),
    }))
}

/// Entries behind one of them, in the order of ids; and whether there are more.
pub(super) async fn entries(
    caller: &Caller,
    kind: ResourceKind,
    after: Option<&str>,
    count: usize,
) -> Result<(Vec<Entry>, bool), RouteError> {
    if count == 0 {
        return Ok((Vec::new(), false));
    }
    let (store, id, base) = (caller.app.store(), caller.directory_id(), caller.base.as_str());
    Ok(match kind {
        ResourceKind::User => {
            let after = after.and_then(|after| DirectoryUserId::parse(after).ok());
            let listed = store.list_directory_users(id, after, (count, false)).await?;
            (listed.items.iter().map(|user| Entry::of_user(base, user)).collect(), listed.more)
        }
        ResourceKind::Group => {
            let after = after.and_then(|after| DirectoryGroupId::parse(after).ok());
            let listed = store.list_directory_groups(id, after, (count, false)).await?;
            (listed.items.iter().map(|group| Entry::of_group(base, group)).collect(), listed.more)
        }
    })
}
