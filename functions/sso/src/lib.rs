//! The function `sso`: what applications call to sign people in. WorkOS's `/sso/…`, OpenID Connect's `/oauth2/…`, and the
//! page that asks for a work e-mail address.

mod access;
mod authorize;
mod client;
mod cors;
mod handlers;
mod profile_view;
mod redirect;
mod scope;
mod signing_keys;
mod sp_keys;
mod trade;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{BODY_LIMIT, Edge, finish};

use handlers::{authorize as authorization, profile, token};
use signing_keys::SigningKeys;
use sp_keys::SpKeys;

/// What the handlers run on: the app, and the keys that this instance has opened.
#[derive(Clone)]
struct Sso {
    app: App,
    sp_keys: Arc<SpKeys>,
    signing_keys: Arc<SigningKeys>,
}

impl FromRef<Sso> for App {
    fn from_ref(sso: &Sso) -> Self {
        sso.app.clone()
    }
}

/// Every route, as method and path.
pub const ROUTES: &[(&str, &str)] =
    &[("GET", "/sso/authorize"), ("POST", "/sso/token"), ("OPTIONS", "/sso/token"), ("GET", "/sso/profile")];

/// The function's router.
pub fn router(app: &App) -> Router {
    let sso = Sso { app: app.clone(), sp_keys: Arc::default(), signing_keys: Arc::default() };
    let router = Router::new()
        .route("/sso/authorize", get(authorization::sso))
        .route("/sso/token", post(token::sso).options(cors::preflight))
        .route("/sso/profile", get(profile::show))
        .layer(from_fn(cors::allow))
        .with_state(sso);
    finish(router, app, Edge { function: "sso", body_limit: BODY_LIMIT, face })
}

/// Who calls a path, and so reads its errors.
fn face(path: &str) -> Face {
    match path {
        "/sso/authorize" | "/oauth2/authorize" | "/login" => Face::Page,
        "/sso/token" => Face::OAuth,
        path if path.starts_with("/oauth2/") || path.starts_with("/.well-known/") => Face::OAuth,
        _ => Face::Rest,
    }
}
