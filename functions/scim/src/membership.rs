//! Members of a group who come and go, a transaction for each few of them.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::TimeDelta;
use portico_protocol::scim::ResourceKind;
use portico_shared::domain::directory::{DirectoryGroup, DirectoryUser};
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{DirectoryGroupId, DirectoryUserId};
use portico_shared::store::{
    DirectoryWants, Edge, MEMBERS_A_WRITE, MemberEvents, NewMember, StoreError, Versioned, WriteMembersError,
};
use portico_shared::web::directory::member_event;

use crate::answer::Preconditions;
use crate::caller::Caller;
use crate::error::RouteError;

/// How long one request writes members. API Gateway gives up after 30 seconds, Okta after 60.
pub(crate) const LONGEST: TimeDelta = TimeDelta::seconds(20);
/// How often a lost race is gone over again.
const ATTEMPTS: usize = 8;
/// The most bytes of users and groups in the events of one transaction: DynamoDB takes 4 MB, each event is written twice, and
/// says some of its user twice, too.
pub(crate) const EVENT_BYTES: usize = 600_000;

/// How many bytes of a user and a group stand in the event of a membership.
pub(crate) fn event_bytes(group: &DirectoryGroup, user: Option<&DirectoryUser>) -> usize {
    group.document.size_bytes() + user.map_or(0, |user| user.document.size_bytes())
}

/// Who comes and who goes.
#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// Users who aren't members yet.
    pub(crate) added: Vec<NewMember>,
    /// Members who are to be none.
    pub(crate) removed: Vec<DirectoryUserId>,
}

impl Difference {
    /// What makes `wanted` of the current members.
    pub(crate) fn between(current: &[Edge], wanted: Vec<NewMember>) -> Self {
        let now: HashSet<_> = current.iter().map(|edge| edge.user).collect();
        let stay: HashSet<_> = wanted.iter().map(|member| member.user).collect();
        let removed = current.iter().map(|edge| edge.user).filter(|user| !stay.contains(user));
        Self {
            removed: removed.collect(),
            added: wanted.into_iter().filter(|member| !now.contains(&member.user)).collect(),
        }
    }

    /// The members after it, where all members before it are known.
    pub(crate) fn applied(&self, group: DirectoryGroupId, mut members: Vec<Edge>) -> Vec<Edge> {
        let gone: HashSet<_> = self.removed.iter().collect();
        members.retain(|edge| !gone.contains(&edge.user));
        members.extend(self.added.iter().map(|member| joined(group, member)));
        members
    }
}

/// The membership of a new member.
pub(crate) fn joined(group: DirectoryGroupId, member: &NewMember) -> Edge {
    Edge { group, user: member.user, display: member.display.clone(), event_id: None }
}

/// One change of one member.
#[derive(Debug, Clone)]
enum Step {
    Remove(DirectoryUserId),
    Add(NewMember),
}

impl Step {
    fn user(&self) -> DirectoryUserId {
        match self {
            Self::Remove(user) | Self::Add(NewMember { user, .. }) => *user,
        }
    }
}

/// Writes the difference, those who go first. Everything was validated before; each transaction is whole, all of them
/// together are not: whoever asks again after an interruption finds the rest of the difference. While one is written, the
/// users of the next are read. `preconditions` are held in the first transaction: what follows is a change of the caller's own.
pub(crate) async fn write(
    caller: &Caller,
    group: &mut Versioned<DirectoryGroup>,
    difference: Difference,
    preconditions: Option<&Preconditions>,
) -> Result<(), RouteError> {
    let mut held = preconditions.filter(|preconditions| preconditions.are_given());
    let store = caller.app.store();
    let directory = group.value.directory_id;
    let removed = difference.removed.into_iter().map(Step::Remove);
    let mut left: VecDeque<Step> = removed.chain(difference.added.into_iter().map(Step::Add)).collect();
    let mut users = store.directory_users(directory, &next(&left, 0)).await?;
    let mut lost = 0;
    while !left.is_empty() {
        let (events, taken) = events(&group.value, &left, &users);
        let following = next(&left, taken);
        let some = !events.is_empty();
        let (written, read) = tokio::join!(
            async {
                if !some {
                    return Ok(());
                }
                let of_version = held.map(|_| group.version);
                store.write_members(&group.value, events, of_version).await
            },
            store.directory_users(directory, &following)
        );
        match written {
            Ok(()) => {
                if some {
                    group.version += 1;
                    group.value.updated_at = caller.app.clock().now();
                    held = None;
                }
                left.drain(..taken);
                users = read?;
                lost = 0;
            }
            Err(WriteMembersError::Raced) if lost < ATTEMPTS => {
                lost += 1;
                *group = reread(caller, &group.value).await?;
                held.map_or(Ok(()), |preconditions| preconditions.check_change(group.version))?;
                left = still_to_do(caller, &group.value, left).await?;
                users = store.directory_users(directory, &next(&left, 0)).await?;
            }
            Err(WriteMembersError::Raced) => return Err(RouteError::Raced),
            Err(WriteMembersError::Store(error)) => return Err(error.into()),
        }
        if !left.is_empty() && caller.elapsed() > LONGEST {
            return Err(RouteError::Unfinished);
        }
    }
    Ok(())
}

/// The users of the steps behind the first `taken`, as many as one transaction takes.
fn next(left: &VecDeque<Step>, taken: usize) -> Vec<DirectoryUserId> {
    left.iter().skip(taken).take(MEMBERS_A_WRITE).map(|step| step.user()).collect()
}

/// What happens in the first of these steps, as many as one transaction takes; and how many these are. A user who is gone
/// meanwhile can't become a member.
fn events(
    group: &DirectoryGroup,
    left: &VecDeque<Step>,
    users: &[Versioned<DirectoryUser>],
) -> (MemberEvents, usize) {
    let users: HashMap<_, _> = users.iter().map(|read| (read.value.id, &read.value)).collect();
    let told = |name, id| users.get(&id).map(|user| member_event(name, group, user));
    let (mut events, mut taken, mut bytes) = (MemberEvents::default(), 0, 0);
    for step in left.iter().take(MEMBERS_A_WRITE) {
        bytes += event_bytes(group, users.get(&step.user()).copied());
        if bytes > EVENT_BYTES && taken > 0 {
            break;
        }
        taken += 1;
        match step {
            Step::Add(member) => {
                let event = told(EventName::DsyncGroupUserAdded, member.user);
                events.added.extend(event.map(|event| (member.clone(), event)));
            }
            Step::Remove(id) => events.removed.push((*id, told(EventName::DsyncGroupUserRemoved, *id))),
        }
    }
    (events, taken)
}

/// The group as it is now.
async fn reread(caller: &Caller, group: &DirectoryGroup) -> Result<Versioned<DirectoryGroup>, RouteError> {
    let wants = DirectoryWants { group: Some(group.id), ..DirectoryWants::default() };
    let read = caller.enter(&wants).await?.group;
    read.ok_or_else(|| RouteError::NotFound(ResourceKind::Group, group.id.to_string()))
}

/// What of the steps somebody else hasn't done meanwhile.
async fn still_to_do(
    caller: &Caller,
    group: &DirectoryGroup,
    left: VecDeque<Step>,
) -> Result<VecDeque<Step>, StoreError> {
    let users: Vec<_> = left.iter().map(|step| step.user()).collect();
    let members = caller.app.store().members_among((group.directory_id, group.id), &users).await?;
    let undone = |step: &Step| match step {
        Step::Add(member) => !members.contains(&member.user),
        Step::Remove(user) => members.contains(user),
    };
    Ok(left.into_iter().filter(undone).collect())
}
