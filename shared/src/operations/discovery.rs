//! The discovery document of an OpenID provider (OpenID Connect Discovery 1.0 §3, §4), fetched and held against what a
//! sign-in will need.

use serde::Deserialize;
use url::Url;

use crate::app::App;
use crate::domain::connection::OidcProvider;
use crate::net::fetch::FetchError;

/// Where the document stands below an issuer.
const PLACE: &str = "/.well-known/openid-configuration";

/// Why a document isn't one that a sign-in can rest on. The text is for the admin who gave its address.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoveryError {
    /// It can't be fetched.
    #[error("The discovery document can’t be fetched: {0}.")]
    Fetch(#[from] FetchError),
    /// It is none.
    #[error(
        "This address does not lead to a discovery document. Its address ends in /.well-known/openid-configuration, and it is JSON."
    )]
    NotADocument,
    /// A value is missing.
    #[error("The discovery document names no {0}, which a sign-in needs.")]
    Missing(&'static str),
    /// The issuer isn't the one whose document it is (OpenID Connect Discovery 1.0 §4.3).
    #[error(
        "The document is that of {named}, but it was found at {place}. Enter the address that ends in {PLACE} below the issuer."
    )]
    OtherIssuer {
        /// Whom the document names.
        named: String,
        /// Below what it was found.
        place: String,
    },
    /// It can't do what is needed.
    #[error("The provider does not offer {0}, which a sign-in needs.")]
    Unsupported(&'static str),
}

#[derive(Debug, Deserialize)]
struct Document {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    userinfo_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
}

/// Fetches and checks a provider's discovery document.
///
/// # Errors
/// [`DiscoveryError`].
pub async fn fetch(app: &App, address: &str) -> Result<OidcProvider, DiscoveryError> {
    let document = app.fetch().text(address).await?;
    let document: Document =
        serde_json::from_slice(&document.bytes).map_err(|_| DiscoveryError::NotADocument)?;
    check(address, document)
}

fn check(address: &str, document: Document) -> Result<OidcProvider, DiscoveryError> {
    let needed = |value: Option<String>, name: &'static str| {
        value.filter(|url| Url::parse(url).is_ok()).ok_or(DiscoveryError::Missing(name))
    };
    let issuer = needed(document.issuer, "issuer")?;
    let place = address.strip_suffix(PLACE).unwrap_or(address).trim_end_matches('/');
    // Entra’s document for all tenants has a placeholder in its issuer: it is nobody's own, and can't be pinned.
    if issuer.trim_end_matches('/') != place {
        return Err(DiscoveryError::OtherIssuer { named: issuer, place: place.to_owned() });
    }
    if document.response_types_supported.is_some_and(|types| !types.iter().any(|kind| kind == "code")) {
        return Err(DiscoveryError::Unsupported("the authorization code flow"));
    }
    let algorithms = document.id_token_signing_alg_values_supported;
    let known = ["RS256", "ES256", "PS256"];
    if algorithms.is_some_and(|all| !all.iter().any(|name| known.contains(&name.as_str()))) {
        return Err(DiscoveryError::Unsupported("ID tokens signed by RS256, ES256 or PS256"));
    }
    Ok(OidcProvider {
        authorization_endpoint: needed(document.authorization_endpoint, "authorization_endpoint")?,
        token_endpoint: needed(document.token_endpoint, "token_endpoint")?,
        jwks_uri: needed(document.jwks_uri, "jwks_uri")?,
        userinfo_endpoint: document.userinfo_endpoint,
        issuer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(address: &str, json: &str) -> Result<OidcProvider, String> {
        check(address, serde_json::from_str(json).unwrap()).map_err(|error| error.to_string())
    }

    const GOOD: &str = r#"{"issuer": "https://idp.test", "authorization_endpoint": "https://idp.test/a",
        "token_endpoint": "https://idp.test/t", "jwks_uri": "https://idp.test/k",
        "response_types_supported": ["code", "id_token"], "id_token_signing_alg_values_supported": ["RS256"]}"#;
    const ADDRESS: &str = "https://idp.test/.well-known/openid-configuration";

    #[test]
    fn a_document_is_that_of_the_issuer_below_whom_it_stands() {
        assert_eq!(checked(ADDRESS, GOOD).unwrap().issuer, "https://idp.test");
        let other = checked("https://other.test/.well-known/openid-configuration", GOOD).unwrap_err();
        assert!(
            other.contains("that of https://idp.test") && other.contains("found at https://other.test"),
            "{other}"
        );
    }

    #[test]
    fn what_a_sign_in_needs_has_to_be_there() {
        for (from, to, sentence) in [
            ("token_endpoint", "other", "names no token_endpoint"),
            ("[\"code\", \"id_token\"]", "[\"id_token\"]", "authorization code flow"),
            ("RS256", "HS256", "signed by RS256"),
        ] {
            let error = checked(ADDRESS, &GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(sentence), "{error}");
        }
    }
}
