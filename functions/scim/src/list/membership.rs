//! Filters about memberships, which are kept apart from users and groups: whether somebody is in a group is asked of the
//! membership itself, however large the group is.

use portico_protocol::scim::{Asked, Filter, ResourceKind, ScimError, ScimType};
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::DirectoryWants;
use serde_json::{Value, json};

use super::edges::{attach, attach_all, name};
use super::page::parse_cursor;
use super::{Answered, Entry};
use crate::caller::Caller;
use crate::error::RouteError;
use crate::query::ListQuery;

/// Gives candidates as much of their memberships as a filter asks about.
pub(super) async fn fill(
    caller: &Caller,
    kind: ResourceKind,
    asked: &Asked,
    found: &mut [Entry],
) -> Result<(), RouteError> {
    let values = match asked {
        Asked::Nothing => return Ok(()),
        Asked::Everything => return attach_all(caller, kind, found).await,
        Asked::For(values) => values,
    };
    let pair = |own: &str, other: &str| {
        let (group, user) = match kind {
            ResourceKind::User => (other, own),
            ResourceKind::Group => (own, other),
        };
        Some((DirectoryGroupId::parse(group).ok()?, DirectoryUserId::parse(user).ok()?))
    };
    let pairs: Vec<_> =
        found.iter().flat_map(|entry| values.iter().filter_map(|value| pair(&entry.id, value))).collect();
    let there = caller.app.store().edges_among(caller.directory_id(), &pairs).await?;
    for entry in found {
        let is_in = |value: &&String| pair(&entry.id, value).is_some_and(|pair| there.contains(&pair));
        let members: Vec<_> = values.iter().filter(is_in).map(|value| json!({ "value": value })).collect();
        if !members.is_empty() {
            entry.shown.insert(name(kind).to_owned(), Value::Array(members));
        }
    }
    Ok(())
}

/// Takes away what was there for the filter alone.
pub(super) fn clear(kind: ResourceKind, page: &mut [Entry]) {
    for entry in page {
        entry.shown.remove(name(kind));
    }
}

/// A page of a group's members, or of a user's groups, by cursor: any number of them, each once.
pub(super) async fn page(
    caller: &Caller,
    (kind, query): (ResourceKind, &ListQuery),
    (filter, value): (Option<&Filter>, &str),
    cursor: Option<&str>,
) -> Result<Answered, RouteError> {
    let after = cursor.map(|cursor| parse_cursor(kind, cursor)).transpose()?;
    let wants = DirectoryWants::default();
    let (_, (mut found, mut next)) = tokio::try_join!(
        caller.enter(&wants),
        candidates(caller, kind, (value, query.count), after.as_deref())
    )?;
    let asked = filter.map_or(Asked::Nothing, |filter| filter.asks_membership(kind));
    fill(caller, kind, &asked, &mut found).await?;
    let mut page: Vec<_> =
        found.into_iter().filter(|entry| filter.is_none_or(|filter| filter.matches(&entry.shown))).collect();
    clear(kind, &mut page);
    if attach(caller, kind, query, &mut page).await? {
        next = page.last().map(|entry| entry.id.clone());
    }
    Ok(Answered { total: None, start_index: None, entries: page, next_cursor: next })
}

/// Those of a page of memberships, and the cursor behind it.
async fn candidates(
    caller: &Caller,
    kind: ResourceKind,
    (value, count): (&str, usize),
    after: Option<&str>,
) -> Result<(Vec<Entry>, Option<String>), RouteError> {
    let (store, id) = (caller.app.store(), caller.directory_id());
    if count == 0 {
        return Ok((Vec::new(), None));
    }
    match kind {
        ResourceKind::User => {
            let Ok(group) = DirectoryGroupId::parse(value) else { return Ok((Vec::new(), None)) };
            let after = after.and_then(|after| DirectoryUserId::parse(after).ok());
            let (edges, more) = store.members((id, group), after, (count, false)).await?;
            let ids: Vec<_> = edges.iter().map(|edge| edge.user).collect();
            let users = store.directory_users(id, &ids).await?;
            Ok((
                users.iter().map(|user| Entry::of_user(&caller.base, user)).collect(),
                ids.last().filter(|_| more).map(ToString::to_string),
            ))
        }
        ResourceKind::Group => {
            let Ok(user) = DirectoryUserId::parse(value) else { return Ok((Vec::new(), None)) };
            let after = after.and_then(|after| DirectoryGroupId::parse(after).ok());
            let (edges, more) = store.memberships((id, user), after, (count, false)).await?;
            let ids: Vec<_> = edges.iter().map(|edge| edge.group).collect();
            let groups = store.directory_groups(id, &ids).await?;
            Ok((
                groups.iter().map(|group| Entry::of_group(&caller.base, group)).collect(),
                ids.last().filter(|_| more).map(ToString::to_string),
            ))
        }
    }
}

/// A question about memberships by which no resource can be found.
pub(super) fn alone(kind: ResourceKind) -> RouteError {
    let name = name(kind);
    RouteError::Scim(ScimError {
        status: 400,
        scim_type: Some(ScimType::InvalidFilter),
        detail: format!(
            "{name} can be asked for one value, as in {name}.value eq \"…\", alone or with “and”; other questions about \
             {name} need an id, an externalId or a name with “eq” and “and” beside them."
        ),
    })
}
