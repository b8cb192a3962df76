//! What an OpenID provider gives: the address of its discovery document, a client id and a secret. They are checked against
//! the provider and kept; signing in by OpenID Connect comes with a later version, and the page says so.

use askama::Template;
use portico_shared::domain::connection::{Connection, OidcSettings};
use portico_shared::domain::token::secret_suffix;
use portico_shared::net::fetch::FetchError;
use portico_shared::operations::connections::{self, CreateConnectionError};
use portico_shared::operations::discovery;
use portico_shared::store::WriteConnectionError;
use portico_shared::web::error::Trouble;

use super::Place;
use super::step::{Refusals, Typed};
use crate::error::RouteError;
use crate::fields::Fields;
use crate::handlers::overview::app_name;
use crate::visit::Visit;

/// The longest client id and secret, in characters.
const MOST_CHARACTERS: usize = 512;

#[derive(Template)]
#[template(path = "sso/oidc.html")]
struct OidcForm<'a> {
    provider: &'a str,
    example: &'a str,
    discovery: &'a str,
    client_id: &'a str,
    /// The last characters of the secret that is kept.
    kept_secret: Option<&'a str>,
    refusals: &'a Refusals,
}

/// The form.
///
/// # Errors
/// It can't be rendered.
pub(super) fn form(place: &Place, typed: &Typed) -> Result<String, RouteError> {
    let kept = place.connection().oidc.as_ref();
    let example = place.guide.discovery.as_deref().unwrap_or_default();
    // Google's is the same for everybody.
    let fixed = Some(example).filter(|address| address.starts_with("https://accounts.google.com/"));
    let content = OidcForm {
        provider: place.guide.called(),
        example,
        discovery: typed.or("discovery", kept.map(|kept| kept.discovery_url.as_str()).or(fixed)),
        client_id: typed.or("client-id", kept.map(|kept| kept.client_id.as_str())),
        kept_secret: kept.map(|kept| kept.secret_suffix.as_str()),
        refusals: &typed.refusals,
    };
    content.render().map_err(|_| RouteError::Trouble(Trouble::Internal))
}

/// Checks and saves what the form brought; says what isn't right with it.
///
/// # Errors
/// The table, the vault.
pub(super) async fn save(visit: &Visit, place: &Place, fields: &Fields) -> Result<Option<Typed>, RouteError> {
    // What is secret isn't shown again.
    let shown = fields.clone().with("client-secret", "");
    let again = |refusals, conflict| Ok(Some(Typed { fields: Some(shown.clone()), refusals, conflict }));
    let mut refusals = Refusals::default();
    let client_id = fields.text("client-id");
    if client_id.is_empty() {
        refusals.add("client-id", format!("Enter the client ID that {} shows.", place.guide.name));
    }
    let (secret, kept) = (fields.given("client-secret"), place.connection().oidc.as_ref());
    if secret.is_none() && kept.is_none() {
        refusals.add("client-secret", "Enter the client secret.");
    }
    let too_long = |text: &str| text.chars().count() > MOST_CHARACTERS || text.chars().any(char::is_control);
    for (field, text) in [("client-id", client_id), ("client-secret", secret.unwrap_or_default())] {
        if too_long(text) {
            refusals.add(field, format!("This has at most {MOST_CHARACTERS} characters and no line breaks."));
        }
    }
    let address = fields.text("discovery");
    let document = match discovery::fetch(&visit.app, address).await {
        Ok(document) => Some(document),
        Err(discovery::DiscoveryError::Fetch(FetchError::NoTls)) => {
            return Err(RouteError::Trouble(Trouble::Internal));
        }
        Err(error) => {
            refusals.add("discovery", error.to_string());
            None
        }
    };
    let Some(document) = document.filter(|_| refusals.is_empty()) else { return again(refusals, false) };
    if fields.number("version") != Some(place.read.connection.version) {
        return again(refusals, true);
    }
    let before = place.connection();
    let settings = OidcSettings {
        discovery_url: address.to_owned(),
        provider: document,
        client_id: client_id.to_owned(),
        secret_suffix: match (secret, kept) {
            (Some(secret), _) => secret_suffix(secret),
            (None, Some(kept)) => kept.secret_suffix.clone(),
            (None, None) => String::new(),
        },
    };
    let changed = Connection { oidc: Some(settings), ..before.clone() };
    let kept = connections::keep_oidc(&visit.app, &place.read, changed, secret, &visit.details().domains);
    match kept.await {
        Ok(()) => Ok(None),
        Err(CreateConnectionError::Write(WriteConnectionError::Raced)) => again(refusals, true),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "sso/oidc_check.html")]
struct CheckPart<'a> {
    provider: &'a str,
    app_name: String,
    issuer: Option<&'a str>,
    client_id: Option<&'a str>,
}

/// What has been checked, and what is missing.
///
/// # Errors
/// It can't be rendered.
pub(super) fn check(visit: &Visit, place: &Place) -> Result<String, RouteError> {
    let kept = place.connection().oidc.as_ref();
    let content = CheckPart {
        provider: place.guide.called(),
        app_name: app_name(visit),
        issuer: kept.map(|kept| kept.provider.issuer.as_str()),
        client_id: kept.map(|kept| kept.client_id.as_str()),
    };
    content.render().map_err(|_| RouteError::Trouble(Trouble::Internal))
}
