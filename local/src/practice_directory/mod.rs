//! The practice directory: a page whose buttons send what Okta and Entra ID send, request by request, to the directory of Acme,
//! and show what came back.

mod scim;
mod sequences;

use crate::pages::page;
use askama::Template;
use axum::Router;
use axum::extract::{Form, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::dns::is_from_here;
use scim::{Exchange, Scim};
use sequences::{Act, PROVIDERS, Provider};

const BRAND: &str = "Acme’s directory, for practice";

/// The directory of Acme, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SeededDirectory {
    pub(crate) id: String,
    pub(crate) bearer_token: String,
}

/// The page. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PracticeDirectory {
    scim: Scim,
    url: String,
}

#[derive(Template)]
#[template(path = "practice_directory/home.html")]
struct HomePage<'a> {
    endpoint: &'a str,
    providers: &'static [(Provider, &'static str)],
    acts: &'static [(Act, &'static str)],
    /// What was sent last, and what came back.
    played: Option<Played>,
}

struct Played {
    title: String,
    exchanges: Vec<Exchange>,
}

impl Played {
    /// Whether there was anybody, or a group, to do it to.
    fn has_changed(&self) -> bool {
        self.exchanges.iter().any(|exchange| !exchange.sent.is_empty())
    }
}

/// A button.
#[derive(Debug, Deserialize)]
struct Pressed {
    provider: Provider,
    act: Act,
}

impl PracticeDirectory {
    /// The page at `url`, for a directory below `base_url`.
    pub(crate) fn new(base_url: &str, url: String, directory: &SeededDirectory) -> Self {
        let endpoint = format!("{base_url}/scim/v2/{}", directory.id);
        Self { scim: Scim::new(endpoint, directory.bearer_token.clone()), url }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/play", get(to_home).post(play))
            .layer(middleware::from_fn_with_state(self.clone(), check_site))
            .with_state(self.clone())
    }

    fn show(&self, status: StatusCode, played: Option<Played>) -> Response {
        let content =
            HomePage { endpoint: self.scim.endpoint(), providers: &PROVIDERS, acts: &Act::ALL, played };
        page(status, BRAND, "Play a provider", &content)
    }
}

async fn check_site(State(practice): State<PracticeDirectory>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !is_from_here(request.headers(), &practice.url) {
        return (StatusCode::FORBIDDEN, "This form was sent by another site's page.").into_response();
    }
    next.run(request).await
}

async fn home(State(practice): State<PracticeDirectory>) -> Response {
    practice.show(StatusCode::OK, None)
}

/// A page that answered a form is asked for again.
async fn to_home() -> Redirect {
    Redirect::to("/")
}

async fn play(State(practice): State<PracticeDirectory>, Form(pressed): Form<Pressed>) -> Response {
    let exchanges = sequences::play(&practice.scim, pressed.provider, pressed.act).await;
    let title = format!("{}: {}", pressed.provider.name(), pressed.act.name());
    practice.show(StatusCode::OK, Some(Played { title, exchanges }))
}
