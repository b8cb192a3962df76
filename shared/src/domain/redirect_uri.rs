//! Redirect URIs: where the application lets people be sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::RedirectUriId;

/// Whether the application behind a redirect URI can keep a secret (RFC 6749 §2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// It can: a code needs the client secret.
    #[default]
    Confidential,
    /// It cannot: PKCE with S256 is required.
    Public,
}

/// Why a text isn't a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Not an absolute URI, or longer than 1,024 bytes.
    #[error("expected an absolute URI of at most 1024 characters, such as https://app.example.com/callback")]
    Malformed,
    /// Neither https nor http on loopback.
    #[error("expected https, or http on 127.0.0.1, [::1] or localhost for development")]
    NotSecure,
    /// With a fragment (RFC 6749 §3.1.2) or user information.
    #[error("a redirect URI can't have a fragment (#…) or a user name")]
    FragmentOrUser,
}

/// Whether `text` may be registered (RFC 6749 §3.1.2, RFC 8252 §7.3 for loopback). It is kept and compared as written.
pub fn check_redirect_uri(text: &str) -> Result<(), InvalidRedirectUri> {
    if text.len() > 1024 || text.bytes().any(|b| b.is_ascii_control() || b == b' ') {
        return Err(InvalidRedirectUri::Malformed);
    }
    let url = url::Url::parse(text).map_err(|_| InvalidRedirectUri::Malformed)?;
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(InvalidRedirectUri::NotSecure),
    }
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidRedirectUri::FragmentOrUser);
    }
    Ok(())
}

/// A place where the application lets people be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RedirectUri {
    /// Its id.
    pub id: RedirectUriId,
    /// The URI, compared exactly.
    pub uri: String,
    /// Whether the application behind it can keep a secret.
    pub kind: ClientKind,
    /// Whether it is used where none is named. One per deployment.
    pub default: bool,
    /// Where the application begins a sign-in (OpenID Connect Core §4) that a provider, or a person at /login, wants. What
    /// the default redirect URI says counts.
    #[serde(default)]
    pub initiate_login_uri: Option<String>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_loopback_may_be_registered() {
        for good in [
            "https://app.example.com/callback?x=1",
            "http://127.0.0.1:3000/cb",
            "http://localhost/cb",
            "http://[::1]:1/",
        ] {
            assert_eq!(check_redirect_uri(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("/callback", InvalidRedirectUri::Malformed),
            ("https://a b.example.com/", InvalidRedirectUri::Malformed),
            ("http://app.example.com/cb", InvalidRedirectUri::NotSecure),
            ("http://127.0.0.1.example.com/cb", InvalidRedirectUri::NotSecure),
            ("javascript:alert(1)", InvalidRedirectUri::NotSecure),
            ("https://app.example.com/cb#x", InvalidRedirectUri::FragmentOrUser),
            ("https://bob@app.example.com/cb", InvalidRedirectUri::FragmentOrUser),
        ] {
            assert_eq!(check_redirect_uri(bad), Err(why), "{bad}");
        }
    }
}
