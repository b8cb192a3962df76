//! A connection in the contract's form, with our additions.

use chrono::{DateTime, TimeDelta, Utc};
use portico_shared::app::App;
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::organization::OrganizationDomain;
use portico_shared::web::connection_event::status_of;
use portico_shared::web::timestamp;
use serde_json::{Value, json};

/// How long before its end a certificate is warned about.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(30);

pub(super) fn connection_view(
    app: &App,
    connection: &Connection,
    state: ConnectionState,
    domains: &[OrganizationDomain],
) -> Value {
    let domains: Vec<_> = domains
        .iter()
        .map(|domain| json!({"object": "connection_domain", "id": domain.id, "domain": domain.domain}))
        .collect();
    json!({
        "object": "connection",
        "id": connection.id,
        "organization_id": connection.organization_id,
        "connection_type": connection.connection_type.as_str(),
        "name": connection.name,
        "external_id": connection.external_id,
        "state": state.as_str(),
        "status": status_of(state),
        "domains": domains,
        "attribute_maps": attribute_maps(connection),
        "saml": saml(app, connection),
        "warnings": warnings(connection, app.clock().now()),
        "created_at": timestamp::text(connection.created_at),
        "updated_at": timestamp::text(connection.updated_at),
    })
}

fn attribute_maps(connection: &Connection) -> Value {
    let map = &connection.attribute_map;
    json!({
        "standard_attributes": {
            "idp_id": map.idp_id,
            "email": map.email,
            "first_name": map.first_name,
            "last_name": map.last_name,
            "name": map.name,
            "groups": map.groups,
        },
        "custom_attributes": map.custom,
    })
}

fn saml(app: &App, connection: &Connection) -> Value {
    let (ours, saml) = (&app.config().public_url, &connection.saml);
    json!({
        "acs_url": ours.acs_url(&connection.id),
        "sp_entity_id": ours.sp_entity_id(&connection.id, saml.sp_entity_id.as_deref()),
        "sp_metadata_url": ours.sp_metadata_url(&connection.id),
        "idp_entity_id": saml.idp_entity_id,
        "idp_sso_url": saml.idp_sso_redirect_url.as_ref().or(saml.idp_sso_post_url.as_ref()),
        "idp_metadata_url": saml.idp_metadata_url,
        "allow_idp_initiated": saml.allow_idp_initiated,
        "allow_sha1": saml.allow_sha1,
        "sign_requests": saml.sign_requests,
        "force_authn": saml.force_authn,
    })
}

/// What works, but somebody should look at.
fn warnings(connection: &Connection, now: DateTime<Utc>) -> Vec<Value> {
    let mut warnings = Vec::new();
    for kept in &connection.saml.certificates {
        let (certificate, id) = (&kept.certificate, kept.id);
        let end = timestamp::text(certificate.not_after());
        let start = timestamp::text(certificate.not_before());
        if certificate.not_after() <= now {
            warnings.push(json!({"code": "certificate_expired", "certificate_id": id,
                "message": format!("The signing certificate expired on {end}. Its key still counts; have the identity provider make a new one.")}));
        } else if certificate.not_after() <= now + EXPIRES_SOON {
            warnings.push(json!({"code": "certificate_expires_soon", "certificate_id": id,
                "message": format!("The signing certificate expires on {end}. Add the next one before the identity provider begins to use it.")}));
        } else if certificate.not_before() > now {
            warnings.push(json!({"code": "certificate_not_yet_valid", "certificate_id": id,
                "message": format!("The signing certificate is not valid before {start}.")}));
        }
    }
    if connection.saml.allow_sha1 {
        warnings.push(json!({"code": "sha1_allowed",
            "message": "Signatures with SHA-1 are accepted, which can be forged at some cost. Have the identity provider sign with SHA-256, then switch allow_sha1 off."}));
    }
    warnings
}
