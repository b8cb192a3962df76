//! Trading a code for a token (RFC 6749 §4.1.3), the same at both surfaces.

use chrono::Duration;
use portico_protocol::oidc::S256Challenge;
use portico_shared::app::App;
use portico_shared::domain::redirect_uri::ClientKind;
use portico_shared::domain::sign_in::{AccessToken, AuthorizationCode, Surface, Trade};
use portico_shared::domain::token::{PlainToken, TokenSalt};
use portico_shared::store::{IssuedCode, StoreError, TradeRefused};
use portico_shared::web::after_answer::AfterAnswer;
use portico_shared::web::error::OAuthError;
use portico_shared::web::form::Parameters;

use crate::client::Caller;

/// How long a trade waits from one look to the next at another one of the same code that was made a moment ago, in
/// milliseconds: together as long as that may be in hand.
const PAUSES: [u64; 5] = [50, 150, 300, 500, 1000];

/// How long an access token of the REST surface counts.
pub(crate) const SSO_TOKEN_LIFETIME: Duration = Duration::minutes(5);
/// How long an access token of OpenID Connect counts.
pub(crate) const OPENID_TOKEN_LIFETIME: Duration = Duration::hours(1);

/// Why a code isn't traded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TradeError {
    /// Another grant than a code.
    #[error("Only grant_type=authorization_code is supported.")]
    GrantType,
    /// No code, or something of another form.
    #[error("The parameter code is missing.")]
    NoCode,
    /// There is no such code (any more).
    #[error("The code is unknown. Codes are good for 10 minutes; begin the sign-in again.")]
    Unknown,
    /// The code was issued, but too long ago.
    #[error("The code has expired: it was good for 10 minutes. Begin the sign-in again.")]
    Expired,
    /// The code was traded before.
    #[error("The code was used already, and the token that it gave is revoked. Begin the sign-in again.")]
    Used,
    /// The sign-in began on the other surface.
    #[error("The code belongs to the other token endpoint: trade it at {} where the sign-in began.", token_endpoint(*.0))]
    OtherSurface(Surface),
    /// OpenID Connect without the redirect URI (RFC 6749 §4.1.3).
    #[error("The parameter redirect_uri is missing: repeat the one that the sign-in began with.")]
    RedirectUriMissing,
    /// Another redirect URI than the sign-in's.
    #[error("The redirect_uri is not the one that the sign-in began with.")]
    RedirectUri,
    /// The sign-in began with PKCE, and the verifier is missing.
    #[error("The sign-in began with PKCE: send its code_verifier.")]
    VerifierMissing,
    /// The verifier isn't the challenge's.
    #[error("The code_verifier does not match the code_challenge that the sign-in began with.")]
    VerifierWrong,
    /// A verifier without a challenge: somebody may have taken PKCE away (RFC 9700 §4.8.2).
    #[error("The sign-in began without PKCE, so there must be no code_verifier.")]
    VerifierUnexpected,
    /// A confidential application's code without its secret (RFC 6749 §4.1.3).
    #[error(
        "The redirect_uri is a confidential application's, so the client secret is needed, with PKCE or without."
    )]
    SecretNeeded,
    /// The sign-in doesn't count any more.
    #[error("The person was deactivated or signed out, or the connection removed, after they signed in.")]
    Ended,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn token_endpoint(surface: Surface) -> &'static str {
    match surface {
        Surface::Sso => "/sso/token",
        Surface::OpenId => "/oauth2/token",
    }
}

impl From<TradeError> for OAuthError {
    fn from(error: TradeError) -> Self {
        let text = error.to_string();
        match error {
            TradeError::GrantType => Self::unsupported_grant_type(text),
            TradeError::NoCode | TradeError::RedirectUriMissing => Self::invalid_request(text),
            TradeError::SecretNeeded => Self::invalid_client(text, false),
            TradeError::Unknown
            | TradeError::Expired
            | TradeError::Used
            | TradeError::OtherSurface(_)
            | TradeError::RedirectUri
            | TradeError::VerifierMissing
            | TradeError::VerifierWrong
            | TradeError::VerifierUnexpected
            | TradeError::Ended => Self::invalid_grant(text),
            TradeError::Store(error) => error.into(),
        }
    }
}

/// A code that the caller may trade: its client, its endpoint, its PKCE are right. It isn't used up yet.
pub(crate) struct VerifiedCode {
    code: IssuedCode,
    presented: PlainToken,
}

impl VerifiedCode {
    /// What the code stands for.
    pub(crate) fn code(&self) -> &AuthorizationCode {
        &self.code.value
    }
}

/// Reads the code and holds it against the caller. One round trip, unless it was traded a moment ago.
pub(crate) async fn verify_code(
    app: &App,
    caller: &Caller,
    parameters: &Parameters,
    surface: Surface,
) -> Result<VerifiedCode, TradeError> {
    if parameters.text("grant_type") != Some("authorization_code") {
        return Err(TradeError::GrantType);
    }
    let presented = parameters.text("code").and_then(PlainToken::presented).ok_or(TradeError::NoCode)?;
    let code = app.store().authorization_code(&presented.hashed()).await?.ok_or(TradeError::Unknown)?;
    check(&code.value, caller, parameters, surface)?;
    // Only now: a stolen code without its verifier must not end the session of the one who has it.
    let code = free(app, code).await?;
    if code.value.traded_for.is_none() && code.value.expires_at <= app.clock().now() {
        return Err(TradeError::Expired);
    }
    Ok(VerifiedCode { code, presented })
}

