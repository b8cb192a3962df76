//! `/Schemas`, `/ResourceTypes`, `/ServiceProviderConfig` (RFC 7643 §5–§7).

use serde_json::{Map, Value, json};

use super::{Attribute, ENTERPRISE, GROUP, Mutability, ResourceKind, Type, USER};
use crate::scim::Limits;

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

fn attribute(attribute: &Attribute) -> Value {
    let kind = match attribute.kind {
        Type::Text => "string",
        Type::Boolean => "boolean",
        Type::DateTime => "dateTime",
        Type::Reference => "reference",
        Type::Binary => "binary",
        Type::Complex => "complex",
    };
    let mut shown = Map::new();
    let mut say = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    say("name", json!(attribute.name));
    say("type", json!(kind));
    say("multiValued", json!(attribute.multi));
    say("description", json!(attribute.description));
    say("required", json!(attribute.required));
    if !attribute.canonical.is_empty() {
        say("canonicalValues", json!(attribute.canonical));
    }
    say("caseExact", json!(attribute.case_exact));
    say(
        "mutability",
        json!(match attribute.mutability {
            Mutability::ReadWrite => "readWrite",
            Mutability::ReadOnly => "readOnly",
            Mutability::Immutable => "immutable",
        }),
    );
    say("returned", json!(if attribute.always { "always" } else { "default" }));
    say("uniqueness", json!(if attribute.unique { "server" } else { "none" }));
    if !attribute.references.is_empty() {
        say("referenceTypes", json!(attribute.references));
    }
    if !attribute.sub.is_empty() {
        say("subAttributes", attribute.sub.iter().map(self::attribute).collect());
    }
    Value::Object(shown)
}

fn one(base: &str, (urn, name, description): (&str, &str, &str), attributes: &[Attribute]) -> Value {
    // externalId is every resource's, and no part of a schema (RFC 7643 §3.1).
    let own = attributes.iter().filter(|attribute| attribute.name != "externalId");
    json!({
        "schemas": [SCHEMA],
        "id": urn,
        "name": name,
        "description": description,
        "attributes": own.map(attribute).collect::<Vec<_>>(),
        "meta": { "resourceType": "Schema", "location": format!("{base}/Schemas/{urn}") },
    })
}

/// All schemas, for `/Schemas`; `base` is where the directory's resources are.
pub fn schemas(base: &str) -> Vec<Value> {
    vec![
        one(base, (USER, "User", "A person whom the directory lets in."), super::USER_ATTRIBUTES),
        one(base, (GROUP, "Group", "A group of users."), super::GROUP_ATTRIBUTES),
        one(
            base,
            (ENTERPRISE, "Enterprise User", "What an employer knows of a user."),
            super::ENTERPRISE_ATTRIBUTES,
        ),
    ]
}

/// One schema by its URN, without regard to case.
pub fn schema(base: &str, urn: &str) -> Option<Value> {
    let named = |schema: &Value| {
        schema.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(urn))
    };
    schemas(base).into_iter().find(named)
}

/// All resource types, for `/ResourceTypes`.
pub fn resource_types(base: &str) -> Vec<Value> {
    let one = |kind: ResourceKind, extensions: Value, description: &str| {
        let name = kind.name();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": format!("/{}", kind.endpoint()),
            "description": description,
            "schema": kind.urn(),
            "schemaExtensions": extensions,
            "meta": { "resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/{name}") },
        })
    };
    let enterprise = json!([{ "schema": ENTERPRISE, "required": false }]);
    vec![
        one(ResourceKind::User, enterprise, "A person whom the directory lets in."),
        one(ResourceKind::Group, json!([]), "A group of users."),
    ]
}

/// What the server can do, for `/ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4).
pub fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": Limits::BULK_OPERATIONS,
            "maxPayloadSize": Limits::BULK_PAYLOAD,
        },
        "filter": { "supported": true, "maxResults": Limits::PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 100,
            "maxPageSize": Limits::PAGE,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The directory's bearer token, in the header Authorization (RFC 6750).",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}
