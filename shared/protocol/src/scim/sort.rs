//! In which order (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::error::excerpt;
use super::filter::fold;
use super::path::AttributePath;
use super::schema::ResourceKind;
use super::{ScimError, ScimType};

/// An order of resources.
#[derive(Debug, Clone)]
pub struct Sort {
    by: AttributePath,
    descending: bool,
}

impl Sort {
    /// Reads the parameters `sortBy` and `sortOrder`.
    ///
    /// # Errors
    /// `invalidPath` for what can't be a name, `invalidValue` for an order that isn't one.
    pub fn parse(by: &str, order: Option<&str>, kind: ResourceKind) -> Result<Self, ScimError> {
        let descending = match order.unwrap_or("ascending").trim() {
            order if order.eq_ignore_ascii_case("ascending") || order.is_empty() => false,
            order if order.eq_ignore_ascii_case("descending") => true,
            other => {
                let other = excerpt(other);
                return Err(ScimError::value(format!(
                    "sortOrder: expected ascending or descending, got “{other}”."
                )));
            }
        };
        let path = AttributePath::parse(by.trim(), kind).filter(|path| !path.name.is_empty());
        let by = path.ok_or_else(|| {
            let detail = format!("sortBy: expected the name of an attribute, got “{}”.", excerpt(by));
            ScimError::bad(ScimType::InvalidPath, detail)
        })?;
        Ok(Self { by, descending })
    }

    /// Which of two resources comes first. Those without a value come last, whatever the order (RFC 7644 §3.4.2.3 has it so
    /// for ascending ones; a list that begins with nothing helps nobody).
    pub fn cmp(&self, one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
        match (self.key(one), self.key(other)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) if self.descending => other.cmp(&one),
            (Some(one), Some(other)) => one.cmp(&other),
        }
    }

    /// The primary value of a multi-valued attribute, else its first.
    fn key(&self, resource: &Map<String, Value>) -> Option<String> {
        let value = match self.by.attribute(resource)? {
            Value::Array(elements) => {
                let primary = |element: &&Value| element.get("primary") == Some(&Value::Bool(true));
                let chosen = elements.iter().find(primary).or(elements.first())?;
                chosen.get(self.by.sub.as_deref().unwrap_or("value")).unwrap_or(chosen)
            }
            Value::Object(parts) => parts.get(self.by.sub.as_deref().unwrap_or("value"))?,
            simple => simple,
        };
        match value {
            Value::String(text) if self.by.leaf().is_some_and(|known| known.case_exact) => Some(text.clone()),
            Value::String(text) => Some(fold(text)),
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(value) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn resources_are_sorted_without_case_and_those_without_a_value_come_last() {
        let mut users = [
            json!({"userName": "bob"}),
            json!({"userName": "Ada"}),
            json!({"id": "x"}),
            json!({"userName": "cy"}),
        ];
        let mut sorted = |order: &str| {
            let sort = Sort::parse("UserName", Some(order), ResourceKind::User).unwrap();
            users.sort_by(|a, b| sort.cmp(a.as_object().unwrap(), b.as_object().unwrap()));
            users
                .iter()
                .map(|user| user["userName"].as_str().unwrap_or("-").to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(sorted("ascending"), "Ada bob cy -");
        assert_eq!(sorted("Descending"), "cy bob Ada -");
        assert!(Sort::parse("userName", Some("up"), ResourceKind::User).is_err());
        assert!(Sort::parse("a b", None, ResourceKind::User).is_err());
    }
}
