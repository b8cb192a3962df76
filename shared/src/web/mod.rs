//! HTTP, in and out of a function. What a function's author needs:
//!
//! ```text
//! // main.rs
//! let app = App::from_env()?;
//! telemetry::init(app.config().log_level, std::io::stdout);
//! web::lambda::serve(router(&app)).await
//!
//! // lib.rs
//! pub fn router(app: &App) -> Router {
//!     let router = Router::new()
//!         .route("/organizations", get(organizations::list).post(organizations::create))
//!         .with_state(app.clone());
//!     finish(router, app, Edge { function: "management", body_limit: BODY_LIMIT, face: |_path| Face::Rest })
//! }
//!
//! // handlers/organizations.rs
//! async fn list(ApiKeyAuth(app): ApiKeyAuth, query: ListQuery) -> Result<Json<ListEnvelope<View>>, RouteError>
//! async fn create(ApiKeyAuth(app): ApiKeyAuth, JsonBody(body): JsonBody<NewOrganization>) -> …
//! ```
//!
//! | for | use |
//! |---|---|
//! | events in, events out | [`lambda::serve`], [`lambda::serve_events`], [`lambda::Event`], [`lambda::answer`] |
//! | work after the answer | [`after_answer::AfterAnswer`] on the response |
//! | the edge of a router | [`layers::finish`], [`layers::Edge`], [`layers::BODY_LIMIT`], [`layers::ACS_BODY_LIMIT`] |
//! | errors | [`error::RestError`], [`error::OAuthError`], [`error::ErrorPage`], [`error::Trouble`]; each `From<StoreError>` |
//! | pages | [`page::page`] with a template of the content, [`page::auto_post`], [`page::Forms`] |
//! | who calls | [`auth::ApiKeyAuth`] (extractor; it gives the app), [`auth::bearer`], [`origin::Origin`] |
//! | which client | [`client::ClientCredentials`], [`client::authenticate_client`], [`client::is_client`] |
//! | which browser | [`cookies::browser`], [`cookies::set_browser`] with a `PlainToken::random`; [`cookies::value`] for another cookie |
//! | bodies | [`json::JsonBody`] (extractor), [`form::Parameters`] |
//! | lists | [`list::ListQuery`] (extractor), [`list::ListEnvelope`] |
//! | instants | [`timestamp::serialize`], [`timestamp::serialize_option`], [`timestamp::text`] |
//! | sending a browser on | [`redirect::found`], [`redirect::see_other`], [`redirect::Application`] for codes and errors |
//! | the request's id | [`request_id::current`] |
//! | events about a connection | [`connection_event::connection_event`] |

pub mod after_answer;
pub mod auth;
pub mod client;
pub mod connection_event;
pub mod cookies;
pub mod directory;
pub mod domain_words;
pub mod error;
mod error_oauth;
mod error_page;
mod error_rest;
mod error_scim;
pub mod form;
pub mod json;
pub mod lambda;
pub mod layers;
pub mod list;
pub mod organization_domain;
pub mod origin;
pub mod page;
pub mod path;
pub mod portal;
pub mod redirect;
pub mod request_id;
pub mod retried;
#[cfg(test)]
mod testing;
pub mod timestamp;
