//! The keys of directories. A user or a group stands in one partition with all others of its directory, in the order of
//! their ids, so that a list is a read of a range; so do memberships, from both sides.

use std::fmt::Display;

use super::{Key, hashed, key};
use crate::domain::ids::{DirectoryGroupId, DirectoryId, DirectoryUserId, OrganizationId};
use crate::domain::token::HashedToken;

/// The partition that holds a directory, its tokens and what it uses.
pub(in crate::store) fn directory_partition(id: DirectoryId) -> String {
    format!("dir#{id}")
}

pub(in crate::store) fn directory(id: DirectoryId) -> Key {
    key(directory_partition(id), "directory")
}

/// The sort keys of a directory's tokens, first and last.
pub(in crate::store) const DIRECTORY_TOKEN_RANGE: (&str, &str) = ("token#", "token#~");

pub(in crate::store) fn directory_token(id: DirectoryId, hash: &HashedToken) -> Key {
    key(directory_partition(id), format!("token#{}", hash.as_str()))
}

/// When a directory's tokens were last used, and until when its requests are paid for.
pub(in crate::store) fn directory_usage(id: DirectoryId) -> Key {
    key(directory_partition(id), "usage")
}

/// The parent under which all directories are listed.
pub(in crate::store) fn directories() -> String {
    "dir#all".to_owned()
}

/// The sort keys of an organization's directories, first and last.
pub(in crate::store) const DIRECTORY_RANGE: (&str, &str) = ("directory#", "directory#~");

/// That a directory is the organization's.
pub(in crate::store) fn organization_directory(organization: OrganizationId, id: DirectoryId) -> Key {
    key(super::organization_partition(organization), format!("directory#{id}"))
}

pub(in crate::store) fn directory_users(id: DirectoryId) -> String {
    format!("dir#{id}#users")
}

pub(in crate::store) fn directory_user(id: DirectoryId, user: DirectoryUserId) -> Key {
    key(directory_users(id), user.to_string())
}

pub(in crate::store) fn directory_groups(id: DirectoryId) -> String {
    format!("dir#{id}#groups")
}

pub(in crate::store) fn directory_group(id: DirectoryId, group: DirectoryGroupId) -> Key {
    key(directory_groups(id), group.to_string())
}

/// In which directory a user or a group is, by its id.
pub(in crate::store) fn directory_of(id: &str) -> Key {
    key(format!("dir#of#{id}"), "directory")
}

/// The guard that makes a folded userName unique within its directory.
pub(in crate::store) fn user_by_user_name(id: DirectoryId, folded: &str) -> Key {
    key(format!("dir#{id}#user_name#{}", hashed(folded)), "user")
}

/// The guard that makes a user's externalId unique within its directory.
pub(in crate::store) fn user_by_external_id(id: DirectoryId, external_id: &str) -> Key {
    key(format!("dir#{id}#user_external_id#{}", hashed(external_id)), "user")
}

/// The guard that makes a group's externalId unique within its directory.
pub(in crate::store) fn group_by_external_id(id: DirectoryId, external_id: &str) -> Key {
    key(format!("dir#{id}#group_external_id#{}", hashed(external_id)), "group")
}

/// The guard that makes the folded name of a group without an externalId unique among such groups.
pub(in crate::store) fn group_by_name_alone(id: DirectoryId, folded: &str) -> Key {
    key(format!("dir#{id}#group_name#{}", hashed(folded)), "group")
}

/// The partition in which those are found that have a folded value.
pub(in crate::store) fn directory_index(id: DirectoryId, attribute: &str, folded: &str) -> String {
    format!("dir#{id}#{attribute}#{}", hashed(folded))
}

pub(in crate::store) fn directory_index_row(index: &str, of: &str) -> Key {
    key(index.to_owned(), of)
}

/// The partition of the members of a directory's groups, group by group.
pub(in crate::store) fn members(id: DirectoryId) -> String {
    format!("dir#{id}#members")
}

pub(in crate::store) fn member(id: DirectoryId, group: DirectoryGroupId, user: DirectoryUserId) -> Key {
    key(members(id), format!("{group}#{user}"))
}

