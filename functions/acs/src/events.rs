//! What the event log says of sign-ins, in the contract's form.

use chrono::{DateTime, Utc};
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::PersonId;
use portico_shared::domain::sign_in::SignInRecord;
use portico_shared::web::timestamp;
use serde_json::{Map, Value, json};

/// `authentication.sso_succeeded`.
pub(crate) fn succeeded(record: &SignInRecord, person: PersonId) -> NewEvent {
    event(EventName::AuthenticationSsoSucceeded, record, sign_in(record, "succeeded", Some(person)))
}

/// `authentication.sso_failed`, with a reason's stable code and its sentence.
pub(crate) fn failed(record: &SignInRecord, code: &str, message: &str) -> NewEvent {
    let mut data = sign_in(record, "failed", None);
    data.insert("error".to_owned(), json!({ "code": code, "message": message }));
    event(EventName::AuthenticationSsoFailed, record, data)
}

/// `connection.activated`: a sign-in has proved the connection.
pub(crate) fn activated(connection: &Connection, now: DateTime<Utc>) -> NewEvent {
    let data = json!({
        "object": "connection",
        "id": connection.id,
        "organization_id": connection.organization_id,
        "name": connection.name,
        "connection_type": connection.connection_type,
        "external_key": connection.external_id.clone().unwrap_or_else(|| connection.id.to_string()),
        "state": ConnectionState::Active,
        "status": "linked",
        // Domains belong to the organization here; a connection has none of its own.
        "domains": [],
        "created_at": timestamp::text(connection.created_at),
        "updated_at": timestamp::text(now),
    });
    NewEvent {
        name: EventName::ConnectionActivated,
        organization_id: Some(connection.organization_id),
        data,
        after: connection.last_event_id,
    }
}

fn event(name: EventName, record: &SignInRecord, data: Map<String, Value>) -> NewEvent {
    NewEvent { name, organization_id: Some(record.organization_id), data: Value::Object(data), after: None }
}

fn sign_in(record: &SignInRecord, status: &str, person: Option<PersonId>) -> Map<String, Value> {
    let sso = json!({
        "organization_id": record.organization_id,
        "connection_id": record.connection_id,
        "session_id": record.id,
    });
    [
        ("type", json!("sso")),
        ("status", json!(status)),
        ("ip_address", json!(record.ip_address)),
        ("user_agent", json!(record.user_agent)),
        ("user_id", json!(person)),
        ("email", json!(record.email)),
        ("sso", sso),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}
