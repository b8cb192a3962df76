//! Which attributes are shown (RFC 7644 §3.9).

use serde_json::{Map, Value};

use super::error::excerpt;
use super::path::AttributePath;
use super::schema::{COMMON_ATTRIBUTES, ResourceKind};
use super::{Limits, ScimError};

/// Which attributes are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection(Shown);

#[derive(Debug, Clone, PartialEq)]
enum Shown {
    Everything,
    Only(Vec<AttributePath>),
    Without(Vec<AttributePath>),
}

/// What is shown whatever is asked.
fn is_always(name: &str) -> bool {
    COMMON_ATTRIBUTES.iter().any(|attribute| attribute.always && attribute.name == name)
}

impl Projection {
    /// Reads the parameters `attributes` and `excludedAttributes`: names with commas between them. Where both are given, the
    /// first says what is shown and the second takes from it nothing.
    ///
    /// # Errors
    /// `invalidValue` for what can't be names.
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        kind: ResourceKind,
    ) -> Result<Self, ScimError> {
        if let Some(only) = attributes
            .map(|text| names("attributes", text, kind))
            .transpose()?
            .filter(|only| !only.is_empty())
        {
            return Ok(Self(Shown::Only(only)));
        }
        let without = excluded.map(|text| names("excludedAttributes", text, kind)).transpose()?;
        Ok(Self(without.filter(|without| !without.is_empty()).map_or(Shown::Everything, Shown::Without)))
    }

    /// Whether an attribute of the core schema is shown, or a part of it.
    pub fn wants(&self, name: &str) -> bool {
        match &self.0 {
            Shown::Everything => true,
            Shown::Only(paths) => {
                paths.iter().any(|path| path.is_core(name) || path.name.is_empty() && !path.is_extension())
            }
            Shown::Without(paths) => !paths.iter().any(|path| path.is_core(name) && path.sub.is_none()),
        }
    }

    /// A resource with what is to be shown of it.
    pub fn apply(&self, resource: Map<String, Value>) -> Map<String, Value> {
        match &self.0 {
            Shown::Everything => resource,
            Shown::Only(paths) => only(&resource, paths),
            Shown::Without(paths) => without(resource, paths),
        }
    }
}

impl AttributePath {
    /// Whether the path is of an extension, not of the core schema.
    fn is_extension(&self) -> bool {
        self.extension
            .as_deref()
            .is_some_and(|urn| ![super::schema::USER, super::schema::GROUP].contains(&urn))
    }
}

fn names(parameter: &str, text: &str, kind: ResourceKind) -> Result<Vec<AttributePath>, ScimError> {
    let names: Vec<_> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.len() > Limits::PROJECTED {
        return Err(ScimError::value(format!("{parameter}: at most {} names.", Limits::PROJECTED)));
    }
    let read = |name: &&str| {
        AttributePath::parse(name, kind).ok_or_else(|| {
            ScimError::value(format!(
                "{parameter}: expected names of attributes with commas between them, got “{}”.",
                excerpt(name)
            ))
        })
    };
    names.iter().map(read).collect()
}

fn only(resource: &Map<String, Value>, paths: &[AttributePath]) -> Map<String, Value> {
    let mut shown = Map::new();
    for (name, value) in resource {
        if is_always(name) {
            shown.insert(name.clone(), value.clone());
            continue;
        }
        let is_urn = name.contains(':');
        let mut parts: Vec<&str> = Vec::new();
        let mut whole = false;
        let mut inside: Vec<&AttributePath> = Vec::new();
        for path in paths {
            match &path.extension {
                Some(extension) if is_urn && extension == name => {
                    whole |= path.name.is_empty();
                    inside.push(path);
                }
                // The core schema's URN alone names all that the schema has.
                Some(_) => whole |= !is_urn && path.name.is_empty() && !path.is_extension(),
                None if !is_urn && path.name == *name => match &path.sub {
                    Some(sub) => parts.push(sub),
                    None => whole = true,
                },
                None => {}
            }
        }
        if whole {
            shown.insert(name.clone(), value.clone());
        } else if !parts.is_empty() {
            shown.extend(with_parts(value, &parts, true).map(|value| (name.clone(), value)));
        } else if let (Value::Object(members), false) = (value, inside.is_empty()) {
            let core: Vec<_> =
                inside.into_iter().map(|path| AttributePath { extension: None, ..path.clone() }).collect();
            let members = only(members, &core);
            if !members.is_empty() {
                shown.insert(name.clone(), Value::Object(members));
            }
        }
    }
    shown
}

