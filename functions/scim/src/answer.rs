//! Answers in SCIM's media type (RFC 7644 §3.1).

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use portico_protocol::scim::Projection;
use portico_shared::web::error::SCIM_JSON;
use serde_json::{Map, Value};

use crate::error::RouteError;

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
    response
}

/// A resource, as much of it as is asked for, with its version as an entity tag, and where it is.
pub(crate) fn resource(
    status: StatusCode,
    resource: Map<String, Value>,
    projection: &Projection,
) -> Response {
    let meta = |name: &str| {
        let text = resource.get("meta")?.get(name)?.as_str()?;
        HeaderValue::from_str(text).ok()
    };
    let (etag, location) = (meta("version"), meta("location"));
    let mut response = json(status, &Value::Object(projection.apply(resource)));
    response.headers_mut().extend(etag.map(|etag| (ETAG, etag)));
    response.headers_mut().extend(location.map(|location| (LOCATION, location)));
    response
}

/// The entity tag of a version (RFC 9110 §8.8.3), weak: what is derived isn't counted.
pub(crate) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// What a request says about the version that it expects (RFC 7644 §3.14).
#[derive(Debug, Clone, Default)]
pub(crate) struct Preconditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Preconditions {
    /// Those of a request's headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let joined = |name| {
            let values: Vec<_> =
                headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
            (!values.is_empty()).then(|| values.join(","))
        };
        Self { if_match: joined(http::header::IF_MATCH), if_none_match: joined(http::header::IF_NONE_MATCH) }
    }

    /// The version that an operation of a bulk request expects.
    pub(crate) fn version(version: Option<&str>) -> Self {
        Self { if_match: version.map(str::to_owned), if_none_match: None }
    }

    /// Whether any was given.
    pub(crate) fn are_given(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    /// Whether a change of this version may go on.
    pub(crate) fn check_change(&self, version: u64) -> Result<(), RouteError> {
        let matches = self.if_match.as_deref().is_none_or(|wanted| names(wanted, version));
        let unmatched = self.if_none_match.as_deref().is_none_or(|known| !names(known, version));
        if matches && unmatched { Ok(()) } else { Err(RouteError::PreconditionFailed) }
    }

    /// Whether the caller needs to be shown this version.
    pub(crate) fn check_read(&self, version: u64) -> Result<(), RouteError> {
        if self.if_match.as_deref().is_some_and(|wanted| !names(wanted, version)) {
            return Err(RouteError::PreconditionFailed);
        }
        match &self.if_none_match {
            Some(known) if names(known, version) => Err(RouteError::NotModified(etag(version))),
            _ => Ok(()),
        }
    }
}

/// Whether a list of entity tags names this version. A weak comparison: `W/"3"`, `"3"` and the bare 3 are the same.
fn names(tags: &str, version: u64) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
        opaque == "*" || opaque == version.to_string()
    })
}
