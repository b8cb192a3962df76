//! The form by which a browser brings an answer (saml-bindings §3.5.4).

use bytes::Bytes;
use http::HeaderMap;
use portico_shared::web::form::{Parameters, is_form};

use crate::error::RouteError;

/// What an identity provider had the browser post.
pub(crate) struct Message {
    /// `SAMLResponse`, in base64.
    pub(crate) saml_response: String,
    /// `RelayState`, if given.
    pub(crate) relay_state: Option<String>,
}

impl Message {
    /// Reads the form: `SAMLResponse` exactly once, `RelayState` once at most.
    pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, RouteError> {
        if !is_form(headers) {
            return Err(RouteError::NotAForm);
        }
        let form = Parameters::from_request(None, headers, body).map_err(|_| RouteError::MalformedForm)?;
        Ok(Self {
            saml_response: form.text("SAMLResponse").ok_or(RouteError::NoResponse)?.to_owned(),
            relay_state: form.text("RelayState").map(str::to_owned),
        })
    }
}
