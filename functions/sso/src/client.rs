//! Who calls a token endpoint: the deployment's one client, with its secret or without.

use http::HeaderMap;
use portico_shared::app::App;
use portico_shared::web::auth::bearer;
use portico_shared::web::client::{ClientCredentials, authenticate_client, is_client};
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;

/// The client, as it has shown itself.
#[derive(Debug)]
pub(crate) enum Caller {
    /// It has shown its secret.
    Confidential,
    /// It has named itself, which proves nothing.
    Public,
}

/// Finds out who calls, before anything else is looked at: a wrong secret is refused even where none is needed.
///
/// # Errors
/// `invalid_request` if the client names itself in no way or in two, `invalid_client` if it isn't the deployment's or
/// its secret is wrong.
pub(crate) async fn identify(
    app: &App,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Caller, OAuthError> {
    let presented = ClientCredentials::read(headers, parameters)?;
    let presented =
        presented.ok_or_else(|| OAuthError::invalid_request("The parameter client_id is missing."))?;
    check(app, presented).await
}

/// The same at the REST surface, where an API key as a bearer token is a secret, too: it is how that API is called.
///
/// # Errors
/// Those of [`identify`].
pub(crate) async fn identify_with_bearer(
    app: &App,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<Caller, OAuthError> {
    let presented = ClientCredentials::read(headers, parameters)?;
    let mut presented =
        presented.ok_or_else(|| OAuthError::invalid_request("The parameter client_id is missing."))?;
    presented.client_secret = presented.client_secret.or_else(|| bearer(headers));
    check(app, presented).await
}

async fn check(app: &App, presented: ClientCredentials) -> Result<Caller, OAuthError> {
    let wrong =
        || OAuthError::invalid_client("The client id or the client secret is wrong.", presented.basic);
    match &presented.client_secret {
        Some(secret) => {
            let client = authenticate_client(app, &presented.client_id, secret).await?;
            client.map(|_| Caller::Confidential).ok_or_else(wrong)
        }
        None if is_client(app, &presented.client_id) => Ok(Caller::Public),
        None => Err(wrong()),
    }
}
