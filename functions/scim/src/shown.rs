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
    let groups: Vec<_> = edges
        .iter()
        .map(|edge| json!({"value": edge.group, "$ref": format!("{base}/Groups/{}", edge.group), "type": "direct"}))
        .collect();
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
    let members: Vec<_> = edges
        .iter()
        .map(
            |edge| json!({"value": edge.user, "$ref": format!("{base}/Users/{}", edge.user), "type": "User"}),
        )
        .collect();
    if !members.is_empty() {
        shown.insert("members".to_owned(), Value::Array(members));
    }
    shown
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
