//! Who calls a token endpoint: the deployment's one client, with its secret or without.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;
use portico_shared::app::App;
use portico_shared::web::auth::{VerifiedClient, authenticate_client, bearer};
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;

/// The client, as it has shown itself.
#[derive(Debug)]
pub(crate) enum Caller {
    /// It has shown its secret.
    Confidential(#[allow(dead_code)] VerifiedClient),
    /// It has named itself, which proves nothing.
    Public,
}

struct Presented {
    client_id: String,
    secret: Option<String>,
    /// By the `Authorization` header with HTTP Basic.
    basic: bool,
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
    let presented = presented(headers, parameters)?;
    let wrong =
        || OAuthError::invalid_client("The client id or the client secret is wrong.", presented.basic);
    match &presented.secret {
        Some(secret) => {
            let client = authenticate_client(app, &presented.client_id, secret).await?;
            client.map(Caller::Confidential).ok_or_else(wrong)
        }
        None if presented.client_id == app.config().client_id => Ok(Caller::Public),
        None => Err(wrong()),
    }
}

/// By HTTP Basic (RFC 6749 §2.3.1), or by parameters, where the secret may also come as a bearer token: the WorkOS SDKs
/// send the API key so with every call, beside the same key as `client_secret`.
fn presented(headers: &HeaderMap, parameters: &Parameters) -> Result<Presented, OAuthError> {
    let secret = parameters.text("client_secret");
    let client_id = parameters.text("client_id");
    if let Some((id, basic_secret)) = basic(headers)? {
        if secret.is_some() || client_id.is_some_and(|other| other != id) {
            let message =
                "The client authenticates in two ways: use the Authorization header or the parameters.";
            return Err(OAuthError::invalid_request(message));
        }
        return Ok(Presented { client_id: id, secret: Some(basic_secret), basic: true });
    }
    let as_bearer = || bearer(headers).map(|token| token.reveal().to_owned());
    Ok(Presented {
        client_id: parameters.required("client_id")?.to_owned(),
        secret: secret.map(str::to_owned).or_else(as_bearer),
        basic: false,
    })
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, OAuthError> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((scheme, encoded)) = value.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    let (id, secret) = pair.ok_or_else(|| {
        OAuthError::invalid_request("The Authorization header is not client_id:client_secret in base64.")
    })?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

/// Id and secret are form-encoded inside of Basic (RFC 6749 §2.3.1).
fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
