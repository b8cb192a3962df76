//! Many operations in one request (RFC 7644 §3.7).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::error::{excerpt, what};
use super::path::member;
use super::schema::ResourceKind;
use super::{Limits, ScimError, ScimType, json};

/// What names a resource that an earlier operation made.
const REFERENCE: &str = "bulkId:";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMethod {
    /// Makes a resource.
    Post,
    /// Puts another in its place.
    Put,
    /// Changes a part of it.
    Patch,
    /// Deletes it.
    Delete,
}

impl BulkMethod {
    /// The method of HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// What it does.
    pub method: BulkMethod,
    /// To what kind of resource.
    pub kind: ResourceKind,
    /// To which; `None` for a POST. It may be a reference to what an earlier operation made.
    pub id: Option<String>,
    /// The client's name for the operation; a POST has one.
    pub bulk_id: Option<String>,
    /// The version that is expected.
    pub version: Option<String>,
    /// The body.
    pub data: Value,
}

/// A request with many operations. Each stands for itself: one that can't be read is an error of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many errors the rest is left undone; `None` for never.
    pub fail_on_errors: Option<u64>,
    /// The operations, in their order.
    pub operations: Vec<Result<BulkOperation, ScimError>>,
}

impl BulkRequest {
    /// Reads the body.
    ///
    /// # Errors
    /// 413 beyond [`Limits::BULK_PAYLOAD`] or [`Limits::BULK_OPERATIONS`], `tooMany` beyond [`Limits::NAMES`] or
    /// [`Limits::VALUES`], `invalidSyntax` where it can't be read as a whole.
    pub fn parse(body: &[u8]) -> Result<Self, ScimError> {
        let too_large =
            |detail: String| ScimError { status: 413, scim_type: Some(ScimType::TooMany), detail };
        if body.len() > Limits::BULK_PAYLOAD {
            return Err(too_large(format!("A bulk request has at most {} bytes.", Limits::BULK_PAYLOAD)));
        }
        let body = json::parse_object(body)?;
        let operations = match member(&body, "Operations") {
            Some(Value::Array(operations)) => operations,
            other => {
                let got = other.map_or_else(|| "nothing".to_owned(), what);
                return Err(ScimError::syntax(format!(
                    "Operations: expected an array of operations, got {got}."
                )));
            }
        };
        if operations.len() > Limits::BULK_OPERATIONS {
            return Err(too_large(format!(
                "A bulk request has at most {} operations.",
                Limits::BULK_OPERATIONS
            )));
        }
        let fail_on_errors = match member(&body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(number) => Some(number.as_u64().ok_or_else(|| {
                ScimError::value(format!("failOnErrors: expected a whole number, got {}.", what(number)))
            })?),
        };
        Ok(Self { fail_on_errors, operations: operations.iter().map(operation).collect() })
    }
}

fn operation(value: &Value) -> Result<BulkOperation, ScimError> {
    let Value::Object(operation) = value else {
        return Err(ScimError::syntax(format!("Operations: expected an object, got {}.", what(value))));
    };
    let text = |name: &str| member(operation, name).and_then(Value::as_str).map(str::to_owned);
    let method = match text("method").unwrap_or_default().to_ascii_uppercase().as_str() {
        "POST" => BulkMethod::Post,
        "PUT" => BulkMethod::Put,
        "PATCH" => BulkMethod::Patch,
        "DELETE" => BulkMethod::Delete,
        other => {
            let other = excerpt(other);
            return Err(ScimError::syntax(format!(
                "method: expected POST, PUT, PATCH or DELETE, got “{other}”."
            )));
        }
    };
    let path = text("path").unwrap_or_default();
    let (kind, id) = place(&path, method)?;
    let bulk_id = text("bulkId").filter(|id| !id.is_empty());
    if method == BulkMethod::Post && bulk_id.is_none() {
        return Err(ScimError::syntax("bulkId: a POST in a bulk request must have one."));
    }
    Ok(BulkOperation {
        method,
        kind,
        id,
        bulk_id,
        version: text("version"),
        data: member(operation, "data").cloned().unwrap_or(Value::Null),
    })
}

