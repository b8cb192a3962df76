//! Who the OAuth client is: its id and secret in a request, and the check of them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::auth::live_key;
use super::error::OAuthError;
use super::form::Parameters;
use crate::app::App;
use crate::domain::api_key::ApiKey;
use crate::domain::token::PlainToken;
use crate::store::StoreError;

/// What a request says about its client; proves nothing.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The client's id.
    pub client_id: String,
    /// The secret; a public client has none.
    pub client_secret: Option<PlainToken>,
    /// Whether they came by HTTP Basic, so that a refusal challenges it.
    pub basic: bool,
}

impl ClientCredentials {
    /// Reads the client's id and secret from `Authorization: Basic` or from the parameters `client_id` and `client_secret`
    /// (RFC 6749 §2.3.1); `None` if there are none. A bearer header beside them is not looked at: the WorkOS SDKs always
    /// send one.
    ///
    /// # Errors
    /// `invalid_request` if both ways are used (§2.3), `invalid_client` if they can't be read.
    pub fn read(headers: &HeaderMap, parameters: &Parameters) -> Result<Option<Self>, OAuthError> {
        let by_parameter = parameters.text("client_id");
        let Some(encoded) = basic_value(headers) else {
            let client_secret =
                parameters.text("client_secret").map(|secret| presented(secret, false)).transpose()?;
            return Ok(by_parameter.map(|id| Self { client_id: id.to_owned(), client_secret, basic: false }));
        };
        let unreadable = || OAuthError::invalid_client("The Authorization header is not HTTP Basic's.", true);
        let decoded = STANDARD.decode(encoded.trim()).map_err(|_| unreadable())?;
        let pair = String::from_utf8(decoded).map_err(|_| unreadable())?;
        let (client_id, secret) = pair.split_once(':').ok_or_else(unreadable)?;
        let (client_id, secret) = (form_decoded(client_id), form_decoded(secret));
        if parameters.text("client_secret").is_some() || by_parameter.is_some_and(|id| id != client_id) {
            let message = "The client authenticates in two ways at once; use one.";
            return Err(OAuthError::invalid_request(message));
        }
        let client_secret = if secret.is_empty() { None } else { Some(presented(&secret, true)?) };
        Ok(Some(Self { client_id, client_secret, basic: true }))
    }
}

fn basic_value(headers: &HeaderMap) -> Option<&str> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(value)
}

fn presented(secret: &str, basic: bool) -> Result<PlainToken, OAuthError> {
    let unknown = || OAuthError::invalid_client("The client's id or secret is wrong.", basic);
    PlainToken::presented(secret).ok_or_else(unknown)
}

/// The value of application/x-www-form-urlencoded text, in which Basic's two parts are written (RFC 6749 §2.3.1).
fn form_decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// The proof that the deployment's client has shown its secret.
#[derive(Debug, Clone)]
pub struct VerifiedClient {
    key: ApiKey,
}

impl VerifiedClient {
    /// The API key that was the secret.
    pub fn key(&self) -> &ApiKey {
        &self.key
    }
}

/// Checks a client's id and secret: the id is the deployment's, the secret any live API key. `None` if either is wrong,
/// without saying which, and without a faster answer for a wrong id.
///
/// # Errors
/// The store could not answer.
pub async fn authenticate_client(
    app: &App,
    client_id: &str,
    client_secret: &PlainToken,
) -> Result<Option<VerifiedClient>, StoreError> {
    let known = is_client(app, client_id);
    let key = live_key(app, client_secret).await?;
    Ok(key.filter(|_| known).map(|key| VerifiedClient { key }))
}

/// Whether `client_id` is the deployment's.
pub fn is_client(app: &App, client_id: &str) -> bool {
    verify_slices_are_equal(client_id.as_bytes(), app.config().client_id.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::web::auth::tests::issue;
    use crate::web::testing::{Hand, app_with_table};

    fn read(authorization: Option<&str>, parameters: &str) -> Result<Option<ClientCredentials>, OAuthError> {
        let authorization = authorization.map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap()));
        ClientCredentials::read(
            &authorization.into_iter().collect(),
            &Parameters::from_query(Some(parameters)).unwrap(),
        )
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    fn seen(credentials: Result<Option<ClientCredentials>, OAuthError>) -> (String, Option<String>, bool) {
        let credentials = credentials.unwrap().unwrap();
        let secret = credentials.client_secret.map(|secret| secret.reveal().to_owned());
        (credentials.client_id, secret, credentials.basic)
    }

    #[test]
    fn credentials_are_read_from_basic_and_from_parameters() {
        let expected = |basic| ("client_a".to_owned(), Some("sk_a:b c".to_owned()), basic);
        assert_eq!(seen(read(Some(&basic("client_a:sk_a%3Ab+c")), "")), expected(true));
        assert_eq!(seen(read(Some(&basic("client_a:sk_a:b%20c")), "client_id=client_a")), expected(true));
        assert_eq!(seen(read(None, "client_id=client_a&client_secret=sk_a%3Ab+c")), expected(false));
        assert_eq!(
            seen(read(Some("Bearer sk_x"), "client_id=client_a&client_secret=sk_a%3Ab+c")),
            expected(false)
        );
    }

    #[test]
    fn a_public_client_has_an_id_and_no_secret() {
        assert_eq!(seen(read(None, "client_id=client_a")), ("client_a".to_owned(), None, false));
        assert!(read(None, "").unwrap().is_none());
    }

    #[test]
    fn two_ways_at_once_are_refused() {
        for parameters in ["client_secret=sk_a", "client_id=client_b"] {
            let error = read(Some(&basic("client_a:sk_a")), parameters).unwrap_err();
            assert_eq!(error.error, "invalid_request", "{parameters}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_invalid_client() {
        for value in
            ["Basic !", "Basic bm9jb2xvbg==", "Basic /w==", &basic(&format!("client_a:{}", "x".repeat(300)))]
        {
            assert_eq!(read(Some(value), "").unwrap_err().error, "invalid_client", "{value}");
        }
    }

    #[tokio::test]
    async fn a_client_is_verified_by_the_deployments_id_and_any_live_key() {
        let app = app_with_table(&Hand::new()).await;
        let (plain, id) = issue(&app).await;
        let verified = authenticate_client(&app, "client_test", &plain).await.unwrap().unwrap();
        assert_eq!(verified.key().id, id);
        let other = PlainToken::api_key(app.rng());
        for (client_id, secret) in [("client_other", &plain), ("client_test", &other), ("", &plain)] {
            assert!(authenticate_client(&app, client_id, secret).await.unwrap().is_none(), "{client_id}");
        }
    }

    #[tokio::test]
    async fn a_revoked_key_is_no_secret() {
        let app = app_with_table(&Hand::new()).await;
        let (plain, id) = issue(&app).await;
        app.store().revoke_api_key(id).await.unwrap().unwrap();
        assert!(authenticate_client(&app, "client_test", &plain).await.unwrap().is_none());
    }
}
