//! What the event log says of sign-ins, in the contract's form.

use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::PersonId;
use portico_shared::domain::sign_in::SignInRecord;
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

fn event(name: EventName, record: &SignInRecord, data: Map<String, Value>) -> NewEvent {
    NewEvent::new(name, record.organization_id, Value::Object(data))
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
