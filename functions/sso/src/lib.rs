//! The function `sso`: what applications call to sign people in. WorkOS's `/sso/…`, OpenID Connect's `/oauth2/…`, and the
//! page that asks for a work e-mail address.

mod access;
mod authorize;
mod client;
mod cors;
mod handlers;
mod id_token;
mod profile_view;
mod scope;
mod signing_keys;
mod trade;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{BODY_LIMIT, Edge, finish};

use cors::preflight;
use handlers::{
    authorize as authorization, discover, introspect, jwks, login, openid_configuration, profile, revoke,
    token, userinfo,
};
use signing_keys::SigningKeys;

/// What the handlers run on: the app, and the keys that this instance has opened.
#[derive(Clone)]
struct Sso {
    app: App,
    signing_keys: Arc<SigningKeys>,
}

impl FromRef<Sso> for App {
    fn from_ref(sso: &Sso) -> Self {
        sso.app.clone()
    }
}

/// The function's router.
pub fn router(app: &App) -> Router {
    let sso = Sso { app: app.clone(), signing_keys: Arc::default() };
    let router = Router::new()
        .route("/sso/authorize", get(authorization::sso))
        .route("/sso/token", post(token::sso).options(preflight))
        .route("/sso/profile", get(profile::show))
        .route("/sso/jwks/{client_id}", get(jwks::of_client).options(preflight))
        .route("/sso/discover", get(discover::show))
        .route("/.well-known/openid-configuration", get(openid_configuration::show).options(preflight))
        .route("/oauth2/authorize", get(authorization::openid).post(authorization::openid_form))
        .route("/oauth2/token", post(token::openid).options(preflight))
        .route("/oauth2/userinfo", get(userinfo::show).post(userinfo::show).options(preflight))
        .route("/oauth2/jwks", get(jwks::show).options(preflight))
        .route("/oauth2/introspect", post(introspect::show))
        .route("/oauth2/revoke", post(revoke::revoke))
        .route("/login", get(login::show))
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
