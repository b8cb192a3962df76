//! The REST API's errors: `{"code", "message", "errors"?, "request_id"}`.

use std::fmt;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

use super::error::{Trouble, marked};
use super::request_id;
use crate::store::StoreError;
use crate::vault::VaultError;

/// An error of the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code, which programs may rely on.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// What is wrong with which field; left out of the answer if empty.
    pub errors: Vec<FieldError>,
    /// After how many seconds another try makes sense.
    pub retry_after: Option<u32>,
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's path, such as `domain_data[0].domain`.
    pub field: String,
    /// The stable code, such as `required`.
    pub code: &'static str,
    /// What was expected and what came.
    pub message: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }

    /// `field` is missing.
    pub fn required(field: impl Into<String>) -> Self {
        let field = field.into();
        let message = format!("{field} is required.");
        Self { field, code: "required", message }
    }
}

impl RestError {
    /// An error without field errors.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), errors: Vec::new(), retry_after: None }
    }

    /// 400: the request can't be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 401: no live API key.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// 404: `Organization not found: 'org_…'.`, also where the thing belongs to somebody else.
    pub fn not_found(kind: &str, id: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "entity_not_found", format!("{kind} not found: '{id}'."))
    }

    /// 409: it can't be done while something else stands as it does.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 422: the fields in `errors` are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let message = match errors.as_slice() {
            [only] => format!("Validation failed. {}", only.message),
            _ => "Validation failed.".to_owned(),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request_parameters", message) }
    }

    /// 422: one field is wrong.
    pub fn invalid_field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, code, message)])
    }
}

impl From<Trouble> for RestError {
    fn from(trouble: Trouble) -> Self {
        Self {
            retry_after: trouble.retry_after(),
            ..Self::new(trouble.status(), trouble.code(), trouble.message())
        }
    }
}

impl From<StoreError> for RestError {
    fn from(error: StoreError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<VaultError> for RestError {
    fn from(error: VaultError) -> Self {
        Trouble::from(error).into()
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            code: &'static str,
            message: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            errors: Vec<FieldError>,
            #[serde(skip_serializing_if = "Option::is_none")]
            request_id: Option<String>,
        }
        let body = Body {
            code: self.code,
            message: self.message,
            errors: self.errors,
            request_id: request_id::current(),
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1 requires a challenge with every 401.
            response
                .headers_mut()
                .insert(http::header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
        }
        marked(response, self.code, self.retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::body_text;

    #[tokio::test]
    async fn a_missing_organization_reads_as_the_contract_has_it_and_names_the_request() {
        let text = request_id::scope("req-1".to_owned(), async {
            body_text(RestError::not_found("Organization", "org_01").into_response()).await
        });
        insta::assert_snapshot!(text.await, @r#"{"code":"entity_not_found","message":"Organization not found: 'org_01'.","request_id":"req-1"}"#);
    }

    #[tokio::test]
    async fn a_wrong_field_is_named_with_a_code() {
        let error = RestError::invalid(vec![
            FieldError::required("name"),
            FieldError::new("url", "invalid_url", "No."),
        ]);
        let response = error.into_response();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        insta::assert_snapshot!(body_text(response).await, @r#"{"code":"invalid_request_parameters","message":"Validation failed.","errors":[{"field":"name","code":"required","message":"name is required."},{"field":"url","code":"invalid_url","message":"No."}]}"#);
    }

    #[test]
    fn a_throttled_store_is_a_503_that_says_when_to_try_again() {
        let response = RestError::from(StoreError::Throttled).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "2");
    }

    #[test]
    fn a_lost_race_is_a_409() {
        assert_eq!(RestError::from(StoreError::Conflict).status, StatusCode::CONFLICT);
    }
}
