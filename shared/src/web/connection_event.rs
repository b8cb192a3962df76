//! A connection as the event log carries it: `management` writes these events, and so does the sign-in that activates one.

use serde_json::{Value, json};

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
    NewEvent::new(name, connection.organization_id, data)
}

/// A connection's settings as a record of a change has them: certificates by their fingerprint.
pub fn settings(connection: &Connection) -> Value {
    let saml = &connection.saml;
    let certificates: Vec<_> = saml
        .certificates
        .iter()
        .map(|known| json!({"id": known.id, "sha256": known.certificate.fingerprint_sha256()}))
        .collect();
    json!({
        "name": connection.name,
        "external_id": connection.external_id,
        "connection_type": connection.connection_type.as_str(),
        "attribute_map": connection.attribute_map,
        "idp_entity_id": saml.idp_entity_id,
        "idp_sso_redirect_url": saml.idp_sso_redirect_url,
        "idp_sso_post_url": saml.idp_sso_post_url,
        "idp_metadata_url": saml.idp_metadata_url,
        "idp_signing_certs": certificates,
        "oidc": connection.oidc,
        "sp_entity_id": saml.sp_entity_id,
        "allow_idp_initiated": saml.allow_idp_initiated,
        "allow_sha1": saml.allow_sha1,
        "sign_requests": saml.sign_requests,
        "force_authn": saml.force_authn,
    })
}

/// The contract's deprecated `status`: whether people can sign in by the connection.
pub fn status_of(state: ConnectionState) -> &'static str {
    if state == ConnectionState::Active { "linked" } else { "unlinked" }
}
