//! The end of a visit, by its own hand: on to where the application wants its admins back.

use askama::Template;
use axum::response::Response;
use http::header;

use crate::error::RouteError;
use crate::fields::Form;
use crate::page::outside;
use crate::visit::forget_cookie;

#[derive(Template)]
#[template(path = "left.html")]
struct LeftPage<'a> {
    app_name: Option<&'a str>,
    way_on: Option<&'a str>,
}

/// `POST /portal/leave`. The way on is a link on a page: a form may not lead to another site (CSP `form-action`).
pub(crate) async fn leave(Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let grant = &visit.session.grant;
    let done = fields.given("done").is_some();
    let way_on = if done {
        grant.success_url.as_deref().or(grant.return_url.as_deref())
    } else {
        grant.return_url.as_deref()
    };
    visit.app.store().end_portal_session(&visit.session).await?;
    let content = LeftPage { app_name: visit.app.config().portal.app_name.as_deref(), way_on };
    let mut response = outside(&visit.app, "Your visit has ended", &content);
    if let Some(cookie) = forget_cookie(&visit.app.config().public_url) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