/// The partition of the groups of a directory's users, user by user.
pub(in crate::store) fn memberships(id: DirectoryId) -> String {
    format!("dir#{id}#memberships")
}

pub(in crate::store) fn membership(id: DirectoryId, user: DirectoryUserId, group: DirectoryGroupId) -> Key {
    key(memberships(id), format!("{user}#{group}"))
}

/// The sort keys of all memberships from one group or user to another, both included.
pub(in crate::store) fn edges_of(first: impl Display, last: impl Display) -> (String, String) {
    (format!("{first}#"), format!("{last}#~"))
}

/// The group and the user that the sort key of a membership names, whichever comes first in it.
pub(in crate::store) fn edge_of(sk: &str) -> Option<(DirectoryGroupId, DirectoryUserId)> {
    let (one, other) = sk.split_once('#')?;
    let (group, user) = if one.starts_with(DirectoryGroupId::PREFIX) { (one, other) } else { (other, one) };
    Some((DirectoryGroupId::parse(group).ok()?, DirectoryUserId::parse(user).ok()?))
}

/// Over how many items a directory's numbers are spread, so that changes at the same time seldom meet.
pub(in crate::store) const COUNT_SHARDS: u8 = 16;

/// The partition that says how many users and groups a directory has.
pub(in crate::store) fn directory_counts(id: DirectoryId) -> String {
    format!("dir#{id}#count")
}

pub(in crate::store) fn directory_count(id: DirectoryId, of: [u8; 16]) -> Key {
    let shard = of.last().copied().unwrap_or(0) % COUNT_SHARDS;
    key(directory_counts(id), format!("{shard:02}"))
}

/// The partition of the places where pages of a list began.
pub(in crate::store) fn checkpoints(id: DirectoryId, list: &str) -> String {
    format!("dir#{id}#pages#{list}")
}

pub(in crate::store) fn checkpoint(id: DirectoryId, list: &str, start_index: u64) -> Key {
    key(checkpoints(id, list), format!("{start_index:012}"))
}

/// One row for every key of a directory, for the page that lists them.
#[cfg(test)]
pub(super) fn every_key(row: impl Fn(&str, &Key) -> String) -> Vec<String> {
    use crate::domain::random::Rng;
    use crate::domain::token::PlainToken;
    let at = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let rng = Rng::new(|bytes: &mut [u8]| bytes.fill(7));
    let id = DirectoryId::mint(at, &rng);
    let (user, group) = (DirectoryUserId::mint(at, &rng), DirectoryGroupId::mint(at, &rng));
    let hash = PlainToken::presented("x").unwrap().hashed();
    vec![
        row("directory", &directory(id)),
        row("bearer token of a directory", &directory_token(id, &hash)),
        row("what a directory uses", &directory_usage(id)),
        row(
            "that a directory is the organization's",
            &organization_directory(OrganizationId::mint(at, &rng), id),
        ),
        row("directory user", &directory_user(id, user)),
        row("directory group", &directory_group(id, group)),
        row("in which directory a user or a group is", &directory_of(&user.to_string())),
        row("guard: userName", &user_by_user_name(id, "ada@acme.com")),
        row("guard: externalId of a user", &user_by_external_id(id, "00u1")),
        row("guard: externalId of a group", &group_by_external_id(id, "00g1")),
        row("guard: name of a group without externalId", &group_by_name_alone(id, "engineering")),
        row(
            "users by e-mail address",
            &directory_index_row(&directory_index(id, "email", "ada@acme.com"), &user.to_string()),
        ),
        row(
            "users by displayName",
            &directory_index_row(&directory_index(id, "user_display_name", "ada"), &user.to_string()),
        ),
        row(
            "groups by displayName",
            &directory_index_row(
                &directory_index(id, "group_display_name", "engineering"),
                &group.to_string(),
            ),
        ),
        row("member of a group", &member(id, group, user)),
        row("membership of a user", &membership(id, user, group)),
        row("how many users and groups", &directory_count(id, user.to_bytes())),
        row("where a page of a list began", &checkpoint(id, "users", 101)),
    ]
}
