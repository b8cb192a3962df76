//! OAuth's errors: `{"error", "error_description"}` (RFC 6749 §5.2), and the challenges of RFC 6750 §3.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::error::{Trouble, marked};
use super::request_id;
use crate::store::StoreError;
use crate::vault::VaultError;

/// An error of an OAuth endpoint that answers its client directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The code, from RFC 6749 or RFC 6750.
    pub error: &'static str,
    /// One sentence for developers.
    pub description: String,
    /// How the caller should have authenticated, for a 401.
    challenge: Option<Challenge>,
    retry_after: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Challenge {
    /// Client authentication by HTTP Basic (RFC 7617).
    Basic,
    /// A bearer token is missing: no error code is given (RFC 6750 §3.1).
    BearerMissing,
    /// A bearer token was refused.
    BearerRefused,
}

impl OAuthError {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status,
            error,
            description: printable(&description.into()),
            challenge: None,
            retry_after: None,
        }
    }

    /// 400: a parameter is missing, repeated or ill-formed.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// 401: the client is unknown or its secret is wrong. `basic`: it tried by the `Authorization` header, and so the
    /// answer challenges it there (RFC 6749 §5.2).
    pub fn invalid_client(description: impl Into<String>, basic: bool) -> Self {
        let challenge = basic.then_some(Challenge::Basic);
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description) }
    }

    /// 400: the code is unknown, used, expired, another client's, or its verifier is wrong.
    pub fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
    }

    /// 400: not a grant that is offered here.
    pub fn unsupported_grant_type(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", description)
    }

    /// 401: no bearer token was sent (RFC 6750 §3.1: the challenge has no error code).
    pub fn missing_token() -> Self {
        let description = "Send an access token: Authorization: Bearer and the token.";
        Self {
            challenge: Some(Challenge::BearerMissing),
            ..Self::new(StatusCode::UNAUTHORIZED, "invalid_token", description)
        }
    }

    /// 401: the bearer token is unknown, expired or revoked (RFC 6750 §3.1).
    pub fn invalid_token(description: impl Into<String>) -> Self {
        let challenge = Some(Challenge::BearerRefused);
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, "invalid_token", description) }
    }

    fn challenge(&self) -> Option<HeaderValue> {
        let value = match self.challenge? {
            Challenge::Basic => "Basic realm=\"portico\", charset=\"UTF-8\"".to_owned(),
            Challenge::BearerMissing => "Bearer realm=\"portico\"".to_owned(),
            Challenge::BearerRefused => {
                format!(
                    "Bearer realm=\"portico\", error=\"{}\", error_description=\"{}\"",
                    self.error, self.description
                )
            }
        };
        HeaderValue::from_str(&value).ok()
    }
}

/// The characters that a description may have (RFC 6749 §5.2): printable ASCII without `"` and `\`.
fn printable(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    text.chars().map(|c| if allowed(c) { c } else { '\'' }).collect()
}

impl From<Trouble> for OAuthError {
    fn from(trouble: Trouble) -> Self {
        // RFC 6749 §5.2 has no code for these; §4.1.2.1 gives the two that fit a server's own trouble.
        let error = match trouble {
            Trouble::Internal => "server_error",
            Trouble::Busy | Trouble::Conflict => "temporarily_unavailable",
            Trouble::NoRoute
            | Trouble::WrongMethod
            | Trouble::BodyTooLarge { .. }
            | Trouble::BodyIncomplete => "invalid_request",
        };
        Self { retry_after: trouble.retry_after(), ..Self::new(trouble.status(), error, trouble.message()) }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<VaultError> for OAuthError {
    fn from(error: VaultError) -> Self {
        Trouble::from(error).into()
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'static str,
            error_description: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            request_id: Option<String>,
        }
        let body = Body {
            error: self.error,
            error_description: &self.description,
            request_id: request_id::current(),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        marked(response, self.error, self.retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::body_text;

    #[tokio::test]
    async fn a_refused_grant_has_the_form_of_rfc_6749() {
        let response = OAuthError::invalid_grant("The code was \"used\" already.").into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let expected = r#"{"error":"invalid_grant","error_description":"The code was 'used' already."}"#;
        assert_eq!(body_text(response).await, expected);
    }

    #[test]
    fn a_client_is_challenged_for_basic_only_if_it_tried_basic() {
        let challenge = |basic| {
            OAuthError::invalid_client("No.", basic)
                .into_response()
                .headers()
                .get("www-authenticate")
                .cloned()
        };
        assert_eq!(challenge(true).unwrap(), "Basic realm=\"portico\", charset=\"UTF-8\"");
        assert_eq!(challenge(false), None);
    }

    #[test]
    fn a_missing_token_is_challenged_without_an_error_code_and_a_refused_one_with() {
        let missing = OAuthError::missing_token().into_response();
        assert_eq!(missing.headers()["www-authenticate"], "Bearer realm=\"portico\"");
        let refused = OAuthError::invalid_token("Expired.\r\nSet-Cookie: a=b").into_response();
        let expected = "Bearer realm=\"portico\", error=\"invalid_token\", error_description=\"Expired.''Set-Cookie: a=b\"";
        assert_eq!(refused.headers()["www-authenticate"], expected);
    }
}
