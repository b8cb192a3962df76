//! Who is in which group: two items for each membership, one in the group's range and one in the user's. A change of some
//! members costs what these cost, whatever the size of the group.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::change::Change;
use super::super::item::{self, Attributes, Item, Versioned};
use super::super::keys::Key;
use super::super::reads::{Found, Part};
use super::super::transaction::{CommitError, Condition, Keeper, Transaction};
use super::super::{Store, StoreError, keys};
use crate::domain::directory::{DirectoryGroup, DirectoryUser};
use crate::domain::event::NewEvent;
use crate::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, EventId};

/// How many members one transaction adds or removes: each is two items and an event in two copies, and one action is the
/// group's own, of a hundred.
pub const MEMBERS_A_WRITE: usize = 24;

/// How many reads of a hundred items are under way at once.
const READS_AT_ONCE: usize = 8;
/// The most items that one read by key takes.
const KEYS_A_READ: usize = 100;

/// A membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The group.
    pub group: DirectoryGroupId,
    /// The member.
    pub user: DirectoryUserId,
    /// The name that the provider shows for the member; read with a group's members only.
    pub display: Option<String>,
    /// The event that said so; read with a user's memberships only.
    pub event_id: Option<EventId>,
}

/// Who is to be a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The user.
    pub user: DirectoryUserId,
    /// The name that the provider shows for them.
    pub display: Option<String>,
}

/// What is kept of a membership besides its key.
#[derive(Debug, Default, Serialize)]
struct EdgeBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
}

/// Members who come and go, each with what happens; a user who is gone already leaves without an event.
#[derive(Debug, Default)]
pub struct MemberEvents {
    /// Who comes.
    pub added: Vec<(NewMember, NewEvent)>,
    /// Who goes.
    pub removed: Vec<(DirectoryUserId, Option<NewEvent>)>,
}

