//! Forms: read whole, from their own page only.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use bytes::Bytes;
use http::{HeaderMap, header};
use portico_shared::app::App;
use portico_shared::config::PublicUrl;
use portico_shared::web::form::is_form;

use crate::error::RouteError;
use crate::visit::Visit;

/// How many fields are read.
const MOST_FIELDS: usize = 100;

/// The name of the field that proves a form.
pub(crate) const FORM_TOKEN: &str = "form_token";

/// What a form brought, by name. Of a name that comes twice, the first counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The text of a field as it was typed, without white space around it; empty where it is left out.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// The text of a field; `None` where it is left out or empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A number; `None` where it isn't one.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    /// The same fields, one of them with another text.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), text.to_owned());
        self
    }

    fn add(&mut self, name: String, value: String) -> Result<(), RouteError> {
        if self.0.len() >= MOST_FIELDS {
            return Err(RouteError::NotAForm);
        }
        self.0.entry(name).or_insert(value);
        Ok(())
    }

    fn encoded(body: &[u8]) -> Result<Self, RouteError> {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            fields.add(name.into_owned(), value.into_owned())?;
        }
        Ok(fields)
    }

    async fn multipart(mut parts: Multipart) -> Result<Self, RouteError> {
        let mut fields = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|_| RouteError::NotAForm)? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            let bytes = part.bytes().await.map_err(|_| RouteError::NotAForm)?;
            // What isn't text is no metadata; it is told so as what it becomes.
            fields.add(name, String::from_utf8_lossy(&bytes).into_owned())?;
        }
        Ok(fields)
    }
}

/// A form of a visit's own page: its token and its origin are right.
pub(crate) struct Form {
    /// Whose.
    pub(crate) visit: Visit,
    /// What it brought.
    pub(crate) fields: Fields,
}

impl FromRequest<App> for Form {
    type Rejection = RouteError;

    async fn from_request(request: Request, app: &App) -> Result<Self, RouteError> {
        let (mut parts, body) = request.into_parts();
        check_origin(&parts.headers, &app.config().public_url)?;
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let fields = read(Request::from_parts(parts, body), app).await?;
        let same = aws_lc_rs::constant_time::verify_slices_are_equal;
        if same(fields.text(FORM_TOKEN).as_bytes(), visit.form_token.as_bytes()).is_err() {
            return Err(RouteError::ForeignForm);
        }
        Ok(Self { visit, fields })
    }
}

async fn read(request: Request, app: &App) -> Result<Fields, RouteError> {
    let headers = request.headers();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let parts = Multipart::from_request(request, app).await.map_err(|_| RouteError::NotAForm)?;
        return Fields::multipart(parts).await;
    }
    if !is_form(headers) {
        return Err(RouteError::NotAForm);
    }
    let body = Bytes::from_request(request, app).await.map_err(|_| RouteError::NotAForm)?;
    Fields::encoded(&body)
}

/// Refuses a form that another site's page has sent. Every browser that we support names the origin of a POST.
pub(crate) fn check_origin(headers: &HeaderMap, public_url: &PublicUrl) -> Result<(), RouteError> {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if origin == Some(public_url.origin().as_str()) { Ok(()) } else { Err(RouteError::ForeignForm) }
}
