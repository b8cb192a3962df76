//! JSON bodies of the REST API. Unknown fields are ignored, wrong types are refused by name.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use super::error::{FieldError, RestError};

/// A JSON body of type `T`. As an extractor it answers 400 for a body that isn't JSON and 422 for one that isn't a `T`.
///
/// The size is bounded by the function's edge, the depth by serde_json (128).
#[derive(Debug, Clone, Copy)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = RestError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RestError> {
        if !is_json(request.headers()) {
            return Err(RestError::bad_request("Expected a JSON body: send Content-Type: application/json."));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| RestError::bad_request("The body could not be read."))?;
        parse(&body).map(Self)
    }
}

/// Whether the content type is JSON's, or another media type on JSON (RFC 6839 §3.1).
pub fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a `T` from `body`.
///
/// # Errors
/// 400 if it isn't JSON, 422 with the field's path if it isn't a `T`.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, RestError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        refuse(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| refuse(".", &error))?;
    Ok(value)
}

fn refuse(path: &str, error: &serde_json::Error) -> RestError {
    if !error.is_data() {
        return RestError::bad_request(format!("The body is not valid JSON: {error}."));
    }
    let message = error.to_string();
    // serde reports a missing field at its parent, with its name only in the text.
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    let field = match (path, missing) {
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) => format!("{path}.{name}"),
        (".", None) => "body".to_owned(),
        (path, None) => path.to_owned(),
    };
    match missing {
        Some(_) => RestError::invalid(vec![FieldError::required(field)]),
        None => {
            let message = format!("{field}: {message}.");
            RestError::invalid_field(field, "invalid", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[allow(dead_code)]
        name: String,
        #[serde(default)]
        domains: Vec<Domain>,
    }

    #[derive(Debug, Deserialize)]
    struct Domain {
        #[allow(dead_code)]
        domain: String,
    }

    fn refusal(body: &str) -> RestError {
        parse::<Body>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_wrong_type_is_named_by_its_path() {
        let error = refusal(r#"{"name": "a", "domains": [{"domain": "x.test"}, {"domain": 7}]}"#);
        assert_eq!(error.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(error.errors[0].field, "domains[1].domain");
        assert_eq!(error.errors[0].code, "invalid");
    }

    #[test]
    fn a_missing_field_is_required_by_its_path() {
        let error = refusal("{}");
        assert_eq!((error.errors[0].field.as_str(), error.errors[0].code), ("name", "required"));
        assert_eq!(refusal(r#"{"name": "a", "domains": [{}]}"#).errors[0].field, "domains[0].domain");
    }

    #[test]
    fn unknown_fields_are_ignored() {
        assert!(parse::<Body>(br#"{"name": "a", "later": {"x": []}}"#).unwrap().domains.is_empty());
    }

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        let deep = format!("{{\"name\": \"a\", \"x\": {}", "[".repeat(100_000));
        for body in ["", "{\"name\": ", "{\"name\": \"a\"} x", "name=a", "\u{0}\u{1}", &deep] {
            assert_eq!(refusal(body).status, StatusCode::BAD_REQUEST, "{}", &body[..body.len().min(40)]);
        }
    }

    #[test]
    fn only_json_content_types_are_json() {
        let is =
            |value: &str| is_json(&[(header::CONTENT_TYPE, value.parse().unwrap())].into_iter().collect());
        assert!(
            is("application/json") && is("Application/JSON; charset=utf-8") && is("application/scim+json")
        );
        assert!(
            !is("text/json")
                && !is("application/x-www-form-urlencoded")
                && !is("text/plain; application/json")
        );
        assert!(!is_json(&HeaderMap::new()));
    }
}
