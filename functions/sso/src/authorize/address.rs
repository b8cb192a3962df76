//! Beginning a sign-in in a person's name, who has typed an address: nobody's application has asked yet.

use axum::response::Response;
use http::HeaderMap;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::redirect_uri::ClientKind;
use portico_shared::store::{Store, StoreError};
use portico_shared::web::form::Parameters;
use portico_shared::web::redirect::{found, initiate_login};

use super::resolve::{Candidates, resolve};
use super::{Asked, Denied, leave, unproved};
use crate::Sso;

/// Sends the browser to where the application begins its sign-ins, if it has said where (OpenID Connect Core §4): its
/// state, nonce and PKCE are then its own. Else begins one that ends at the redirect URI in `parameters`, or the default
/// one, with the `state` in `parameters`; a public application's can't begin here, since PKCE is the application's. Three
/// round trips.
///
/// # Errors
/// [`Denied`], for the person.
pub(crate) async fn begin_for_address(
    sso: &Sso,
    headers: &HeaderMap,
    email: &EmailAddress,
    parameters: &Parameters,
) -> Result<Response, Denied> {
    let store = sso.app.store();
    let asked = Asked::for_address(email, parameters)?;
    let named = parameters.text("redirect_uri");
    // The sign-ins of all redirect URIs begin where the default one says.
    let default = async {
        match named {
            Some(_) => store.redirect_uri(None).await,
            None => Ok(None),
        }
    };
    let (resolved, default) = tokio::try_join!(resolve(store, &asked.selector, named), default)?;
    let target = resolved.redirect_uri.ok_or_else(|| unproved(named))?;
    let candidates = resolved.candidates?;
    let login = default.as_ref().unwrap_or(&target).initiate_login_uri.as_deref();
    if let Some(login) = login {
        if !serves(store, candidates).await? {
            return Err(Denied::NoActiveConnection);
        }
        return Ok(found(&initiate_login(login, &email.to_string(), named, &sso.app.config().public_url)));
    }
    if target.kind == ClientKind::Public {
        return Err(Denied::ApplicationBegins);
    }
    leave(sso, headers, &asked, candidates, &target).await
}

async fn serves(store: &Store, candidates: Candidates) -> Result<bool, StoreError> {
    match candidates {
        Candidates::Active(..) => Ok(true),
        Candidates::OldestActive(connections) => Ok(!store.active_of(connections).await?.is_empty()),
    }
}