/// A code that nobody has traded, or whose trade was lost. One that was traded for good ends the token that it gave
/// (RFC 6749 §4.1.2); one whose answer may be on its way is waited for, as two trades at the same time are.
async fn free(app: &App, mut code: IssuedCode) -> Result<IssuedCode, TradeError> {
    for pause in PAUSES {
        match code.value.trade(code.answered, app.clock().now()) {
            Trade::Open | Trade::Lost => return Ok(code),
            Trade::Done => {
                if let Some(token) = &code.value.traded_for {
                    app.store().revoke_access_token(token).await?;
                }
                return Err(TradeError::Used);
            }
            Trade::InHand => tokio::time::sleep(std::time::Duration::from_millis(pause)).await,
        }
        code = app.store().authorization_code(&code.value.code).await?.ok_or(TradeError::Unknown)?;
    }
    // Somebody else has traded it in the meantime, perhaps for the last time.
    if code.value.traded_again { Err(TradeError::Used) } else { Ok(code) }
}

/// A code is good only at the surface where its sign-in began: one that began without `openid` and a nonce must not
/// become an id_token, and one that began with them must not lose their checks. The WorkOS SDKs use `/sso/…` for both
/// steps, OpenID Connect libraries `/oauth2/…`, so neither notices.
fn check(
    code: &AuthorizationCode,
    caller: &Caller,
    parameters: &Parameters,
    surface: Surface,
) -> Result<(), TradeError> {
    if code.surface != surface {
        return Err(TradeError::OtherSurface(code.surface));
    }
    match (parameters.text("redirect_uri"), surface) {
        (Some(uri), _) if uri != code.redirect_uri => return Err(TradeError::RedirectUri),
        // The WorkOS SDKs don't send it.
        (Some(_), _) | (None, Surface::Sso) => {}
        (None, Surface::OpenId) => return Err(TradeError::RedirectUriMissing),
    }
    // PKCE is no substitute for the secret: whoever made the link chose its challenge.
    let public = code.client_kind == ClientKind::Public && code.code_challenge.is_some();
    if matches!(caller, Caller::Public) && !public {
        return Err(TradeError::SecretNeeded);
    }
    match (code.code_challenge.as_deref(), parameters.text("code_verifier")) {
        (Some(_), None) => Err(TradeError::VerifierMissing),
        (Some(challenge), Some(verifier)) => {
            let matches = S256Challenge::parse(challenge).is_ok_and(|challenge| challenge.matches(verifier));
            if matches { Ok(()) } else { Err(TradeError::VerifierWrong) }
        }
        (None, Some(_)) => Err(TradeError::VerifierUnexpected),
        (None, None) => Ok(()),
    }
}

/// The token that a code gives.
pub(crate) struct CodesToken {
    /// For the application.
    pub(crate) plain: PlainToken,
    /// For the table.
    pub(crate) kept: AccessToken,
    salt: TokenSalt,
}

/// The access token for whom the code stands for; it counts once `trade` has kept it. A trade that was lost gives the same
/// token again: whoever has heard of it after all keeps what they have.
pub(crate) fn token_of(app: &App, verified: &VerifiedCode, lifetime: Duration) -> CodesToken {
    let code = verified.code();
    let now = app.clock().now();
    let salt = code.token_salt.clone().unwrap_or_else(|| TokenSalt::random(app.rng()));
    let plain = PlainToken::access(code.profile.bearer(), &verified.presented, &salt);
    let kept = AccessToken {
        token: plain.hashed(),
        profile: code.profile.clone(),
        sign_in_id: code.sign_in_id,
        scope: code.scope.clone(),
        surface: code.surface,
        auth_time: code.auth_time,
        signed_in_at: code.created_at,
        issued_at: now,
        expires_at: now + lifetime,
    };
    CodesToken { plain, kept, salt }
}

/// Uses the code up for the token; what it gives belongs on the response. One round trip.
pub(crate) async fn trade(
    app: &App,
    code: &VerifiedCode,
    token: &CodesToken,
) -> Result<AfterAnswer, TradeError> {
    let code = &code.code;
    match write(app, code, token).await? {
        Ok(()) => {}
        Err(TradeRefused::PersonInactive) => return Err(TradeError::Ended),
        // Another one was faster: either it is answered, or it is lost, and this is the second one.
        Err(TradeRefused::AlreadyTraded) => {
            let read = app.store().authorization_code(&code.value.code).await?.ok_or(TradeError::Unknown)?;
            let lost = free(app, read).await?;
            write(app, &lost, token).await?.map_err(|_| TradeError::Used)?;
        }
    }
    let (app, code) = (app.clone(), code.value.clone());
    Ok(AfterAnswer::new(async move {
        if let Err(cause) = app.store().mark_answered(&code).await {
            tracing::warn!(%cause, "an answered trade could not be marked: for a minute the code may be traded once more");
        }
    }))
}

async fn write(
    app: &App,
    code: &IssuedCode,
    token: &CodesToken,
) -> Result<Result<(), TradeRefused>, TradeError> {
    // Read beside the transaction, not checked in it: a company's people would hinder each other at their connection's
    // state. A token that comes too late is told to nobody, and whoever uses one is held against the same again.
    let (traded, standing) = tokio::try_join!(
        app.store().trade_code(code, &token.kept, &token.salt),
        app.store().standing(token.kept.profile.bearer()),
    )?;
    match traded {
        Ok(()) if !standing.honours(token.kept.signed_in_at) => Err(TradeError::Ended),
        traded => Ok(traded),
    }
}