/// `/Users` for a POST, `/Users/{id}` for anything else.
fn place(path: &str, method: BulkMethod) -> Result<(ResourceKind, Option<String>), ScimError> {
    let wrong = || {
        let expected =
            if method == BulkMethod::Post { "/Users or /Groups" } else { "/Users/{id} or /Groups/{id}" };
        ScimError::bad(ScimType::InvalidPath, format!("path: expected {expected}, got “{}”.", excerpt(path)))
    };
    let mut segments = path.trim_matches('/').split('/');
    let kind = segments.next().and_then(ResourceKind::of_endpoint).ok_or_else(wrong)?;
    let id = segments.next().map(str::to_owned);
    match (method, &id, segments.next()) {
        (BulkMethod::Post, None, None) => Ok((kind, id)),
        (BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete, Some(_), None) => Ok((kind, id)),
        _ => Err(wrong()),
    }
}

/// A value with the ids of what earlier operations made in place of references to them.
///
/// # Errors
/// `invalidValue` where a reference names nothing that was made before: the operation failed, stands further behind, or refers
/// to this one in turn.
pub fn resolve(value: &Value, made: &HashMap<String, String>) -> Result<Value, ScimError> {
    Ok(match value {
        Value::String(text) => Value::String(reference(text, made)?),
        Value::Array(elements) => {
            Value::Array(elements.iter().map(|element| resolve(element, made)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let mut resolved = Map::new();
            for (name, value) in members {
                resolved.insert(name.clone(), resolve(value, made)?);
            }
            Value::Object(resolved)
        }
        other => other.clone(),
    })
}

fn reference(text: &str, made: &HashMap<String, String>) -> Result<String, ScimError> {
    let Some(name) = text.strip_prefix(REFERENCE) else { return Ok(text.to_owned()) };
    made.get(name).cloned().ok_or_else(|| {
        ScimError::value(format!(
            "{REFERENCE}{}: expected the bulkId of an operation before this one that made something.",
            excerpt(name)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_read_one_by_one_and_errors_stay_with_theirs() {
        let body = json!({"failOnErrors": 2, "Operations": [
            {"method": "post", "path": "/users", "bulkId": "a", "data": {"userName": "x"}},
            {"method": "POST", "path": "/Users", "data": {}},
            {"method": "PATCH", "path": "/Groups/bulkId:g", "version": "W/\"1\"", "data": {}},
            {"method": "GET", "path": "/Users/1"},
            {"method": "DELETE", "path": "/Users"},
            {"method": "PUT", "path": "/Users/1/2"},
            7,
        ]});
        let request = BulkRequest::parse(body.to_string().as_bytes()).unwrap();
        let read: Vec<_> = request.operations.iter().map(Result::is_ok).collect();
        assert_eq!(
            (request.fail_on_errors, read),
            (Some(2), vec![true, false, true, false, false, false, false])
        );
        assert_eq!(request.operations[2].as_ref().unwrap().id.as_deref(), Some("bulkId:g"));
    }

    #[test]
    fn references_lead_to_what_was_made_and_nowhere_else() {
        let made = HashMap::from([("a".to_owned(), "U1".to_owned())]);
        let group = json!({"members": [{"value": "bulkId:a"}, {"value": "U2"}]});
        assert_eq!(resolve(&group, &made).unwrap(), json!({"members": [{"value": "U1"}, {"value": "U2"}]}));
        assert_eq!(resolve(&json!(["bulkId:b"]), &made).unwrap_err().scim_type, Some(ScimType::InvalidValue));
    }

    #[test]
    fn too_much_is_413() {
        let many = json!({"Operations": vec![json!({}); Limits::BULK_OPERATIONS + 1]});
        assert_eq!(BulkRequest::parse(many.to_string().as_bytes()).unwrap_err().status, 413);
        assert_eq!(BulkRequest::parse(&vec![b' '; Limits::BULK_PAYLOAD + 1]).unwrap_err().status, 413);
    }
}
