//! Resources as SCIM shows them: what is kept, with what is derived.

use portico_protocol::scim::{Document, Meta, Projection, ResourceKind};
use portico_shared::domain::directory::{DirectoryGroup, DirectoryUser};
use portico_shared::store::{Edge, Versioned};
use portico_shared::web::timestamp;
use serde_json::{Map, Value, json};

use crate::answer::etag;

/// A user with the groups that it is in.
pub(crate) fn user(base: &str, user: &Versioned<DirectoryUser>, edges: &[Edge]) -> Map<String, Value> {
    let value = &user.value;
    let mut shown = render(
        ResourceKind::User,
        (base, &value.id.to_string()),
        (&value.document, user.version),
        (timestamp::text(value.created_at), timestamp::text(value.updated_at)),
    );
    let groups: Vec<_> = edges.iter().map(|edge| self::edge(ResourceKind::User, base, edge)).collect();
    if !groups.is_empty() {
        shown.insert("groups".to_owned(), Value::Array(groups));
    }
    shown
}

/// A group with its members, if these were read.
pub(crate) fn group(base: &str, group: &Versioned<DirectoryGroup>, edges: &[Edge]) -> Map<String, Value> {
    let value = &group.value;
    let mut shown = render(
        ResourceKind::Group,
        (base, &value.id.to_string()),
        (&value.document, group.version),
        (timestamp::text(value.created_at), timestamp::text(value.updated_at)),
    );
    let members: Vec<_> = edges.iter().map(|edge| self::edge(ResourceKind::Group, base, edge)).collect();
    if !members.is_empty() {
        shown.insert("members".to_owned(), Value::Array(members));
    }
    shown
}

/// A membership as a resource of this kind shows it: a user its group, a group its member.
pub(crate) fn edge(kind: ResourceKind, base: &str, edge: &Edge) -> Value {
    let Edge { user, group, display, .. } = edge;
    let mut shown = match kind {
        ResourceKind::User => {
            json!({"value": group, "$ref": format!("{base}/Groups/{group}"), "type": "direct"})
        }
        ResourceKind::Group => json!({"value": user, "$ref": format!("{base}/Users/{user}"), "type": "User"}),
    };
    if let (Some(display), Some(shown)) = (display, shown.as_object_mut()) {
        shown.insert("display".to_owned(), json!(display));
    }
    shown
}

/// About how many bytes a membership takes in an answer, at the most.
pub(crate) fn edge_bytes(base: &str, edge: &Edge) -> usize {
    const IDS_AND_NAMES: usize = 180;
    IDS_AND_NAMES + base.len() + edge.display.as_ref().map_or(0, |display| 2 * display.len())
}

fn render(
    kind: ResourceKind,
    (base, id): (&str, &str),
    (document, version): (&Document, u64),
    (created, last_modified): (String, String),
) -> Map<String, Value> {
    let meta = Meta { created, last_modified, version: etag(version) };
    document.render(kind, id, base, &meta)
}

/// Whether the groups of a user, or the members of a group, are to be shown.
pub(crate) fn wants_edges(kind: ResourceKind, projection: &Projection) -> bool {
    projection.wants(match kind {
        ResourceKind::User => "groups",
        ResourceKind::Group => "members",
    })
}
