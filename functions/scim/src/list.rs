//! Lists: pages by number or by cursor, filters, sorting. Every page is read consistently from the directory's own partition,
//! in the order of ids, so nothing is read twice or passed over while others write.

mod edges;
mod filtered;
mod indexed;
mod membership;
mod page;

use axum::response::Response;
use http::StatusCode;
use portico_protocol::scim::{ResourceKind, list_response};
use portico_shared::domain::directory::{DirectoryGroup, DirectoryUser};
use portico_shared::store::{Edge, Versioned};
use serde_json::{Map, Value};

use crate::answer;
use crate::caller::Caller;
use crate::error::RouteError;
use crate::query::{From, ListQuery};
use crate::shown;

/// The most bytes of resources in an answer, memberships apart: Lambda carries 6 MB.
const ANSWER_BYTES: usize = 2_500_000;

/// A user or a group on its way into a list.
struct Entry {
    id: String,
    shown: Map<String, Value>,
    /// How many bytes of it were kept.
    bytes: usize,
    /// The memberships, where they were read together with it.
    edges: Option<Vec<Edge>>,
}

impl Entry {
    fn of_user(base: &str, user: &Versioned<DirectoryUser>) -> Self {
        let bytes = user.value.document.size_bytes();
        Self { id: user.value.id.to_string(), shown: shown::user(base, user, &[]), bytes, edges: None }
    }

    fn of_group(base: &str, group: &Versioned<DirectoryGroup>) -> Self {
        let bytes = group.value.document.size_bytes();
        Self { id: group.value.id.to_string(), shown: shown::group(base, group, &[]), bytes, edges: None }
    }
}

/// Ends a page where it gets too large for one answer; `true` where it did.
fn cut(entries: &mut Vec<Entry>) -> bool {
    let mut bytes = 0;
    let fits = entries.iter().take_while(|entry| {
        bytes += entry.bytes;
        bytes <= ANSWER_BYTES
    });
    let fits = fits.count().max(1);
    let cut = fits < entries.len();
    entries.truncate(fits);
    cut
}

/// What a list comes to.
struct Answered {
    /// How many there are in all; unknown where a cursor goes through a filter.
    total: Option<u64>,
    /// The number of the first, where they were asked for by number.
    start_index: Option<u64>,
    entries: Vec<Entry>,
    next_cursor: Option<String>,
}

/// Answers a list.
pub(crate) async fn list(
    caller: &Caller,
    kind: ResourceKind,
    query: ListQuery,
) -> Result<Response, RouteError> {
    let answered = answer(caller, kind, &query).await?;
    let resources: Vec<_> = answered.entries.into_iter().map(|entry| projected(&query, entry)).collect();
    let cursors = (answered.next_cursor, None);
    let body = list_response(answered.total, answered.start_index, resources, cursors);
    Ok(answer::json(StatusCode::OK, &body))
}

fn projected(query: &ListQuery, entry: Entry) -> Value {
    Value::Object(query.projection.apply(entry.shown))
}

async fn answer(caller: &Caller, kind: ResourceKind, query: &ListQuery) -> Result<Answered, RouteError> {
    match (&query.filter, &query.sort) {
        (None, None) => page::read(caller, kind, query).await,
        (filter, sort) => filtered::read(caller, kind, query, (filter.as_ref(), sort.as_ref())).await,
    }
}

/// Answers a search over users and groups: the groups stand behind the users. By number only: a cursor is one list's.
pub(crate) async fn both(caller: &Caller, queries: (ListQuery, ListQuery)) -> Result<Response, RouteError> {
    let (users, mut groups) = queries;
    let found = answer(caller, ResourceKind::User, &users).await?;
    let shown = found.entries.len();
    groups.count -= shown;
    if let From::Index(start) = &mut groups.from {
        let users = found.total.unwrap_or_default();
        // A page of users may end earlier than it was asked to: no groups come before the last of them.
        if *start + shown as u64 <= users {
            groups.count = 0;
        }
        *start = start.saturating_sub(users).max(1);
    }
    let others = answer(caller, ResourceKind::Group, &groups).await?;
    let total = found.total.zip(others.total).map(|(users, groups)| users + groups);
    let users_shown = found.entries.into_iter().map(|entry| projected(&users, entry));
    let groups_shown = others.entries.into_iter().map(|entry| projected(&groups, entry));
    let resources: Vec<_> = users_shown.chain(groups_shown).collect();
    Ok(answer::json(StatusCode::OK, &list_response(total, found.start_index, resources, (None, None))))
}
