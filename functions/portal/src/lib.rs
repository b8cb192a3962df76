//! `portal`: the pages on which a customer's IT admin verifies domains, sets up single sign-on and directory sync, and sees
//! how sign-ins go. A visit begins by a link that the function `portal-link` has made.
//!
//! Every page reads the visit and all that hangs on its organization in one round trip ([`visit`]), and what the page itself
//! is about in a second. Guides are content: `guides/`.

mod accent;
mod assets;
mod error;
mod fields;
mod guides;
mod handlers;
mod mending;
mod page;
mod path;
mod redact;
mod visit;
mod words;

use axum::Router;
use axum::routing::{get, post};
use portico_shared::app::App;
use portico_shared::web::error::Face;
use portico_shared::web::layers::{Edge, finish};

use handlers::{contacts, directory, domains, leave, open, overview, sign_ins, sso};

/// The largest body, in bytes: a file of metadata with room to spare.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// The function's routes.
pub fn router(app: &App) -> Router {
    let router = Router::new()
        .route("/portal", get(overview::show))
        .route("/portal/open/{token}", get(open::ask).post(open::open))
        .route("/portal/leave", post(leave::leave))
        .route("/portal/assets/{version}/{name}", get(assets::serve))
        .route("/portal/domains", get(domains::show).post(domains::add))
        .route("/portal/domains/{id}/check", get(domains::back).post(domains::check))
        .route("/portal/domains/{id}/remove", get(domains::back).post(domains::remove))
        .route("/portal/contacts", get(contacts::show).post(contacts::add))
        .route("/portal/contacts/{id}/remove", get(contacts::back).post(contacts::remove))
        .route("/portal/contacts/{id}/invite", get(contacts::back).post(contacts::invite))
        .route("/portal/contacts/{id}/revoke", get(contacts::back).post(contacts::revoke))
        .route("/portal/sso", get(sso::show))
        .route("/portal/sso/provider", get(sso::choice::show).post(sso::choice::choose))
        .route("/portal/sso/steps/{step}", get(sso::step::show).post(sso::step::save))
        .route("/portal/sso/test", get(sso::back).post(sso::test::begin))
        .route("/portal/sso/stay", get(sso::back).post(sso::stay))
        .route("/portal/sso/test/{id}", get(sso::test::result).post(sso::test::check_again))
        .route("/portal/directory", get(directory::show))
        .route("/portal/directory/provider", get(directory::choice).post(directory::choose))
        .route("/portal/directory/steps/{step}", get(directory::step).post(directory::save))
        .route("/portal/directory/token", get(directory::back).post(directory::token))
        .route("/portal/directory/tokens/{id}/revoke", get(directory::back).post(directory::revoke))
        .route("/portal/sign-ins", get(sign_ins::list))
        .route("/portal/sign-ins/{id}", get(sign_ins::show).post(sign_ins::check_again))
        .with_state(app.clone());
    finish(router, app, Edge { function: "portal", body_limit: BODY_LIMIT, face: |_path| Face::Page })
}
