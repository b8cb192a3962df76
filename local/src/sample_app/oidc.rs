//! The OpenID Connect client: discovery, the authorization request, the token request, the ID token.

use crate::api::loopback_client;
use crate::stack::Stack;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use portico_protocol::oidc::id_token::{self, IdTokenClaims, IdTokenError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use url::Url;

/// The deployment, as the app sees it.
pub(super) struct Provider {
    client: reqwest::Client,
    issuer: String,
    /// The port itself: this machine may not trust the certificate of a TLS proxy before it.
    local_url: String,
    client_id: String,
    client_secret: String,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcError {
    #[error("{0} could not be reached: {1}")]
    Unreachable(&'static str, reqwest::Error),
    #[error("{0} could not be understood: {1}")]
    Unreadable(&'static str, serde_json::Error),
    #[error("the discovery document is for another issuer: {0}")]
    ForeignIssuer(String),
    #[error("the authorization endpoint is no URL: {0}")]
    Endpoint(#[from] url::ParseError),
    #[error("the token endpoint answered {0}: {1}")]
    Refused(u16, String),
    #[error("the ID token is not accepted: {0}")]
    IdToken(#[from] IdTokenError),
    #[error("the ID token's nonce is not the one that was sent")]
    Nonce,
    #[error("the ID token does not belong to the access token beside it")]
    AccessTokenHash,
}

/// OpenID Connect Discovery §3, as far as the app needs it.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
}

/// RFC 7662 §2.2, as far as the app needs it.
#[derive(Deserialize)]
struct Introspected {
    active: bool,
}

/// Who signed in, and by which access token it is known whether their access has ended.
pub(super) struct SignedIn {
    pub(super) claims: IdTokenClaims,
    pub(super) access_token: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Json>,
}

/// What an authorization request says beside the client's own settings.
pub(super) struct Authorization<'a> {
    pub(super) redirect_uri: &'a str,
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    pub(super) code_verifier: &'a str,
    /// Who signs in: `login_hint` or `organization`, with its value.
    pub(super) who: (&'a str, &'a str),
}

/// What comes back from the token endpoint is held against this.
pub(super) struct Expected<'a> {
    pub(super) redirect_uri: &'a str,
    pub(super) nonce: &'a str,
    pub(super) code_verifier: &'a str,
    pub(super) now: DateTime<Utc>,
}

impl Provider {
    pub(super) fn new(stack: &Stack, client_secret: String) -> Self {
        Self {
            client: loopback_client(),
            issuer: stack.base_url().to_owned(),
            local_url: stack.local_url(),
            client_id: stack.client_id().to_owned(),
            client_secret,
        }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the browser goes to sign in.
    pub(super) async fn authorization_url(&self, request: &Authorization<'_>) -> Result<String, OidcError> {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, request.code_verifier.as_bytes()));
        let mut url = Url::parse(&self.discovery().await?.authorization_endpoint)?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", request.redirect_uri),
            ("scope", "openid profile email"),
            ("state", request.state),
            ("nonce", request.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            request.who,
        ]);
        Ok(url.into())
    }

    /// Trades a code, and says who signed in once the ID token has been checked (OpenID Connect Core §3.1.3.7).
    pub(super) async fn trade(&self, code: &str, expected: &Expected<'_>) -> Result<SignedIn, OidcError> {
        let discovery = self.discovery().await?;
        let endpoint = "the token endpoint";
        let unreachable = |problem| OidcError::Unreachable(endpoint, problem);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", expected.redirect_uri),
            ("code_verifier", expected.code_verifier),
        ];
        let response = self.post(&discovery.token_endpoint, &fields).await.map_err(unreachable)?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(OidcError::Refused(status, response.text().await.map_err(unreachable)?));
        }
        let tokens: Tokens = read(endpoint, response).await?;
        let jwks: Jwks = self.get("the key set", &self.behind(&discovery.jwks_uri)).await?;
        let claims =
            id_token::verify(&tokens.id_token, &jwks.keys, &self.issuer, &self.client_id, expected.now)?;
        if claims.nonce.as_deref() != Some(expected.nonce) {
            return Err(OidcError::Nonce);
        }
        // Required only beside a token from the front channel, but when it is there it has to fit (§3.1.3.8).
        if claims.at_hash.as_ref().is_some_and(|hash| *hash != id_token::at_hash(&tokens.access_token)) {
            return Err(OidcError::AccessTokenHash);
        }
        Ok(SignedIn { claims, access_token: tokens.access_token })
    }

    /// Whether somebody's access hasn't ended yet (RFC 7662).
    pub(super) async fn is_active(&self, access_token: &str) -> Result<bool, OidcError> {
        let discovery = self.discovery().await?;
        let endpoint = "the introspection endpoint";
        let response = self.post(&discovery.introspection_endpoint, &[("token", access_token)]).await;
        let response = response.map_err(|problem| OidcError::Unreachable(endpoint, problem))?;
        let introspected: Introspected = read(endpoint, response).await?;
        Ok(introspected.active)
    }

    /// A form, as the client.
    async fn post(&self, endpoint: &str, fields: &[(&str, &str)]) -> reqwest::Result<reqwest::Response> {
        let request = self.client.post(self.behind(endpoint));
        let request = request.basic_auth(&self.client_id, Some(&self.client_secret));
        request.header("content-type", "application/x-www-form-urlencoded").body(form(fields)).send().await
    }

    /// The name of an organization, by the REST API.
    pub(super) async fn organization_name(&self, id: &str) -> Option<String> {
        let url = format!("{}/organizations/{id}", self.local_url);
        let response = self.client.get(url).bearer_auth(&self.client_secret).send().await.ok()?;
        let organization: Json = read("the organization", response).await.ok()?;
        organization.get("name").and_then(Json::as_str).map(str::to_owned)
    }

    async fn discovery(&self) -> Result<Discovery, OidcError> {
        let url = format!("{}/.well-known/openid-configuration", self.local_url);
        let discovery: Discovery = self.get("the discovery document", &url).await?;
        if discovery.issuer == self.issuer {
            Ok(discovery)
        } else {
            Err(OidcError::ForeignIssuer(discovery.issuer))
        }
    }

    async fn get<T: DeserializeOwned>(&self, what: &'static str, url: &str) -> Result<T, OidcError> {
        let response =
            self.client.get(url).send().await.map_err(|problem| OidcError::Unreachable(what, problem))?;
        read(what, response).await
    }

    /// An endpoint's address behind the TLS proxy, if there is one.
    fn behind(&self, endpoint: &str) -> String {
        let path = endpoint.strip_prefix(&self.issuer);
        path.map_or_else(|| endpoint.to_owned(), |path| format!("{}{path}", self.local_url))
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn read<T: DeserializeOwned>(what: &'static str, response: reqwest::Response) -> Result<T, OidcError> {
    let unreachable = |problem| OidcError::Unreachable(what, problem);
    let response = response.error_for_status().map_err(unreachable)?;
    let body = response.bytes().await.map_err(unreachable)?;
    serde_json::from_slice(&body).map_err(|problem| OidcError::Unreadable(what, problem))
}
