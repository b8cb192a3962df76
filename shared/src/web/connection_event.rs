//! A connection as the event log carries it: `management` writes these events, and so does the sign-in that activates one.

use serde_json::json;

use super::timestamp;
use crate::domain::connection::{Connection, ConnectionState};
use crate::domain::event::{EventName, NewEvent};
use crate::domain::organization::OrganizationDomain;

/// An event about a connection, in the contract's form. `state` is how it stands after what happened.
pub fn connection_event(
    name: EventName,
    connection: &Connection,
    state: ConnectionState,
    domains: &[OrganizationDomain],
) -> NewEvent {
    let domains: Vec<_> = domains
        .iter()
        .map(|domain| json!({"object": "connection_domain", "id": domain.id, "domain": domain.domain}))
        .collect();
    let id = connection.id.to_string();
    let data = json!({
        "object": "connection",
        "id": id,
        "organization_id": connection.organization_id,
        "state": state.as_str(),
        "status": status_of(state),
        "name": connection.name,
        "connection_type": connection.connection_type.as_str(),
        "external_key": connection.external_id.as_ref().unwrap_or(&id),
        "domains": domains,
        "created_at": timestamp::text(connection.created_at),
        "updated_at": timestamp::text(connection.updated_at),
    });
    NewEvent { name, organization_id: Some(connection.organization_id), data, after: None }
}

/// The contract's deprecated `status`: whether people can sign in by the connection.
pub fn status_of(state: ConnectionState) -> &'static str {
    if state == ConnectionState::Active { "linked" } else { "unlinked" }
}
