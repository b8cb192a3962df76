//! The pages of the practice identity provider, the sample app and the DNS: one layout, the product's own stylesheet, a
//! policy from nothing.

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderValue, StatusCode, header};

const STYLE: &str = concat!(
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/templates/style.css")),
    include_str!("../templates/local.css"),
);
/// Posts the page's form at once.
pub(crate) const SUBMIT: &str = "document.forms[0].submit()";

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    brand: &'a str,
    title: &'a str,
    style: &'static str,
    content: &'a str,
    script: Option<&'static str>,
}

/// A page of the program called `brand`.
pub(crate) fn page(status: StatusCode, brand: &str, title: &str, content: &impl Template) -> Response {
    respond(status, brand, title, content, None)
}

/// A page that posts its first form by itself; without script, by the form's button.
pub(crate) fn posting_page(brand: &str, title: &str, content: &impl Template) -> Response {
    respond(StatusCode::OK, brand, title, content, Some(SUBMIT))
}

fn respond(
    status: StatusCode,
    brand: &str,
    title: &str,
    content: &impl Template,
    script: Option<&'static str>,
) -> Response {
    let rendered = content
        .render()
        .and_then(|content| Layout { brand, title, style: STYLE, content: &content, script }.render());
    let Ok(html) = rendered else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be shown.").into_response();
    };
    let script = script.map(|script| format!("; script-src '{}'", hash(script))).unwrap_or_default();
    // A form may be answered by redirects to any address: the app's, the identity provider's.
    let policy = format!(
        "default-src 'none'; style-src '{}'{script}; form-action 'self' http: https:; base-uri 'none'; \
         frame-ancestors 'none'",
        hash(STYLE)
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The hash by which a policy allows one inline element (CSP Level 3 §2.3.1).
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(digest(&SHA256, text.as_bytes())))
}