fn without(resource: Map<String, Value>, paths: &[AttributePath]) -> Map<String, Value> {
    let mut shown = resource;
    for path in paths {
        let holder = match &path.extension {
            Some(extension) if path.name.is_empty() => {
                shown.remove(extension);
                continue;
            }
            Some(extension) => match shown.get_mut(extension).and_then(Value::as_object_mut) {
                Some(holder) => holder,
                None => continue,
            },
            None if is_always(&path.name) => continue,
            None => &mut shown,
        };
        match &path.sub {
            None => {
                holder.remove(&path.name);
            }
            Some(sub) => {
                let left = holder.get(&path.name).map(|value| with_parts(value, &[sub.as_str()], false));
                match left {
                    Some(Some(value)) => {
                        holder.insert(path.name.clone(), value);
                    }
                    Some(None) => {
                        holder.remove(&path.name);
                    }
                    None => {}
                }
            }
        }
    }
    shown
}

/// A complex value with only these parts, or without them; nothing where nothing is left.
fn with_parts(value: &Value, parts: &[&str], keep: bool) -> Option<Value> {
    match value {
        Value::Array(elements) => {
            let left: Vec<_> =
                elements.iter().filter_map(|element| with_parts(element, parts, keep)).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        Value::Object(members) => {
            let left = members.iter().filter(|(name, _)| parts.contains(&name.as_str()) == keep);
            let left: Map<_, _> = left.map(|(name, value)| (name.clone(), value.clone())).collect();
            (!left.is_empty()).then_some(Value::Object(left))
        }
        simple => Some(simple.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::ENTERPRISE;
    use serde_json::json;

    fn shown(attributes: Option<&str>, excluded: Option<&str>) -> Value {
        let resource = json!({
            "schemas": ["x"], "id": "1", "userName": "ada", "active": true,
            "name": {"givenName": "Ada", "familyName": "L"},
            "emails": [{"value": "a@b", "type": "work"}],
            (ENTERPRISE): {"department": "R&D", "manager": {"value": "m"}},
            "meta": {"version": "1"}
        });
        let projection = Projection::parse(attributes, excluded, ResourceKind::User).unwrap();
        Value::Object(projection.apply(resource.as_object().unwrap().clone()))
    }

    #[test]
    fn only_what_is_asked_for_and_what_is_always_shown() {
        assert_eq!(
            shown(Some("USERNAME, name.givenName"), None),
            json!({"schemas": ["x"], "id": "1", "userName": "ada", "name": {"givenName": "Ada"}})
        );
        assert_eq!(
            shown(Some("emails.value,department"), None),
            json!({"schemas": ["x"], "id": "1", "emails": [{"value": "a@b"}], (ENTERPRISE): {"department": "R&D"}})
        );
        assert_eq!(
            shown(Some(ENTERPRISE), None)[ENTERPRISE],
            json!({"department": "R&D", "manager": {"value": "m"}})
        );
        assert_eq!(shown(Some("shoeSize"), None), json!({"schemas": ["x"], "id": "1"}));
        assert_eq!(shown(Some("userName"), Some("userName"))["userName"], json!("ada"));
    }

    #[test]
    fn everything_without_what_is_excluded() {
        let left = shown(
            None,
            Some(
                "id,schemas,name.givenName,emails,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager,meta",
            ),
        );
        assert_eq!(
            left,
            json!({"schemas": ["x"], "id": "1", "userName": "ada", "active": true, "name": {"familyName": "L"}, (ENTERPRISE): {"department": "R&D"}})
        );
        assert!(Projection::parse(None, Some("a b"), ResourceKind::User).is_err());
        assert_eq!(shown(None, Some(" , ")), shown(None, None));
    }

    #[test]
    fn what_is_derived_is_wanted_only_where_it_is_shown() {
        let wants = |attributes, excluded| {
            Projection::parse(attributes, excluded, ResourceKind::Group).unwrap().wants("members")
        };
        assert!(wants(None, None) && wants(Some("members.value"), None) && wants(None, Some("displayName")));
        assert!(!wants(Some("displayName"), None) && !wants(None, Some("Members")));
        assert!(wants(Some(crate::scim::schema::GROUP), None));
    }
}
