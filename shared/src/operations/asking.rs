//! Asking a SAML provider to sign somebody in: for an application, or for a test in the admin portal.

use axum::response::Response;
use portico_protocol::saml::{AuthnRequest, AuthnRequestError};

use crate::app::App;
use crate::domain::connection::Connection;
use crate::domain::sign_in::SignInRequest;
use crate::store::SealedSpKeys;
use crate::vault::VaultError;
use crate::web::{page, redirect};

/// Why a provider isn't asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The connection doesn't say where.
    #[error("the connection has no usable address of its provider")]
    Destination,
    /// The connection signs its requests and has no key pair, or the message can't be written.
    #[error("the request could not be written")]
    Unwritten,
    /// The key pair can't be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The message, by redirect where the provider takes that, else by a form that posts itself.
///
/// # Errors
/// [`AskError`]; what is a defect is logged.
pub async fn ask(
    app: &App,
    connection: &Connection,
    request: &SignInRequest,
    sp_keys: Option<&SealedSpKeys>,
) -> Result<Response, AskError> {
    let public_url = &app.config().public_url;
    let saml = &connection.saml;
    let by_redirect = saml.idp_sso_redirect_url.as_deref();
    let destination = by_redirect.or(saml.idp_sso_post_url.as_deref()).ok_or(AskError::Destination)?;
    let key = match (saml.sign_requests, sp_keys.and_then(SealedSpKeys::signing)) {
        (false, _) => None,
        (true, Some(sealed)) => Some(app.vault().open_sp_key(connection.id, sealed).await?),
        (true, None) => {
            tracing::error!(connection = %connection.id, "a connection has no key pair to sign its requests");
            return Err(AskError::Unwritten);
        }
    };
    let message = AuthnRequest {
        id: request.id.as_str(),
        issue_instant: request.created_at,
        destination,
        acs_url: &public_url.acs_url(&connection.id),
        sp_entity_id: &public_url.sp_entity_id(&connection.id, saml.sp_entity_id.as_deref()),
        // SAML can't say "at most so old", and an answer that is too old would be refused again and again: so whoever sets
        // a limit has the person asked anew. Not where nothing may be shown: there the answer's age alone decides.
        force_authn: !request.is_passive && (request.force_authn || request.max_age.is_some()),
        is_passive: request.is_passive,
        name_id_format: None,
    };
    // Opaque, and nothing rests on it: the answer's InResponseTo leads to the request.
    let relay_state = request.id.as_str();
    if by_redirect.is_some() {
        let location = message.redirect_url(relay_state, key.as_deref()).map_err(unsent)?;
        return Ok(redirect::found(&location));
    }
    let form = message.post_form(relay_state, key.as_deref()).map_err(unsent)?;
    let fields = [("SAMLRequest", form.saml_request.as_str()), ("RelayState", form.relay_state.as_str())];
    Ok(page::auto_post(&form.action, &fields, public_url))
}

fn unsent(error: AuthnRequestError) -> AskError {
    tracing::error!(cause = %error, "an AuthnRequest could not be written");
    match error {
        AuthnRequestError::Destination => AskError::Destination,
        AuthnRequestError::Id
        | AuthnRequestError::RelayState
        | AuthnRequestError::Write
        | AuthnRequestError::Sign(_) => AskError::Unwritten,
    }
}
