//! Why a sign-in doesn't begin, and where that is told: to the application once its redirect URI is proved (RFC 6749
//! §4.1.2.1), on a page before.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portico_shared::config::PublicUrl;
use portico_shared::domain::sign_in::Surface;
use portico_shared::store::StoreError;
use portico_shared::vault::VaultError;
use portico_shared::web::error::{ErrorPage, Trouble};
use portico_shared::web::redirect::{self, Application};

/// Why a sign-in doesn't begin. The text is for the application's developer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// The query can't be read: a repeated parameter, too many of them.
    #[error("{0}")]
    Unreadable(String),
    /// `client_id` is missing or another deployment's.
    #[error("The client_id is missing or is not the one of this deployment.")]
    UnknownClient,
    /// The redirect URI isn't registered.
    #[error(
        "The redirect_uri is not registered. It has to be one of the registered ones, character for character."
    )]
    UnknownRedirectUri,
    /// OpenID Connect, and none was named.
    #[error("The parameter redirect_uri is missing.")]
    NoRedirectUri,
    /// None was named and none is the default.
    #[error("No redirect_uri was given, and none is registered as the default.")]
    NoDefaultRedirectUri,
    /// Another `response_type` than `code`.
    #[error("Expected response_type=code.")]
    ResponseType,
    /// Another `response_mode` than `query`.
    #[error("Expected response_mode=query, or none.")]
    ResponseMode,
    /// A request object (OpenID Connect Core §6.1).
    #[error("Request objects are not supported: send the parameters themselves.")]
    RequestObject,
    /// A request object by reference (OpenID Connect Core §6.2).
    #[error("Request objects are not supported: send the parameters themselves.")]
    RequestUri,
    /// OpenID Connect without `openid` in the scope.
    #[error("Expected openid in the scope.")]
    Scope,
    /// A parameter is longer than what is kept.
    #[error("The parameter {name} is longer than {limit} bytes.")]
    TooLong {
        /// The parameter.
        name: &'static str,
        /// The most bytes.
        limit: usize,
    },
    /// `provider`: signing in by a social network.
    #[error("Signing in by provider is not supported: name a connection or an organization.")]
    Provider,
    /// Nothing says where to sign in.
    #[error(
        "Expected one of connection, organization, or a login_hint with the person's work e-mail address."
    )]
    NoSelector,
    /// Two things say where to sign in.
    #[error("Expected either connection or organization, not both.")]
    TwoSelectors,
    /// A hint without a domain.
    #[error(
        "The hint has no domain. Expected an e-mail address such as ada@acme.com, or a domain such as acme.com."
    )]
    HintWithoutDomain,
    /// PKCE with another method than S256.
    #[error("Expected code_challenge_method=S256.")]
    ChallengeMethod,
    /// The code challenge isn't one of S256.
    #[error("Expected a code_challenge of 43 characters of base64url, the SHA-256 of the code_verifier.")]
    Challenge,
    /// A public application without PKCE.
    #[error(
        "This redirect_uri is a public application's, which needs PKCE: send code_challenge and code_challenge_method=S256."
    )]
    ChallengeRequired,
    /// Somebody typed an address for a public application, whose PKCE only it can make.
    #[error("This application's sign-ins begin at the application.")]
    ApplicationBegins,
    /// A `prompt` that isn't known, or `none` with something else.
    #[error("Expected prompt=login or prompt=none.")]
    Prompt,
    /// A `max_age` that isn't a number of seconds.
    #[error("Expected max_age to be a whole number of seconds.")]
    MaxAge,
    /// There is no such connection.
    #[error("There is no connection with this id.")]
    UnknownConnection,
    /// The connection has no settings of an identity provider yet.
    #[error("The connection is a draft: its identity provider is not configured yet.")]
    Draft,
    /// The connection hasn't been proved yet.
    #[error("The connection is not active yet: it is waiting for its first successful test sign-in.")]
    Validating,
    /// The connection is switched off.
    #[error("The connection is switched off.")]
    Inactive,
    /// There is no such organization.
    #[error("There is no organization with this id.")]
    UnknownOrganization,
    /// The plan has no single sign-on.
    #[error("The organization's plan does not include single sign-on.")]
    NotInPlan,
    /// The organization has no connection that serves.
    #[error("The organization has no active connection.")]
    NoActiveConnection,
    /// Nobody has proved the domain.
    #[error("No organization has verified this domain.")]
    UnknownDomain,
    /// The identity provider's address can't be used.
    #[error("The connection's sign-in URL can't be used. Check it in the connection's settings.")]
    Destination,
    /// The table, the vault, or a defect.
    #[error("{}", .0.message())]
    Trouble(Trouble),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<VaultError> for Denied {
    fn from(error: VaultError) -> Self {
        Self::Trouble(error.into())
    }
}

