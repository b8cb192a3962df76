//! Directories and what is in them in the contract's form: as answers, and in the event log.

use portico_protocol::scim::Document;
use serde_json::{Map, Value, json};

use super::timestamp;
use crate::domain::directory::{
    Directory, DirectoryGroup, DirectoryState, DirectoryToken, DirectoryUser, previous_attributes,
};
use crate::domain::event::{EventName, NewEvent};
use crate::domain::organization::{DomainState, OrganizationDomain};
use crate::domain::person::PersonStatus;

/// The attributes that the contract predefines: what it calls them, and where SCIM has them.
const PREDEFINED: [(&str, &str); 8] = [
    ("username", "userName"),
    ("job_title", "title"),
    ("employee_type", "userType"),
    ("employee_number", "employeeNumber"),
    ("cost_center_name", "costCenter"),
    ("department_name", "department"),
    ("division_name", "division"),
    ("organization", "organization"),
];

/// The extension that holds what an employer knows of a user (RFC 7643 §4.3).
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn custom_attributes(document: &Document) -> Map<String, Value> {
    let raw = document.attributes();
    let enterprise = raw.get(ENTERPRISE).and_then(Value::as_object);
    let mut custom = Map::new();
    for (name, path) in PREDEFINED {
        let value = raw.get(path).or_else(|| enterprise?.get(path));
        custom.extend(value.map(|value| (name.to_owned(), value.clone())));
    }
    let manager = enterprise.and_then(|extension| extension.get("manager")?.get("value")?.as_str());
    let manager = manager.filter(|manager| manager.contains('@'));
    custom.extend(manager.map(|email| ("manager_email".to_owned(), json!(email))));
    for name in ["emails", "addresses"] {
        custom.extend(raw.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    custom
}

/// A user in the contract's form.
pub fn user_view(user: &DirectoryUser) -> Value {
    let document = &user.document;
    let raw = document.attributes();
    let name = raw.get("name").and_then(Value::as_object);
    let part = |part: &str| name.and_then(|name| name.get(part)).cloned().unwrap_or(Value::Null);
    let formatted = Some(part("formatted")).filter(|formatted| !formatted.is_null());
    json!({
        "object": "directory_user",
        "id": user.id,
        "directory_id": user.directory_id,
        "organization_id": user.organization_id,
        "idp_id": user.idp_id(),
        "email": document.primary_email(),
        "first_name": part("givenName"),
        "last_name": part("familyName"),
        "name": formatted.or_else(|| raw.get("displayName").cloned()),
        "username": document.user_name(),
        "job_title": raw.get("title"),
        "emails": raw.get("emails").cloned().unwrap_or_else(|| json!([])),
        "state": match user.status() { PersonStatus::Active => "active", PersonStatus::Deactivated => "inactive" },
        "raw_attributes": raw,
        "custom_attributes": custom_attributes(document),
        "created_at": timestamp::text(user.created_at),
        "updated_at": timestamp::text(user.updated_at),
    })
}

/// A group in the contract's form.
pub fn group_view(group: &DirectoryGroup) -> Value {
    json!({
        "object": "directory_group",
        "id": group.id,
        "idp_id": group.idp_id(),
        "directory_id": group.directory_id,
        "organization_id": group.organization_id,
        "name": group.name(),
        "raw_attributes": group.document.attributes(),
        "created_at": timestamp::text(group.created_at),
        "updated_at": timestamp::text(group.updated_at),
    })
}

/// Something that happened to a user.
pub fn user_event(name: EventName, user: &DirectoryUser) -> NewEvent {
    NewEvent::new(name, user.organization_id, user_view(user)).exceeding(user.last_event_id)
}

/// A user changed.
pub fn user_updated(before: &DirectoryUser, after: &DirectoryUser) -> NewEvent {
    let event = user_event(EventName::DsyncUserUpdated, after);
    NewEvent { data: with_previous(&user_view(before), event.data), ..event }
}

/// Something that happened to a group.
pub fn group_event(name: EventName, group: &DirectoryGroup) -> NewEvent {
    NewEvent::new(name, group.organization_id, group_view(group)).exceeding(group.last_event_id)
}

/// A group changed.
pub fn group_updated(before: &DirectoryGroup, after: &DirectoryGroup) -> NewEvent {
    let event = group_event(EventName::DsyncGroupUpdated, after);
    NewEvent { data: with_previous(&group_view(before), event.data), ..event }
}

fn with_previous(before: &Value, mut after: Value) -> Value {
    let previous = previous_attributes(before, &after);
    if let Some(data) = after.as_object_mut() {
        data.insert("previous_attributes".to_owned(), Value::Object(previous));
    }
    after
}

/// A user came into a group, or left it.
pub fn member_event(name: EventName, group: &DirectoryGroup, user: &DirectoryUser) -> NewEvent {
    let data = json!({
        "directory_id": group.directory_id,
        "user": user_view(user),
        "group": group_view(group),
    });
    NewEvent::new(name, group.organization_id, data).exceeding(user.last_event_id.max(group.last_event_id))
}

/// A state as the REST API has it.
pub fn rest_state(state: DirectoryState) -> &'static str {
    match state {
        DirectoryState::Validating => "validating",
        DirectoryState::Active => "linked",
        DirectoryState::Deleting => "deleting",
    }
}

/// A directory as events carry it.
fn directory_data(directory: &Directory) -> Value {
    json!({
        "object": "directory",
        "id": directory.id,
        "organization_id": directory.organization_id,
        "external_key": directory.id,
        "type": directory.directory_type.as_str(),
        "state": match directory.state {
            DirectoryState::Validating => "validating",
            DirectoryState::Active => "active",
            DirectoryState::Deleting => "deleting",
        },
        "name": directory.name,
        "created_at": timestamp::text(directory.created_at),
        "updated_at": timestamp::text(directory.updated_at),
    })
}

/// A directory had its first valid request, or is gone. `domains` are its organization's claims, of which the verified ones
/// are named.
pub fn activated(name: EventName, directory: &Directory, domains: &[OrganizationDomain]) -> NewEvent {
    let verified =
        |domain: &&OrganizationDomain| matches!(domain.state, DomainState::Verified | DomainState::AtRisk);
    let view = |domain: &OrganizationDomain| json!({"object": "organization_domain", "id": domain.id, "domain": domain.domain});
    let domains: Vec<_> = domains.iter().filter(verified).map(view).collect();
    let mut event = directory_event(name, directory);
    if let Some(data) = event.data.as_object_mut() {
        data.insert("domains".to_owned(), Value::Array(domains));
    }
    event
}

/// Something that happened to a directory.
pub fn directory_event(name: EventName, directory: &Directory) -> NewEvent {
    NewEvent::new(name, directory.organization_id, directory_data(directory))
        .exceeding(directory.last_event_id)
}

/// A token of a directory was made or revoked.
pub fn token_event(name: EventName, token: &DirectoryToken) -> NewEvent {
    let data = json!({
        "object": "directory_token",
        "id": token.id,
        "directory_id": token.directory_id,
        "organization_id": token.organization_id,
        "token_suffix": token.suffix,
        "created_at": timestamp::text(token.created_at),
    });
    NewEvent::new(name, token.organization_id, data)
}
