//! The sample app's pages: signing in, being signed in, and what went wrong.

use super::oidc::{Authorization, Expected, OidcError, SignedIn};
use super::{Pending, Person, SampleApp};
use crate::api::ApiError;
use crate::pages::page;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;

pub(super) const BRAND: &str = "Sample app";
/// Names of our own: cookies are not kept apart by port, and this host has other programs.
const STATE_COOKIE: &str = "sample_app_state";
const SESSION_COOKIE: &str = "sample_app_session";

#[derive(Template)]
#[template(path = "sample_app/welcome.html")]
struct WelcomePage<'a> {
    organization_id: &'a str,
    /// Whether this browser's session ended just now.
    ended: bool,
}

#[derive(Template)]
#[template(path = "sample_app/signed_in.html")]
struct SignedInPage<'a> {
    name: &'a str,
    email: &'a str,
    organization: &'a str,
    groups: String,
    connection_id: &'a str,
}

#[derive(Template)]
#[template(path = "sample_app/trouble.html")]
struct TroublePage {
    lead: &'static str,
    detail: String,
    code: String,
}

/// Why the person sees a page instead of being signed in.
pub(super) enum Trouble {
    /// The callback is for no sign-in that this browser began here.
    UnknownState,
    /// The deployment said no (RFC 6749 §4.1.2.1).
    Refused { code: String, description: String },
    /// It said yes, and the rest failed.
    Oidc(OidcError),
    /// The back end's own call failed.
    Api(ApiError),
}

impl From<OidcError> for Trouble {
    fn from(problem: OidcError) -> Self {
        Self::Oidc(problem)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, lead, detail, code) = match self {
            Self::UnknownState => (
                StatusCode::BAD_REQUEST,
                "This sign-in was not begun in this browser, or it was finished before.",
                String::new(),
                "unknown_state".to_owned(),
            ),
            Self::Refused { code, description } => {
                (StatusCode::FORBIDDEN, "Your company's sign-in did not let you in.", description, code)
            }
            Self::Api(problem) => (
                StatusCode::BAD_GATEWAY,
                "The settings could not be shown.",
                problem.to_string(),
                "api".to_owned(),
            ),
            Self::Oidc(problem) => (
                StatusCode::BAD_GATEWAY,
                "The sign-in could not be completed.",
                problem.to_string(),
                "oidc".to_owned(),
            ),
        };
        page(status, BRAND, "You are not signed in", &TroublePage { lead, detail, code })
    }
}

pub(super) async fn home(State(app): State<SampleApp>, headers: HeaderMap) -> Result<Response, Trouble> {
    let session = cookie(&headers, SESSION_COOKIE).unwrap_or_default();
    let Some(Person { claims, organization, access_token }) = app.person(session) else {
        return Ok(welcome(&app, false));
    };
    if !app.0.provider.is_active(&access_token).await? {
        app.close_session(session);
        return Ok(welcome(&app, true));
    }
    let content = SignedInPage {
        name: claims.name.as_deref().unwrap_or(&claims.email),
        email: &claims.email,
        organization: &organization,
        groups: claims.groups.as_deref().unwrap_or_default().join(", "),
        connection_id: &claims.connection_id,
    };
    Ok(page(StatusCode::OK, BRAND, "You are signed in", &content))
}

fn welcome(app: &SampleApp, ended: bool) -> Response {
    let content = WelcomePage { organization_id: &app.0.organization_id, ended };
    page(StatusCode::OK, BRAND, "Sign in", &content)
}

#[derive(Deserialize)]
pub(super) struct LoginParameters {
    email: Option<String>,
    organization: Option<String>,
}

pub(super) async fn login(
    State(app): State<SampleApp>,
    Query(parameters): Query<LoginParameters>,
) -> Result<Response, Trouble> {
    match (&parameters.organization, &parameters.email) {
        (Some(organization), _) => begin(&app, ("organization", organization)).await,
        (None, Some(email)) => begin(&app, ("login_hint", email)).await,
        (None, None) => Ok(Redirect::to("/").into_response()),
    }
}

#[derive(Deserialize)]
pub(super) struct InitiateParameters {
    iss: String,
    login_hint: Option<String>,
}

/// A sign-in that began at the identity provider starts over here (OpenID Connect Core §4). `target_link_uri` would be
/// where to go afterwards; this app has one page.
pub(super) async fn initiate_login(
    State(app): State<SampleApp>,
    Query(parameters): Query<InitiateParameters>,
) -> Result<Response, Trouble> {
    match parameters.login_hint {
        Some(email) if parameters.iss == app.0.provider.issuer() => begin(&app, ("login_hint", &email)).await,
        _ => Ok(Redirect::to("/").into_response()),
    }
}

async fn begin(app: &SampleApp, who: (&str, &str)) -> Result<Response, Trouble> {
    let (state, nonce, code_verifier) = (app.token(), app.token(), app.token());
    let redirect_uri = SampleApp::callback(&app.0.url);
    let request = Authorization {
        redirect_uri: &redirect_uri,
        state: &state,
        nonce: &nonce,
        code_verifier: &code_verifier,
        who,
    };
    let url = app.0.provider.authorization_url(&request).await?;
    app.begin(&state, Pending { nonce, code_verifier });
    let mut response = Redirect::to(&url).into_response();
    set_cookie(&mut response, STATE_COOKIE, &state, "Max-Age=600");
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct CallbackParameters {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

pub(super) async fn callback(
    State(app): State<SampleApp>,
    headers: HeaderMap,
    Query(parameters): Query<CallbackParameters>,
) -> Result<Response, Trouble> {
    let state = parameters.state.as_deref().filter(|state| cookie(&headers, STATE_COOKIE) == Some(state));
    let pending = state.and_then(|state| app.finish(state)).ok_or(Trouble::UnknownState)?;
    let Some(code) = parameters.code else {
        let code = parameters.error.unwrap_or_else(|| "no_code".to_owned());
        return Err(Trouble::Refused { code, description: parameters.error_description.unwrap_or_default() });
    };
    let expected = Expected {
        redirect_uri: &SampleApp::callback(&app.0.url),
        nonce: &pending.nonce,
        code_verifier: &pending.code_verifier,
        now: app.0.clock.now(),
    };
    let SignedIn { claims, access_token } = app.0.provider.trade(&code, &expected).await?;
    let name = app.0.provider.organization_name(&claims.org_id).await;
    let organization = name.unwrap_or_else(|| claims.org_id.clone());
    let session = app.token();
    app.open_session(&session, Person { claims, organization, access_token });
    let mut response = Redirect::to("/").into_response();
    set_cookie(&mut response, SESSION_COOKIE, &session, "Max-Age=28800");
    set_cookie(&mut response, STATE_COOKIE, "", "Max-Age=0");
    Ok(response)
}

pub(super) async fn sign_out(State(app): State<SampleApp>, headers: HeaderMap) -> Response {
    if let Some(session) = cookie(&headers, SESSION_COOKIE) {
        app.close_session(session);
    }
    let mut response = Redirect::to("/").into_response();
    set_cookie(&mut response, SESSION_COOKIE, "", "Max-Age=0");
    response
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// On http and loopback, so without `Secure`. Lax: the callback is a link followed from another site.
fn set_cookie(response: &mut Response, name: &str, value: &str, lifetime: &str) {
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; {lifetime}");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
