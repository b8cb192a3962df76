//! SCIM's errors (RFC 7644 §3.12).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::error::{Trouble, marked};

/// The media type of SCIM (RFC 7644 §8.1).
pub const SCIM_JSON: &str = "application/scim+json";

/// An error of the SCIM API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScimFault {
    /// The HTTP status.
    pub status: StatusCode,
    /// What kind of error it is, where the RFC has a name for it.
    pub scim_type: Option<&'static str>,
    /// What is wrong, and what to do.
    pub detail: String,
    /// After how many seconds another try makes sense.
    pub retry_after: Option<u32>,
}

impl ScimFault {
    /// An error that another try won't mend.
    pub fn new(status: StatusCode, scim_type: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self { status, scim_type, detail: detail.into(), retry_after: None }
    }

    /// The error as a JSON object.
    pub fn json(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": self.status.as_str(),
            "detail": self.detail,
        });
        if let (Some(kind), Some(body)) = (self.scim_type, body.as_object_mut()) {
            body.insert("scimType".to_owned(), kind.into());
        }
        body
    }
}

impl From<Trouble> for ScimFault {
    fn from(trouble: Trouble) -> Self {
        Self { retry_after: trouble.retry_after(), ..Self::new(trouble.status(), None, trouble.message()) }
    }
}

impl IntoResponse for ScimFault {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.json().to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SCIM_JSON));
        marked(response, self.scim_type.unwrap_or(self.status.as_str()), self.retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::body_text;

    #[tokio::test]
    async fn an_error_has_its_status_as_text_and_its_kind_where_there_is_one() {
        let text =
            body_text(ScimFault::new(StatusCode::CONFLICT, Some("uniqueness"), "Taken.").into_response());
        insta::assert_snapshot!(text.await, @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","detail":"Taken.","scimType":"uniqueness"}"#);
        let busy = ScimFault::from(Trouble::Busy).into_response();
        assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].to_str().unwrap()), (503, "2"));
    }
}
