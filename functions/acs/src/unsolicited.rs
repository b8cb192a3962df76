//! Answers that nobody asked for (IdP-initiated sign-in). They sign nobody in: whoever can plant a form in a browser could
//! sign its owner in as somebody else. A verified one only sends the browser to where a sign-in begins.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use http::header::SET_COOKIE;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::redirect_uri::{ClientKind, RedirectUri};
use portico_shared::web::page::{Forms, page};
use portico_shared::web::redirect::{initiate_login, see_other, with_parameters};
use url::form_urlencoded;

use crate::attempt::Attempt;
use crate::bounce;
use crate::error::Stopped;
use crate::refused::Refused;
use crate::sign_in::Subject;

/// Sends the browser to begin a sign-in properly.
pub(crate) async fn restart(
    attempt: &Attempt<'_>,
    subject: &Subject,
    relay_state: Option<&str>,
) -> Result<Response, Stopped> {
    let connection = &attempt.connection.connection.value;
    if !connection.saml.allow_idp_initiated {
        return Err(Refused::IdpInitiatedOff.into());
    }
    // What begins anew begins at /sso/authorize, which serves active connections.
    if attempt.connection.status.value.state != ConnectionState::Active {
        return Err(Refused::ConnectionNotActive.into());
    }
    if attempt.caller.bounced == Some(connection.id) {
        return Err(Refused::RequestsIgnored.into());
    }
    let store = attempt.app.store();
    let wanted = relay_state.and_then(target);
    // Side by side: one round trip.
    let (default, named, organization) = tokio::try_join!(
        store.redirect_uri(None),
        async {
            match &wanted {
                Some(uri) => store.redirect_uri(Some(uri)).await,
                None => Ok(None),
            }
        },
        store.organization(connection.organization_id),
    )?;
    let default = default.ok_or(Refused::NoLoginStart)?;
    let public_url = &attempt.app.config().public_url;
    let response = match &default.initiate_login_uri {
        Some(login) => {
            let target = named.as_ref().map(|registered| registered.uri.as_str());
            let email = subject.email().to_string();
            let mut response = see_other(&initiate_login(login, &email, target, public_url));
            if let Some(cookie) = bounce::remember(connection.id, public_url) {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
        None => {
            let target = named.as_ref().unwrap_or(&default);
            // A public client's request needs its own PKCE challenge, which nobody else can make.
            if target.kind == ClientKind::Public {
                return Err(Refused::NoLoginStart.into());
            }
            let organization = organization.map(|read| read.value.organization.name);
            consent_page(attempt, subject, target, organization.as_deref().unwrap_or(&connection.name))
        }
    };
    tracing::info!(sign_in = %attempt.id, "unsolicited response sent to begin anew");
    Ok(response)
}

/// The redirect URI that a RelayState of the form `redirect_uri=…` names. Whether it is registered, the table says.
fn target(relay_state: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(relay_state.as_bytes());
    pairs.find(|(name, _)| name == "redirect_uri").map(|(_, uri)| uri.into_owned())
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    email: &'a str,
    organization: &'a str,
    application: &'a str,
    go_on: &'a str,
}

/// Names the account and the organization; its button begins a sign-in.
fn consent_page(
    attempt: &Attempt<'_>,
    subject: &Subject,
    target: &RedirectUri,
    organization: &str,
) -> Response {
    let config = attempt.app.config();
    let connection = attempt.connection.connection.value.id.to_string();
    let parameters = [
        ("client_id", config.client_id.as_str()),
        ("response_type", "code"),
        ("connection", connection.as_str()),
        ("redirect_uri", target.uri.as_str()),
    ];
    let go_on = with_parameters(&config.public_url.join("/sso/authorize"), &parameters);
    let application = host(&target.uri);
    let email = subject.email().to_string();
    let content = Consent { email: &email, organization, application: &application, go_on: &go_on };
    page(StatusCode::OK, "Continue to the application", &content, Forms::None)
}

/// The host of a registered address, as people know an application by.
fn host(uri: &str) -> String {
    url::Url::parse(uri).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
