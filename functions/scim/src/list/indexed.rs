//! What an index answers of a filter.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use portico_protocol::scim::{Indexed, Lookup, ResourceKind, fold};
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::{DirectoryIndex, DirectoryWants, Edge, StoreError};

use super::Entry;
use super::edges::{edges_between, most};
use super::filtered::too_many;
use crate::caller::Caller;
use crate::error::RouteError;
use crate::query::ListQuery;
use crate::shown;

/// The most resources that an index names.
const INDEXED: usize = 1000;
/// Of how many the memberships are read before it is known whether they match.
const FEW: usize = 16;

/// Those that an index names: candidates, which the filter looks at once more.
pub(super) async fn indexed(
    caller: &Caller,
    kind: ResourceKind,
    query: &ListQuery,
    lookup: &Lookup,
) -> Result<Vec<Entry>, RouteError> {
    let edges = shown::wants_edges(kind, &query.projection);
    match kind {
        ResourceKind::User => users(caller, lookup, edges).await,
        ResourceKind::Group => groups(caller, lookup, edges).await,
    }
}

/// The memberships of a few whom an index named, read side by side with themselves; of more of them, later, if they match.
async fn edges_of_few(
    caller: &Caller,
    kind: ResourceKind,
    ids: &[String],
    wanted: bool,
) -> Result<HashMap<String, Vec<Edge>>, StoreError> {
    let few = if wanted && ids.len() <= FEW { ids } else { &[] };
    let read = |id: String| async move {
        let edges = edges_between(caller, kind, (&id, &id), most(kind)).await?;
        Ok::<_, StoreError>((id, edges))
    };
    stream::iter(few.to_vec()).map(read).buffer_unordered(FEW).try_collect().await
}

async fn users(
    caller: &Caller,
    Lookup { attribute, value }: &Lookup,
    edges: bool,
) -> Result<Vec<Entry>, RouteError> {
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
    let ids: Vec<_> = wants.users.iter().chain(&named).map(ToString::to_string).collect();
    let (read, mut edges) = tokio::try_join!(
        store.directory_users(id, &named),
        edges_of_few(caller, ResourceKind::User, &ids, edges)
    )?;
    users.extend(read);
    let mut entry = |user| {
        let entry = Entry::of_user(&caller.base, user);
        Entry { edges: edges.remove(&entry.id), ..entry }
    };
    Ok(users.iter().map(&mut entry).collect())
}

async fn groups(
    caller: &Caller,
    Lookup { attribute, value }: &Lookup,
    edges: bool,
) -> Result<Vec<Entry>, RouteError> {
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
    let ids: Vec<_> = wants.group.iter().chain(&named).map(ToString::to_string).collect();
    let (read, mut edges) = tokio::try_join!(
        store.directory_groups(id, &named),
        edges_of_few(caller, ResourceKind::Group, &ids, edges)
    )?;
    groups.extend(read);
    let mut entry = |group| {
        let entry = Entry::of_group(&caller.base, group);
        Entry { edges: edges.remove(&entry.id), ..entry }
    };
    Ok(groups.iter().map(&mut entry).collect())
}
