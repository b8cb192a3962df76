//! A sign-in from its request to the tokens, and the log that remembers how it went.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::actor::Who;
use super::connection::ConnectionType;
use super::ids::{ConnectionId, OrganizationId, PortalSessionId, ProfileId, SignInId, SignInRequestId};
use super::person::Profile;
use super::redirect_uri::ClientKind;
use super::token::{HashedToken, TokenSalt};

/// How long a request waits for the provider's answer.
pub const REQUEST_LIFETIME: Duration = Duration::minutes(10);
/// How long a code waits to be traded.
pub const CODE_LIFETIME: Duration = Duration::minutes(10);
/// How long a code is remembered after its end: as long as any token that it gave may live, so that a second trade is
/// recognised and ends the token (RFC 6749 §4.1.2).
pub const CODE_MEMORY: Duration = Duration::hours(1);
/// For how long a trade whose answer was lost can be had again.
pub const TRADE_AGAIN_WITHIN: Duration = Duration::seconds(60);
/// How long a trade that isn't marked as answered counts as one whose answer is on its way: far longer than it takes, so
/// that of two trades at the same time one is answered.
pub const TRADE_IN_HAND: Duration = Duration::seconds(2);
/// How long an entry of the sign-in log is kept.
pub const SIGN_IN_RECORD_LIFETIME: Duration = Duration::days(90);

/// Which of the two surfaces a sign-in began on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// `/sso/…`: the REST contract.
    Sso,
    /// `/oauth2/…`: OpenID Connect.
    OpenId,
}

/// What the application asked for, kept while the person is at their provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInRequest {
    /// Its id, and the `ID` of the AuthnRequest.
    pub id: SignInRequestId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The organization of the connection.
    pub organization_id: OrganizationId,
    /// The connection's revision at the start.
    pub connection_revision: u64,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// Whether the application there can keep a secret.
    pub client_kind: ClientKind,
    /// The application's own state, returned as it came.
    pub state: Option<String>,
    /// The application's nonce, for the id_token.
    pub nonce: Option<String>,
    /// The S256 code challenge (RFC 7636).
    pub code_challenge: Option<String>,
    /// What the application asked for (`openid profile …`); empty on the REST surface.
    pub scope: String,
    /// Where it began.
    pub surface: Surface,
    /// How old the provider's authentication may be, in seconds (OpenID Connect Core §3.1.2.1).
    pub max_age: Option<u32>,
    /// Whether the provider has to have authenticated the person after this request began: the application said
    /// `prompt=login`, or the connection always asks for it.
    #[serde(default)]
    pub force_authn: bool,
    /// Whether nothing may be shown to the person: the application said `prompt=none`.
    #[serde(default)]
    pub is_passive: bool,
    /// What a test is for that was begun in the admin portal: it signs nobody in, and has no application to go back to.
    #[serde(default)]
    pub test: Option<PortalTest>,
    /// The browser that began it.
    pub browser: HashedToken,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Set once, by the sign-in that used it.
    #[serde(default)]
    pub consumed_by: Option<SignInId>,
}

/// A test sign-in, begun in the admin portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortalTest {
    /// The visit in which it was begun; while that goes on, the test may succeed.
    pub session_id: PortalSessionId,
    /// Who began it, and stands behind what it comes to.
    pub by: Who,
    /// The connections of the same organization that served when it began. Where there is one, the tested one takes its
    /// place when it succeeds; of several, all go on serving.
    #[serde(default)]
    pub serving: Vec<ConnectionId>,
}

/// What an authorization code stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// The hash of the code.
    pub code: HashedToken,
    /// The request's redirect URI, state aside.
    pub redirect_uri: String,
    /// Whether the application there can keep a secret.
    pub client_kind: ClientKind,
    /// The S256 code challenge.
    pub code_challenge: Option<String>,
    /// The application's nonce.
    pub nonce: Option<String>,
    /// The scope asked for.
    pub scope: String,
    /// Where the sign-in began.
    pub surface: Surface,
    /// Who signed in.
    pub profile: Profile,
    /// The session: `sid` of the tokens.
    pub sign_in_id: SignInId,
    /// When the provider authenticated the person.
    pub auth_time: DateTime<Utc>,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Set by the trade: the token that was issued for it.
    #[serde(default)]
    pub traded_for: Option<HashedToken>,
    /// What makes that token out of the code, so that a trade whose answer was lost gives the same token again.
    #[serde(default)]
    pub token_salt: Option<TokenSalt>,
    /// When that was.
    #[serde(default)]
    pub traded_at: Option<DateTime<Utc>>,
    /// Whether that was the second trade, after the first one was lost. There is no third.
    #[serde(default)]
    pub traded_again: bool,
}