impl Denied {
    /// The code for the application: RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6 for request objects.
    pub(crate) fn error(&self) -> &'static str {
        match self {
            Self::Unreadable(_)
            | Self::UnknownRedirectUri
            | Self::NoRedirectUri
            | Self::NoDefaultRedirectUri
            | Self::ResponseMode
            | Self::TooLong { .. }
            | Self::Provider
            | Self::NoSelector
            | Self::TwoSelectors
            | Self::HintWithoutDomain
            | Self::ChallengeMethod
            | Self::Challenge
            | Self::ChallengeRequired
            | Self::ApplicationBegins
            | Self::Prompt
            | Self::MaxAge
            | Self::UnknownConnection
            | Self::UnknownOrganization => "invalid_request",
            Self::UnknownClient => "unauthorized_client",
            Self::ResponseType => "unsupported_response_type",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::Scope => "invalid_scope",
            Self::Draft
            | Self::Validating
            | Self::Inactive
            | Self::NotInPlan
            | Self::NoActiveConnection
            | Self::UnknownDomain => "access_denied",
            Self::Trouble(Trouble::Busy | Trouble::Conflict) => "temporarily_unavailable",
            Self::Destination | Self::Trouble(_) => "server_error",
        }
    }

    /// Whether it only means that there is no single sign-on for the address that somebody typed in.
    pub(crate) fn is_nothing_found(&self) -> bool {
        matches!(
            self,
            Self::UnknownDomain
                | Self::UnknownOrganization
                | Self::NotInPlan
                | Self::NoActiveConnection
                | Self::HintWithoutDomain
        )
    }

    /// The page for a person, where the application can't be told.
    fn page(&self) -> ErrorPage {
        if let Self::Trouble(trouble) = self {
            return ErrorPage::from(*trouble);
        }
        if *self == Self::ApplicationBegins {
            return ErrorPage::new(
                StatusCode::BAD_REQUEST,
                self.error(),
                "Start at the application",
                "Your organization has single sign-on, but for this application it can't begin on this page."
                    .to_owned(),
                "Open the application, and sign in there with your work e-mail address.",
            );
        }
        let what_happened = format!("The application sent you here in a way that does not work. {}", self);
        let what_to_do = "Go back to the application and try again. If it happens again, tell the people who run the \
                          application, and give them the reference below.";
        ErrorPage::new(
            StatusCode::BAD_REQUEST,
            self.error(),
            "You can't sign in here yet",
            what_happened,
            what_to_do,
        )
    }
}

/// Where the application is told: its proved redirect URI, and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Back {
    /// The redirect URI.
    pub(crate) redirect_uri: String,
    /// The state, as it came.
    pub(crate) state: Option<String>,
    /// The endpoint that was asked.
    pub(crate) surface: Surface,
    /// The deployment's own address.
    pub(crate) public_url: PublicUrl,
}

/// A sign-in that doesn't begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) denied: Denied,
    /// Where the application is told; none where the redirect URI isn't proved, and then a page is shown.
    pub(crate) back: Option<Back>,
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self { denied, back: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = self.denied.error();
        tracing::info!(error, reason = %self.denied, "a sign-in does not begin");
        let Some(back) = self.back else { return self.denied.page().into_response() };
        let description = self.denied.to_string();
        let application = Application {
            redirect_uri: &back.redirect_uri,
            state: back.state.as_deref(),
            surface: back.surface,
        };
        let own = [("error", error), ("error_description", description.as_str())];
        redirect::found(&application.address(&own, &back.public_url))
    }
}
