//! What directories push: SCIM 2.0 (RFC 7643, 7644, 9865) as identity providers really speak it.
//!
//! `portico_protocol::scim` reads and changes resources, `portico_shared::store` keeps them; here is what a request means for
//! both, and for the access of the people behind them. docs/directory-sync.md says what providers send and get.

mod answer;
mod bulk;
mod caller;
mod error;
mod gate;
mod groups;
mod handlers;
mod list;
mod membership;
mod paths;
mod person;
mod query;
mod shown;
mod sweep;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{Edge, finish};
use tower::Layer;

use gate::Gate;
use handlers::{discovery, groups as group_routes, search, users as user_routes};
pub use sweep::{Swept, sweep};

/// The largest body, in bytes: about 40,000 members in one PUT.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What the handlers have.
#[derive(Clone)]
struct Scim {
    app: App,
    gate: Arc<Gate>,
}

impl FromRef<Scim> for App {
    fn from_ref(scim: &Scim) -> Self {
        scim.app.clone()
    }
}

/// Every route of the function.
pub fn router(app: &App) -> Router {
    let scim = Scim { app: app.clone(), gate: Arc::default() };
    let router = Router::new()
        .route("/scim/v2/{directory}/Users", get(user_routes::list).post(user_routes::create))
        .route(
            "/scim/v2/{directory}/Users/{id}",
            get(user_routes::find)
                .put(user_routes::replace)
                .patch(user_routes::change)
                .delete(user_routes::delete),
        )
        .route("/scim/v2/{directory}/Users/.search", post(search::users))
        .route("/scim/v2/{directory}/Groups", get(group_routes::list).post(group_routes::create))
        .route(
            "/scim/v2/{directory}/Groups/{id}",
            get(group_routes::find)
                .put(group_routes::replace)
                .patch(group_routes::change)
                .delete(group_routes::delete),
        )
        .route("/scim/v2/{directory}/Groups/.search", post(search::groups))
        .route("/scim/v2/{directory}/.search", post(search::everything))
        .route("/scim/v2/{directory}/Bulk", post(handlers::bulk::run))
        .route(
            "/scim/v2/{directory}/Me",
            get(discovery::me)
                .post(discovery::me)
                .put(discovery::me)
                .patch(discovery::me)
                .delete(discovery::me),
        )
        .route("/scim/v2/{directory}/ServiceProviderConfig", get(discovery::service_provider_config))
        .route("/scim/v2/{directory}/ResourceTypes", get(discovery::resource_types))
        .route("/scim/v2/{directory}/ResourceTypes/{name}", get(discovery::resource_type))
        .route("/scim/v2/{directory}/Schemas", get(discovery::schemas))
        .route("/scim/v2/{directory}/Schemas/{urn}", get(discovery::schema))
        .layer(from_fn_with_state(scim.clone(), gate::charge_after))
        .with_state(scim);
    let edge = Edge { function: "scim", body_limit: BODY_LIMIT, face: |_path| Face::Scim };
    // Before routing: some clients write the names of resources in lower case.
    Router::new().fallback_service(from_fn(paths::in_one_spelling).layer(finish(router, app, edge)))
}
