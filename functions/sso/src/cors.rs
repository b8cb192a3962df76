//! Cross-origin calls: only what a public application in a browser needs, and never with credentials, so any origin may.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// The paths that scripts of other origins may call.
const OPEN: &[&str] = &[
    "/.well-known/openid-configuration",
    "/oauth2/jwks",
    "/oauth2/token",
    "/oauth2/userinfo",
    "/sso/jwks/{client_id}",
    "/sso/token",
];

/// Lets scripts of any origin read the answers of the open paths.
pub(crate) async fn allow(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let open = path.is_some_and(|path| OPEN.contains(&path));
    let mut response = next.run(request).await;
    if open {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let readable = HeaderValue::from_static("www-authenticate, x-request-id, retry-after");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, readable);
    }
    response
}

/// The answer to a preflight (Fetch standard, CORS-preflight).
pub(crate) async fn preflight() -> impl IntoResponse {
    let headers: [(HeaderName, &str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "7200"),
    ];
    (StatusCode::NO_CONTENT, headers)
}
