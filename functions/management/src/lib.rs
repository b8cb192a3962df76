//! `management`: the REST API that the SaaS back end calls with its API key. Making such keys has no address here; it is
//! a command ([`admin`]) that only a direct invocation under IAM reaches.

mod admin;
mod error;
mod handlers;
mod input;
mod paging;

use axum::Router;
use axum::routing::{delete, get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{BODY_LIMIT, Edge, finish};

pub use admin::admin;
use handlers::{
    certificates, connections, directories, directory_groups, directory_tokens, directory_users, events,
    it_contacts, organizations, policy, redirect_uris, setup, sign_ins, sp_certificates,
};

/// The function's routes.
pub fn router(app: &App) -> Router {
    let router = Router::new()
        .route("/organizations", get(organizations::list).post(organizations::create))
        .route("/organizations/external_id/{external_id}", get(organizations::find_by_external_id))
        .route(
            "/organizations/{id}",
            get(organizations::find).put(organizations::update).delete(organizations::delete),
        )
        .route("/organizations/{id}/policy", get(policy::find).put(policy::update))
        .route("/organizations/{id}/setup", get(setup::find))
        .route("/organizations/{id}/it_contacts", get(it_contacts::list).post(it_contacts::create))
        .route("/organizations/{id}/it_contacts/{contact}", delete(it_contacts::remove))
        .route("/organizations/{id}/it_contacts/{contact}/invite", post(it_contacts::invite))
        .route("/organizations/{id}/it_contacts/{contact}/revoke", post(it_contacts::revoke))
        .route("/connections", get(connections::list).post(connections::create))
        .route(
            "/connections/{id}",
            get(connections::find).patch(connections::update).delete(connections::delete),
        )
        .route("/connections/{id}/saml_idp_signing_certs", get(certificates::list).post(certificates::create))
        .route("/connections/{id}/saml_idp_signing_certs/{certificate}", delete(certificates::delete))
        .route(
            "/connections/{id}/saml_sp_encryption_certs",
            get(sp_certificates::list).post(sp_certificates::create),
        )
        .route("/connections/{id}/saml_sp_encryption_certs/{certificate}", delete(sp_certificates::delete))
        .route("/connections/{id}/saml_sp_signing_cert", get(sp_certificates::signing))
        .route("/directories", get(directories::list).post(directories::create))
        .route("/directories/{id}", get(directories::find).delete(directories::delete))
        .route("/directories/{id}/tokens", get(directory_tokens::list).post(directory_tokens::create))
        .route("/directories/{id}/tokens/{token}", delete(directory_tokens::revoke))
        .route("/directory_users", get(directory_users::list))
        .route("/directory_users/{id}", get(directory_users::find))
        .route("/directory_groups", get(directory_groups::list))
        .route("/directory_groups/{id}", get(directory_groups::find))
        .route("/user_management/redirect_uris", post(redirect_uris::create).get(redirect_uris::list))
        .route("/user_management/redirect_uris/{id}", delete(redirect_uris::delete))
        .route("/events", get(events::list))
        .route("/sign_ins", get(sign_ins::list))
        .route("/sign_ins/{id}", get(sign_ins::find))
        .with_state(app.clone());
    finish(router, app, Edge { function: "management", body_limit: BODY_LIMIT, face: |_path| Face::Rest })
}