/// What has become of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trade {
    /// Nobody has traded it.
    Open,
    /// It was traded just now, and the answer may be on its way.
    InHand,
    /// It was traded, and nobody heard of it: it may be traded once more.
    Lost,
    /// It was traded for good.
    Done,
}

impl AuthorizationCode {
    /// What has become of it; `answered` says whether the answer to its trade was handed over.
    pub fn trade(&self, answered: bool, now: DateTime<Utc>) -> Trade {
        if self.traded_for.is_none() {
            return Trade::Open;
        }
        match self.traded_at.map(|at| now - at).filter(|_| !answered && !self.traded_again) {
            Some(age) if age < TRADE_IN_HAND => Trade::InHand,
            Some(age) if age < TRADE_AGAIN_WITHIN => Trade::Lost,
            _ => Trade::Done,
        }
    }
}

/// What an access token stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The hash of the token.
    pub token: HashedToken,
    /// Who signed in.
    pub profile: Profile,
    /// The session.
    pub sign_in_id: SignInId,
    /// The scope granted.
    pub scope: String,
    /// Where the sign-in began.
    pub surface: Surface,
    /// When the provider authenticated the person.
    pub auth_time: DateTime<Utc>,
    /// When the person signed in: when the code was issued.
    pub signed_in_at: DateTime<Utc>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// How a sign-in went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The person was signed in.
    Succeeded {
        /// As whom.
        profile_id: ProfileId,
    },
    /// A test that succeeded. Nobody was signed in.
    Tested,
    /// The person was not signed in.
    Refused {
        /// The reason's stable code.
        reason: String,
        /// The reason in a sentence; empty in records of earlier versions.
        #[serde(default)]
        message: String,
        /// The stable code of the [`Setting`](super::setting::Setting) that has to be changed; empty in records of earlier
        /// versions. A text, so that an older version can read what a later one wrote.
        #[serde(default)]
        setting: String,
        /// The type of the connection that day: it may be another one by now, or gone.
        #[serde(default)]
        connection_type: Option<ConnectionType>,
        /// What would have been right.
        expected: Option<String>,
        /// What came, printable and cut short.
        received: Option<String>,
        /// Whether what came is about the person, rather than about a setting. What isn't known to be harmless is personal.
        #[serde(default = "unknown_is_personal")]
        personal: bool,
    },
}

fn unknown_is_personal() -> bool {
    true
}

/// An entry of an organization's sign-in log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInRecord {
    /// The reference number on the page that the person saw.
    pub id: SignInId,
    /// The organization of the connection.
    pub organization_id: OrganizationId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The request that it answers; none where nobody asked.
    pub request_id: Option<SignInRequestId>,
    /// Whether it was a test, begun in the admin portal.
    #[serde(default)]
    pub test: bool,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What an admin should look at although it stopped nobody: stable codes.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The address that a verified assertion named.
    pub email: Option<String>,
    /// The browser's address.
    pub ip_address: Option<String>,
    /// The browser's own description, cut to 256 characters.
    pub user_agent: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

/// How long a provider's answer is kept for its admin to look at.
pub const ANSWER_LIFETIME: Duration = Duration::days(7);

/// An attribute as a provider sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAttribute {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// What a provider answered to a test, or to a sign-in that was refused: for its admin to look at, and to be judged again by
/// other settings. It is kept sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The answer as it came, in base64.
    pub saml_response: String,
    /// The request that it claims to answer.
    pub in_response_to: String,
    /// When it came: it is judged as of then.
    pub received_at: DateTime<Utc>,
    /// The NameID of a verified answer.
    pub name_id: Option<String>,
    /// The attributes of a verified answer.
    pub attributes: Vec<SentAttribute>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_an_earlier_version_is_read_and_what_came_then_is_taken_for_personal() {
        let earlier = r#"{"outcome": "refused", "reason": "expired", "expected": null, "received": "x"}"#;
        let Outcome::Refused { setting, connection_type, personal, .. } =
            serde_json::from_str(earlier).unwrap()
        else {
            panic!("not a refusal")
        };
        assert_eq!((setting.as_str(), connection_type, personal), ("", None, true));
    }
}
