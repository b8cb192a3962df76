//! Links into the admin portal, and the IT contacts of an organization, as answers and in the event log.

use serde_json::{Value, json};

use super::timestamp;
use crate::domain::event::{EventName, NewEvent};
use crate::domain::ids::OrganizationId;
use crate::domain::portal::{Grant, ItContact, LinkKind, PortalLink};

/// An IT contact in the contract's form.
pub fn contact_view(contact: &ItContact) -> Value {
    let created_at = timestamp::text(contact.created_at);
    json!({
        "object": "it_contact",
        "id": contact.id,
        "email": contact.email,
        "created_at": created_at,
        // Nothing about a contact changes.
        "updated_at": created_at,
    })
}

/// Something that happened to an IT contact.
pub fn contact_event(name: EventName, contact: &ItContact) -> NewEvent {
    NewEvent::new(
        name,
        contact.organization_id,
        with_organization(contact_view(contact), contact.organization_id),
    )
}

fn with_organization(mut view: Value, organization: OrganizationId) -> Value {
    if let Some(fields) = view.as_object_mut() {
        fields.insert("organization_id".to_owned(), json!(organization));
    }
    view
}

/// A link, without its secret. Not in the contract.
pub fn link_view(link: &PortalLink) -> Value {
    let Grant { organization_id, intents, kind, contact, external_user_id, .. } = &link.grant;
    json!({
        "object": "portal_link",
        "id": link.id,
        "organization_id": organization_id,
        "intents": intents,
        "kind": match kind {
            LinkKind::InApp => "in_app",
            LinkKind::Shareable => "shareable",
        },
        "it_contact": contact.as_ref().map(|contact| json!({ "id": contact.id, "email": contact.email })),
        "external_user_id": external_user_id,
        "created_at": timestamp::text(link.created_at),
        "expires_at": timestamp::text(link.expires_at),
    })
}

/// Something that happened to a link.
pub fn link_event(name: EventName, link: &PortalLink) -> NewEvent {
    NewEvent::new(name, link.grant.organization_id, link_view(link))
}
