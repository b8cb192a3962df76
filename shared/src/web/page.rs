//! Pages: one layout, one small stylesheet, a Content-Security-Policy from nothing.
//!
//! A function has its own askama templates, of the content only (everything inside `<main>`), and hands them to
//! [`page`]. The stylesheet styles plain elements (`h1`, `p`, `a`, `label`, `input`, `button`, `dl`, `code`) and these
//! classes: `lead` (a first paragraph), `muted` (small print), `reference` (the box with a reference number), `notice`
//! (a remark with a bar), `secondary` (a quieter `button` or `a.button`), `actions` (a row of buttons).

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};

use crate::config::PublicUrl;

const STYLE: &str = include_str!("../../templates/style.css");
const SUBMIT_SCRIPT: &str = "document.forms[0].submit()";

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| csp_hash(STYLE));
static SUBMIT_HASH: LazyLock<String> = LazyLock::new(|| csp_hash(SUBMIT_SCRIPT));

/// Where the forms of a page may lead (CSP `form-action`).
///
/// Chromium holds a form's *redirects* to it, too. A form that is posted to us and answered by a redirect to an identity
/// provider, which may redirect again inside its own network of names, can't list its targets; so such a page allows every
/// https address. Nothing is lost: the directive is there against injected forms, and the templates escape what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// The page has no form.
    None,
    /// Its forms stay here and are not answered by a redirect to somewhere else.
    Here,
    /// Its forms lead to somewhere else, at once or by redirects.
    Leaving {
        /// Plain http is allowed as well: one machine, without TLS.
        http: bool,
    },
}

impl Forms {
    /// Forms that lead to somewhere else from the deployment at `public_url`.
    pub fn leaving(public_url: &PublicUrl) -> Self {
        Self::Leaving { http: public_url.is_loopback_http() }
    }

    fn directive(self) -> &'static str {
        match self {
            Self::None => "form-action 'none'",
            Self::Here => "form-action 'self'",
            Self::Leaving { http: false } => "form-action 'self' https:",
            Self::Leaving { http: true } => "form-action 'self' https: http:",
        }
    }
}

/// A page with `content` inside the layout.
pub fn page(status: StatusCode, title: &str, content: &impl Template, forms: Forms) -> Response {
    respond(status, title, content, forms, None)
}

#[derive(Template)]
#[template(path = "auto_post.html")]
struct AutoPost<'a> {
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
    script: &'static str,
}

/// A page that posts `fields` to `action` by itself, as SAML's HTTP-POST binding wants (SAML Bindings §3.5.4); without
/// script, by a button. `action` has been checked by the caller to be an http or https address.
pub fn auto_post(action: &str, fields: &[(&str, &str)], public_url: &PublicUrl) -> Response {
    let content = AutoPost { action, fields, script: SUBMIT_SCRIPT };
    respond(StatusCode::OK, "Signing in", &content, Forms::leaving(public_url), Some(&SUBMIT_HASH))
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    title: &'a str,
    style: &'static str,
    content: &'a str,
}

fn respond(
    status: StatusCode,
    title: &str,
    content: &impl Template,
    forms: Forms,
    script: Option<&str>,
) -> Response {
    let rendered =
        content.render().and_then(|content| Layout { title, style: STYLE, content: &content }.render());
    let Ok(html) = rendered else {
        tracing::error!(cause = "a template could not be rendered", "page not shown");
        return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be shown.").into_response();
    };
    let script = script.map(|hash| format!("; script-src '{hash}'")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src '{}'{script}; {}; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_HASH,
        forms.directive(),
    );
    let mut response = (status, Html(html)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The hash by which a policy allows one inline element (CSP Level 3 §2.3.1).
fn csp_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::body_text;

    fn public_url() -> PublicUrl {
        PublicUrl::parse("https://sso.example.com").unwrap()
    }

    fn policy(response: &Response) -> String {
        response.headers()["content-security-policy"].to_str().unwrap().to_owned()
    }

    /// What stands between `open` and `close`.
    fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
        text.split_once(open).unwrap().1.split_once(close).unwrap().0
    }

    #[tokio::test]
    async fn the_policy_allows_exactly_the_inline_style_and_script_that_the_page_has() {
        let response = auto_post("https://idp.example.com/sso", &[("SAMLRequest", "abc")], &public_url());
        let policy = policy(&response);
        let text = body_text(response).await;
        assert!(policy.contains(&csp_hash(between(&text, "<style>", "</style>"))), "{policy}");
        assert!(policy.contains(&csp_hash(between(&text, "<script>", "</script>"))), "{policy}");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
    }

    #[tokio::test]
    async fn an_auto_posted_field_cannot_leave_its_attribute() {
        let hostile = "\"><script>alert(1)</script>";
        let response = auto_post("https://idp.example.com/?a=\"b", &[("RelayState", hostile)], &public_url());
        let text = body_text(response).await;
        assert!(!text.contains(hostile) && !text.contains("a=\"b"), "{text}");
    }

    #[test]
    fn a_form_may_lead_to_plain_http_only_on_one_machine() {
        let leaving = |url: &str| Forms::leaving(&PublicUrl::parse(url).unwrap()).directive();
        assert_eq!(leaving("https://sso.example.com"), "form-action 'self' https:");
        assert_eq!(leaving("http://127.0.0.1:8080"), "form-action 'self' https: http:");
    }
}
