//! The practice identity provider's pages: choosing a person, and the form that carries the answer.

use super::PracticeIdp;
use super::people::{FAILURES, Failure, FailureChoice, PEOPLE, Person, Signed};
use super::request::{self, AuthnRequest, RequestError};
use super::response::Answer;
use crate::pages::{page, posting_page};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{StatusCode, header};
use serde::Deserialize;

const BRAND: &str = "Practice identity provider";

/// Why a request gets a page instead of an answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{0}")]
    Request(#[from] RequestError),
    #[error("The app {0:?} is not registered here.")]
    UnknownApp(String),
    #[error("The app asks for its answer at {asked:?}, but it is registered with {registered:?}.")]
    ForeignAcsUrl { asked: String, registered: String },
    #[error("There is no person {0:?} here.")]
    UnknownPerson(String),
    #[error("There is no response to send once more.")]
    NothingToReplay,
    #[error("{0}")]
    Sign(#[from] super::SignError),
}

#[derive(Template)]
#[template(path = "practice_idp/trouble.html")]
struct TroublePage {
    what: String,
    remedy: &'static str,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, remedy) = match &self {
            Self::Sign(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Try again."),
            Self::NothingToReplay => {
                (StatusCode::CONFLICT, "Go back, sign in once without a failure, then try again.")
            }
            Self::UnknownApp(_) | Self::ForeignAcsUrl { .. } => (
                StatusCode::FORBIDDEN,
                "Start again from the app. Answers go only to addresses that were registered.",
            ),
            Self::Request(_) | Self::UnknownPerson(_) => {
                (StatusCode::BAD_REQUEST, "Start again from the app.")
            }
        };
        let content = TroublePage { what: self.to_string(), remedy };
        page(status, BRAND, "This request is not answered", &content)
    }
}

#[derive(Template)]
#[template(path = "practice_idp/home.html")]
struct HomePage {
    entity_id: String,
    service_providers: Vec<String>,
}

pub(super) async fn home(State(idp): State<PracticeIdp>) -> Response {
    let content = HomePage { entity_id: idp.entity_id(), service_providers: idp.service_providers() };
    page(StatusCode::OK, BRAND, "A company's identity provider, for practice", &content)
}

pub(super) async fn metadata(State(idp): State<PracticeIdp>) -> Response {
    ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], idp.metadata_xml()).into_response()
}

#[derive(Template)]
#[template(path = "practice_idp/choose.html")]
struct ChoosePage {
    /// The request in base64; empty when there is none.
    request: String,
    relay_state: String,
    service_provider: String,
    force_authn: bool,
    people: &'static [Person<'static>],
    failures: &'static [FailureChoice],
}

impl ChoosePage {
    fn respond(self) -> Response {
        page(StatusCode::OK, BRAND, "Who is signing in?", &self)
    }
}

#[derive(Deserialize)]
pub(super) struct SsoParameters {
    #[serde(rename = "SAMLRequest")]
    saml_request: String,
    #[serde(rename = "RelayState", default)]
    relay_state: String,
}

pub(super) async fn sso_redirect(
    State(idp): State<PracticeIdp>,
    Query(parameters): Query<SsoParameters>,
) -> Result<Response, Trouble> {
    choose(&idp, &request::from_redirect(&parameters.saml_request)?, parameters.relay_state)
}

pub(super) async fn sso_post(
    State(idp): State<PracticeIdp>,
    Form(parameters): Form<SsoParameters>,
) -> Result<Response, Trouble> {
    choose(&idp, &request::from_post(&parameters.saml_request)?, parameters.relay_state)
}

fn choose(idp: &PracticeIdp, message: &str, relay_state: String) -> Result<Response, Trouble> {
    let request = AuthnRequest::parse(message)?;
    registered_acs_url(idp, &request.issuer, request.acs_url.as_deref())?;
    let page = ChoosePage {
        request: BASE64.encode(message),
        relay_state,
        service_provider: request.issuer,
        force_authn: request.force_authn,
        people: &PEOPLE,
        failures: &FAILURES,
    };
    Ok(page.respond())
}

#[derive(Deserialize)]
pub(super) struct StartParameters {
    service_provider: String,
}

/// As from an app launcher: no request.
pub(super) async fn start(
    State(idp): State<PracticeIdp>,
    Query(parameters): Query<StartParameters>,
) -> Result<Response, Trouble> {
    registered_acs_url(&idp, &parameters.service_provider, None)?;
    let page = ChoosePage {
        request: String::new(),
        relay_state: String::new(),
        service_provider: parameters.service_provider,
        force_authn: false,
        people: &PEOPLE,
        failures: &FAILURES,
    };
    Ok(page.respond())
}

/// Where the answer goes: what was registered, whatever the request asks (saml-profiles §4.1.4.1).
fn registered_acs_url(idp: &PracticeIdp, entity_id: &str, asked: Option<&str>) -> Result<String, Trouble> {
    let registered = idp.acs_url(entity_id).ok_or_else(|| Trouble::UnknownApp(entity_id.to_owned()))?;
    match asked {
        Some(asked) if asked != registered => {
            Err(Trouble::ForeignAcsUrl { asked: asked.to_owned(), registered })
        }
        _ => Ok(registered),
    }
}

#[derive(Deserialize)]
pub(super) struct AnswerForm {
    #[serde(default)]
    request: String,
    #[serde(default)]
    relay_state: String,
    service_provider: String,
    person: String,
    #[serde(default)]
    failure: String,
    #[serde(default)]
    signed: String,
}

#[derive(Template)]
#[template(path = "practice_idp/post.html")]
struct PostPage {
    acs_url: String,
    saml_response: String,
    relay_state: String,
}

pub(super) async fn answer(
    State(idp): State<PracticeIdp>,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Trouble> {
    let request = match form.request.as_str() {
        "" => None,
        message => Some(AuthnRequest::parse(&request::from_post(message)?)?),
    };
    // The form was in the browser's hands: the request is checked again.
    let app = request.as_ref().map_or(form.service_provider.as_str(), |request| &request.issuer);
    let acs_url =
        registered_acs_url(&idp, app, request.as_ref().and_then(|request| request.acs_url.as_deref()))?;
    let person = Person::find(&form.person).ok_or(Trouble::UnknownPerson(form.person))?;
    let failure = Failure::parse(&form.failure);
    let saml_response = if failure == Some(Failure::Replayed) {
        idp.last_response(&acs_url).ok_or(Trouble::NothingToReplay)?
    } else {
        let answer = Answer {
            issuer: &idp.entity_id(),
            audience: app,
            acs_url: &acs_url,
            in_response_to: request.as_ref().map(|request| request.id.as_str()),
            person: &person,
            signed: Signed::parse(&form.signed),
            failure,
            now: idp.0.clock.now(),
        };
        let saml_response = BASE64.encode(answer.write(&idp.0.signer, &idp.0.rng)?);
        if failure.is_none() {
            idp.remember_response(&acs_url, &saml_response);
        }
        saml_response
    };
    let content = PostPage { acs_url, saml_response, relay_state: form.relay_state };
    Ok(posting_page(BRAND, "Taking you back", &content))
}
