//! A resource as SCIM shows it.

use serde_json::{Map, Value, json};

use super::Document;
use crate::scim::schema::{Attribute, ENTERPRISE, ResourceKind, find};

/// What the server says about a resource (RFC 7643 §3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// When it was made, in RFC 3339's form.
    pub created: String,
    /// When it last changed.
    pub last_modified: String,
    /// Its entity tag.
    pub version: String,
}

impl Document {
    /// The resource in its whole, without what is derived from others. Attributes that no schema knows aren't shown.
    pub fn render(&self, kind: ResourceKind, id: &str, base: &str, meta: &Meta) -> Map<String, Value> {
        let enterprise = self.0.get(ENTERPRISE).and_then(Value::as_object);
        let enterprise = enterprise.map(|members| known_of(members, kind.enterprise()));
        let enterprise = enterprise.filter(|members| !members.is_empty());
        let mut schemas = vec![kind.urn()];
        schemas.extend(enterprise.is_some().then_some(ENTERPRISE));
        let mut shown = Map::new();
        shown.insert("schemas".to_owned(), json!(schemas));
        shown.insert("id".to_owned(), json!(id));
        shown.extend(known_of(&self.0, kind.attributes()));
        shown.extend(enterprise.map(|members| (ENTERPRISE.to_owned(), Value::Object(members))));
        let meta = json!({
            "resourceType": kind.name(),
            "created": meta.created,
            "lastModified": meta.last_modified,
            "location": format!("{base}/{}/{id}", kind.endpoint()),
            "version": meta.version,
        });
        shown.insert("meta".to_owned(), meta);
        shown
    }
}

/// Those members that a schema knows, in the schema's order.
fn known_of(members: &Map<String, Value>, attributes: &'static [Attribute]) -> Map<String, Value> {
    let known = |attribute: &Attribute| {
        Some((attribute.name.to_owned(), parts_known(members.get(attribute.name)?, attribute.sub)?))
    };
    attributes.iter().filter_map(known).collect()
}

/// A value with those parts that a schema knows; nothing where none is left.
fn parts_known(value: &Value, sub: &'static [Attribute]) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(elements) => {
            let known: Vec<_> = elements.iter().filter_map(|element| parts_known(element, sub)).collect();
            (!known.is_empty()).then_some(Value::Array(known))
        }
        Value::Object(parts) if !sub.is_empty() => {
            let known = parts.iter().filter(|(name, _)| find(sub, name).is_some());
            let known: Map<_, _> = known.map(|(name, part)| (name.clone(), part.clone())).collect();
            (!known.is_empty()).then_some(Value::Object(known))
        }
        other => Some(other.clone()),
    }
}
