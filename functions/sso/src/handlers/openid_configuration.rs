//! `GET /.well-known/openid-configuration` (OpenID Connect Discovery §3, RFC 8414 §2): what this deployment can do, and
//! nothing else.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use portico_shared::app::App;
use serde_json::json;

use crate::scope;

/// The deployment's metadata.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let url = &app.config().public_url;
    let metadata = json!({
        "issuer": url.as_str(),
        "authorization_endpoint": url.join("/oauth2/authorize"),
        "token_endpoint": url.join("/oauth2/token"),
        "userinfo_endpoint": url.join("/oauth2/userinfo"),
        "jwks_uri": url.join("/oauth2/jwks"),
        "introspection_endpoint": url.join("/oauth2/introspect"),
        "revocation_endpoint": url.join("/oauth2/revoke"),
        "scopes_supported": scope::SUPPORTED,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["login", "none"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "sid", "email", "email_verified",
            "given_name", "family_name", "name", "groups", "org_id", "connection_id", "connection_type",
        ],
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(metadata)).into_response()
}
