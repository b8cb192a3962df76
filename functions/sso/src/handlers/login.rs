//! `GET /login`: asks for the work e-mail address, and takes its owner to their sign-in page.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::web::form::Parameters;
use portico_shared::web::page::{self, Forms};

use crate::Sso;
use crate::authorize::{Denied, Refusal, begin_for_address};

/// What the page says about the address that was typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remark {
    /// It isn't an address.
    NotAnAddress,
    /// There is no single sign-on for it.
    NothingFound,
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    email: &'a str,
    redirect_uri: Option<&'a str>,
    state: Option<&'a str>,
    remark: Option<Remark>,
}

/// The page; with `email`, the beginning of a sign-in, at the application if it has said where it begins them.
/// `redirect_uri` and `state` are the application's, who may send people here; without them they end at the default
/// redirect URI, with a code and no state.
pub(crate) async fn show(
    State(sso): State<Sso>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let parameters =
        Parameters::from_query(query.as_deref()).map_err(|error| Denied::Unreadable(error.description))?;
    let (redirect_uri, state) = (parameters.text("redirect_uri"), parameters.text("state"));
    let shown = |status, remark| {
        let email = parameters.text("email").unwrap_or_default();
        let content = Login { email, redirect_uri, state, remark };
        page::page(status, "Sign in", &content, Forms::leaving(&sso.app.config().public_url))
    };
    let Some(text) = parameters.text("email") else {
        // Somebody who types an address should not learn only then that the application's link is wrong.
        if redirect_uri.is_some() {
            let known = sso.app.store().redirect_uri(redirect_uri).await.map_err(Denied::from)?;
            known.ok_or(Denied::UnknownRedirectUri)?;
        }
        return Ok(shown(StatusCode::OK, None));
    };
    let Some(email) = EmailAddress::parse(text) else {
        return Ok(shown(StatusCode::UNPROCESSABLE_ENTITY, Some(Remark::NotAnAddress)));
    };
    match begin_for_address(&sso, &headers, &email, &parameters).await {
        Ok(response) => Ok(response),
        Err(denied) if denied.is_nothing_found() => {
            Ok(shown(StatusCode::NOT_FOUND, Some(Remark::NothingFound)))
        }
        // The application didn't ask, so it is the person who is told.
        Err(denied) => Err(denied.into()),
    }
}