/// Why members weren't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteMembersError {
    /// The group, or one of the memberships, isn't as it was read.
    #[error("the group was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError<()>> for WriteMembersError {
    fn from(error: CommitError<()>) -> Self {
        match error {
            CommitError::Refused(()) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl MemberEvents {
    /// How many members come and go.
    pub fn len(&self) -> usize {
        self.added.len() + self.removed.len()
    }

    /// Whether nobody does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds them to a transaction; `keeper` is the action that writes the group.
    pub(super) fn write<L: Copy>(
        self,
        transaction: &mut Transaction<'_, L>,
        raced: L,
        (group, keeper): (&DirectoryGroup, Option<Keeper>),
    ) -> Result<(), StoreError> {
        let id = group.directory_id;
        for (NewMember { user, display }, event) in self.added {
            transaction.put_new(raced, Item::new(keys::member(id, group.id, user), &EdgeBody { display })?);
            transaction.put(Item::new(keys::membership(id, user, group.id), &EdgeBody::default())?);
            let keepers: Vec<_> = keeper.into_iter().chain(transaction.last()).collect();
            transaction.event_kept(event.exceeding(group.last_event_id), &keepers);
        }
        for (user, event) in self.removed {
            transaction.delete_if(raced, &keys::member(id, group.id, user), Condition::Present);
            transaction.delete(&keys::membership(id, user, group.id));
            if let Some(event) = event {
                let keepers: Vec<_> = keeper.into_iter().collect();
                transaction.event_kept(event.exceeding(group.last_event_id), &keepers);
            }
        }
        Ok(())
    }
}

/// The two items of a membership of which no event says anything.
pub(super) fn membership_items(
    id: DirectoryId,
    group: DirectoryGroupId,
    user: DirectoryUserId,
) -> Result<[Item; 2], StoreError> {
    let body = EdgeBody::default();
    Ok([
        Item::new(keys::member(id, group, user), &body)?,
        Item::new(keys::membership(id, user, group), &body)?,
    ])
}

/// The membership that a row of one of the two ranges stands for.
fn edge(row: &Attributes) -> Option<Edge> {
    let (group, user) = keys::edge_of(item::text(row, "sk")?)?;
    let body = row.get("body").and_then(|body| body.as_m().ok());
    let event_id = body.and_then(|body| EventId::parse(item::text(body, "last_event_id")?).ok());
    let display = body.and_then(|body| item::text(body, "display")).map(str::to_owned);
    Some(Edge { group, user, display, event_id })
}

impl Store {
    /// Writes up to 24 members of a group, with their events, and the group's next version; where a version is given, only as
    /// long as the group has it.
    pub async fn write_members(
        &self,
        group: &DirectoryGroup,
        events: MemberEvents,
        of_version: Option<u64>,
    ) -> Result<(), WriteMembersError> {
        let mut transaction = Transaction::new(self);
        let now = item::body_time(self.clock.now());
        let touched =
            Change::body(keys::directory_group(group.directory_id, group.id), &[("updated_at", now)]);
        let touched = match of_version {
            Some(version) => touched.of_version(version),
            None => touched,
        };
        let told = !events.added.is_empty() || events.removed.iter().any(|(_, event)| event.is_some());
        transaction.change(Some(()), if told { touched.keeping_event() } else { touched });
        let keeper = transaction.last();
        events.write(&mut transaction, (), (group, keeper))?;
        transaction.commit().await?;
        Ok(())
    }

    /// A group's members, in the order of their ids, oldest first unless `descending`, behind one of them; and whether there may be more.
    pub async fn members(
        &self,
        (id, group): (DirectoryId, DirectoryGroupId),
        after: Option<DirectoryUserId>,
        (limit, descending): (usize, bool),
    ) -> Result<(Vec<Edge>, bool), StoreError> {
        let after = after.map(|user| keys::member(id, group, user).sk);
        let range = keys::edges_of(group, group);
        let part = Part { after: after.as_deref(), limit, descending };
        let (rows, more) = self.read_part(&keys::members(id), (&range.0, &range.1), part).await?;
        Ok((rows.iter().filter_map(edge).collect(), more))
    }

    /// A user's groups, in the order of their ids, behind one of them; and whether there may be more.
    pub async fn memberships(
        &self,
        (id, user): (DirectoryId, DirectoryUserId),
        after: Option<DirectoryGroupId>,
        (limit, descending): (usize, bool),
    ) -> Result<(Vec<Edge>, bool), StoreError> {
        let after = after.map(|group| keys::membership(id, user, group).sk);
        let range = keys::edges_of(user, user);
        let part = Part { after: after.as_deref(), limit, descending };
        let (rows, more) = self.read_part(&keys::memberships(id), (&range.0, &range.1), part).await?;
        Ok((rows.iter().filter_map(edge).collect(), more))
    }

    /// The members of groups that follow one another, group by group, at most `limit`.
    pub async fn members_between(
        &self,
        id: DirectoryId,
        (first, last): (DirectoryGroupId, DirectoryGroupId),
        limit: usize,
    ) -> Result<Vec<Edge>, StoreError> {
        let (from, to) = keys::edges_of(first, last);
        let rows = self.read_range(&keys::members(id), (&from, &to), limit, false).await?;
        Ok(rows.iter().filter_map(edge).collect())
    }

    /// The memberships of users who follow one another, user by user, at most `limit`.
    pub async fn memberships_between(
        &self,
        id: DirectoryId,
        (first, last): (DirectoryUserId, DirectoryUserId),
        limit: usize,
    ) -> Result<Vec<Edge>, StoreError> {
        let (from, to) = keys::edges_of(first, last);
        let rows = self.read_range(&keys::memberships(id), (&from, &to), limit, false).await?;
        Ok(rows.iter().filter_map(edge).collect())
    }

    /// Those of some users who are members of a group, consistently.
    pub async fn members_among(
        &self,
        (id, group): (DirectoryId, DirectoryGroupId),
        users: &[DirectoryUserId],
    ) -> Result<HashSet<DirectoryUserId>, StoreError> {
        self.there_among(users, |user| keys::member(id, group, user)).await
    }

    /// Those of some memberships that are, consistently.
    pub async fn edges_among(
        &self,
        id: DirectoryId,
        pairs: &[(DirectoryGroupId, DirectoryUserId)],
    ) -> Result<Vec<(DirectoryGroupId, DirectoryUserId)>, StoreError> {
        let key = |(group, user): &(DirectoryGroupId, DirectoryUserId)| keys::member(id, *group, *user);
        let mut there = Vec::new();
        for mut found in self.read_in_batches(pairs.iter().map(key).collect(), Reading::Keys).await? {
            there.extend(pairs.iter().filter(|pair| found.take_raw(&key(pair)).is_some()));
        }
        Ok(there)
    }

    /// Those of some users who are there, consistently, without reading more of them.
    pub async fn directory_users_among(
        &self,
        id: DirectoryId,
        users: &[DirectoryUserId],
    ) -> Result<HashSet<DirectoryUserId>, StoreError> {
        self.there_among(users, |user| keys::directory_user(id, user)).await
    }

    /// Those of some users for whom there is an item.
    async fn there_among(
        &self,
        users: &[DirectoryUserId],
        key: impl Fn(DirectoryUserId) -> Key,
    ) -> Result<HashSet<DirectoryUserId>, StoreError> {
        let wanted = users.iter().map(|user| key(*user)).collect();
        let mut there = HashSet::new();
        for mut found in self.read_in_batches(wanted, Reading::Keys).await? {
            there.extend(users.iter().filter(|user| found.take_raw(&key(**user)).is_some()));
        }
        Ok(there)
    }

    /// Those of some users who are there, consistently, in the order given.
    pub async fn directory_users(
        &self,
        id: DirectoryId,
        users: &[DirectoryUserId],
    ) -> Result<Vec<Versioned<DirectoryUser>>, StoreError> {
        self.read_all(users.iter().map(|user| keys::directory_user(id, *user)).collect()).await
    }

    /// Those of some groups that are there, consistently, in the order given.
    pub async fn directory_groups(
        &self,
        id: DirectoryId,
        groups: &[DirectoryGroupId],
    ) -> Result<Vec<Versioned<DirectoryGroup>>, StoreError> {
        self.read_all(groups.iter().map(|group| keys::directory_group(id, *group)).collect()).await
    }

    /// What there is at some keys, in their order.
    async fn read_all<T: DeserializeOwned>(&self, wanted: Vec<Key>) -> Result<Vec<Versioned<T>>, StoreError> {
        let mut read = Vec::with_capacity(wanted.len());
        let batches = self.read_in_batches(wanted.clone(), Reading::Items).await?;
        for (mut found, keys) in batches.into_iter().zip(wanted.chunks(KEYS_A_READ)) {
            for key in keys {
                read.extend(found.take(self, key)?);
            }
        }
        Ok(read)
    }

    /// Any number of items, a hundred in a request, some requests at once; in the order of the keys.
    async fn read_in_batches(&self, wanted: Vec<Key>, reading: Reading) -> Result<Vec<Found>, StoreError> {
        let batches: Vec<Vec<Key>> = wanted.chunks(KEYS_A_READ).map(<[Key]>::to_vec).collect();
        let read = |keys: Vec<Key>| async move {
            match reading {
                Reading::Items => self.read_many(&keys).await,
                Reading::Keys => self.read_keys(&keys).await,
            }
        };
        stream::iter(batches).map(read).buffered(READS_AT_ONCE).try_collect().await
    }
}

/// How much of items is read.
#[derive(Debug, Clone, Copy)]
enum Reading {
    Items,
    Keys,
}
