//! Why nobody was signed in: one variant per cause, each with a stable code, what an admin reads, and what came against
//! what was expected.

use chrono::{DateTime, Utc};
use http::StatusCode;
use portico_protocol::saml::{Reason, Refusal};
use portico_shared::domain::setting::Setting;
use portico_shared::operations::verdict::EMAIL_OUTSIDE_DOMAINS;
use portico_shared::store::SignInRefused;
use portico_shared::web::timestamp;

use crate::admission::NotAdmitted;

/// The cause of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The answer itself, or who it names, is refused.
    Saml(Refusal),
    /// There is no such connection.
    UnknownConnection,
    /// The connection doesn't serve: a draft, or switched off.
    ConnectionNotActive,
    /// The connection was changed since the sign-in began.
    ConnectionChanged,
    /// The answer names a request that isn't open: never made, or expired.
    RequestUnknown,
    /// The answer names a request that was made for another connection.
    RequestOfOtherConnection,
    /// The request was answered before.
    RequestConsumed,
    /// The browser has no binding cookie.
    BrowserCookieMissing,
    /// Another browser began the sign-in.
    BrowserMismatch,
    /// The person showed a credential to the provider too long ago.
    AuthenticationTooOld {
        /// How long ago it may be, in seconds.
        max_age: u32,
        /// How long ago it was, in seconds.
        age: i64,
    },
    /// The person had to show a credential for this very sign-in, and the provider used an earlier one.
    AuthenticationNotFresh {
        /// When the sign-in began.
        begun: DateTime<Utc>,
        /// When they showed a credential.
        authenticated: DateTime<Utc>,
    },
    /// The attributes are too much to keep.
    ProfileTooLarge {
        /// What may be kept, in bytes.
        limit: usize,
        /// What came, in bytes.
        size: usize,
    },
    /// The organization's plan is without single sign-on.
    SsoNotInPlan,
    /// The address is outside of the organization's domains.
    EmailOutsideDomains {
        /// The address's domain.
        domain: String,
    },
    /// Nobody knows the person, and a first sign-in makes nobody.
    JitDisabled,
    /// The person is deactivated.
    PersonDeactivated,
    /// Nobody asked, and the connection takes no unsolicited answers.
    IdpInitiatedOff,
    /// The browser was just sent to begin properly, and the provider answered unsolicited again.
    RequestsIgnored,
    /// The application hasn't said where a sign-in of the provider's can begin.
    NoLoginStart,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Saml(refusal)
    }
}

impl Refused {
    /// Why a person isn't let in whose address is of `domain`.
    pub(crate) fn not_admitted(reason: NotAdmitted, domain: &str) -> Self {
        match reason {
            NotAdmitted::SsoNotInPlan => Self::SsoNotInPlan,
            NotAdmitted::EmailOutsideDomains => Self::EmailOutsideDomains { domain: domain.to_owned() },
            NotAdmitted::JitDisabled => Self::JitDisabled,
        }
    }

    /// Why the transaction changed nothing; `None` where what it rested on is to be read again.
    pub(crate) fn by_transaction(reason: SignInRefused) -> Option<Self> {
        match reason {
            SignInRefused::RequestConsumed => Some(Self::RequestConsumed),
            SignInRefused::ConnectionInactive => Some(Self::ConnectionNotActive),
            SignInRefused::PersonInactive => Some(Self::PersonDeactivated),
            SignInRefused::VisitOver => Some(Self::RequestUnknown),
            SignInRefused::ConnectionChanged
            | SignInRefused::DomainLost
            | SignInRefused::AddressPassedOn
            | SignInRefused::IdentityChanged => None,
        }
    }

    /// The stable name in records, events, metrics and logs: snake_case, never renamed.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Saml(refusal) => refusal.reason.code(),
            Self::UnknownConnection => "unknown_connection",
            Self::ConnectionNotActive => "connection_not_active",
            Self::ConnectionChanged => "connection_changed",
            Self::RequestUnknown => "request_unknown",
            Self::RequestOfOtherConnection => "request_of_other_connection",
            Self::RequestConsumed => "request_consumed",
            Self::BrowserCookieMissing => "browser_cookie_missing",
            Self::BrowserMismatch => "browser_mismatch",
            Self::AuthenticationTooOld { .. } => "authentication_too_old",
            Self::AuthenticationNotFresh { .. } => "authentication_not_fresh",
            Self::ProfileTooLarge { .. } => "profile_too_large",
            Self::SsoNotInPlan => "sso_not_in_plan",
            Self::EmailOutsideDomains { .. } => "email_outside_domains",
            Self::JitDisabled => "jit_disabled",
            Self::PersonDeactivated => "person_deactivated",
            Self::IdpInitiatedOff => "idp_initiated_off",
            Self::RequestsIgnored => "requests_ignored",
            Self::NoLoginStart => "no_login_start",
        }
    }

    /// One sentence for an admin: what is wrong, and where to change it. ASCII without quotes, so that it may also stand in
    /// an `error_description` (RFC 6749 §4.1.2.1).
    pub(crate) fn sentence(&self) -> &'static str {
        match self {
            Self::Saml(refusal) => refusal.reason.sentence(),
            Self::UnknownConnection => {
                "There is no connection at this ACS URL. Copy the ACS URL again, or set up the connection anew."
            }
            Self::ConnectionNotActive => {
                "The connection is not in service. Finish setting it up, or switch it on again."
            }
            Self::ConnectionChanged => "The connection was changed while the person was signing in.",
            Self::RequestUnknown => {
                "The response answers a request that is not open. It was made more than 10 minutes ago, or not by us."
            }
            Self::RequestOfOtherConnection => {
                "The response answers a request that was made for another connection. Compare the ACS URLs of the applications in the identity provider."
            }
            Self::RequestConsumed => "The request has been answered before. A response counts once.",
            Self::BrowserCookieMissing => {
                "The browser sent no cookie of ours with the response. It has to accept cookies from this address, also on the way back from another site."
            }
            Self::BrowserMismatch => {
                "The sign-in was begun in another browser, or in several new tabs of one browser at the same moment."
            }
            Self::AuthenticationTooOld { .. } => {
                "The application asked for a fresh sign-in, and the identity provider reused an older one. It has to honour ForceAuthn."
            }
            Self::AuthenticationNotFresh { .. } => {
                "The identity provider was asked to authenticate the person anew (ForceAuthn), and used an earlier authentication. Have it honour ForceAuthn for this application."
            }
            Self::ProfileTooLarge { .. } => {
                "The identity provider releases more attributes than are kept. Release fewer groups or attributes to this application."
            }
            Self::SsoNotInPlan => "Single sign-on is not part of the plan of this organization.",
            Self::EmailOutsideDomains { .. } => EMAIL_OUTSIDE_DOMAINS,
            Self::JitDisabled => {
                "The person is not known, and the organization does not create people at their first sign-in. Add the person first."
            }
            Self::PersonDeactivated => "The person has been deactivated. Reactivate them in the directory.",
            Self::IdpInitiatedOff => {
                "The response answers no request, and this connection takes only sign-ins that begin at the application. Allow IdP-initiated sign-in, or start at the application."
            }
            Self::RequestsIgnored => {
                "The identity provider answered a sign-in request as if nobody had asked. It has to send the ID of the request back as InResponseTo."
            }
            Self::NoLoginStart => {
                "The application has not registered where a sign-in can begin. Set an initiate_login_uri on its default redirect URI."
            }
        }
    }

    /// What would have been right, where that says more than the sentence.
    pub(crate) fn expected(&self) -> Option<String> {
        match self {
            Self::Saml(refusal) => refusal.expected.clone(),
            Self::AuthenticationTooOld { max_age, .. } => {
                Some(format!("AuthnInstant at most {max_age} seconds ago"))
            }
            Self::AuthenticationNotFresh { begun, .. } => {
                Some(format!("AuthnInstant not before {}", timestamp::text(*begun)))
            }
            Self::ProfileTooLarge { limit, .. } => Some(format!("at most {limit} bytes of attributes")),
            Self::EmailOutsideDomains { .. } => Some("an address of a verified domain".to_owned()),
            _ => None,
        }
    }

    /// What came: printable and cut short.
    pub(crate) fn received(&self) -> Option<String> {
        match self {
            Self::Saml(refusal) => refusal.received.clone(),
            Self::AuthenticationTooOld { age, .. } => Some(format!("AuthnInstant {age} seconds ago")),
            Self::AuthenticationNotFresh { authenticated, .. } => {
                Some(format!("AuthnInstant {}", timestamp::text(*authenticated)))
            }
            Self::ProfileTooLarge { size, .. } => Some(format!("{size} bytes")),
            Self::EmailOutsideDomains { domain } => Some(domain.clone()),
            _ => None,
        }
    }

    /// What has to be changed.
    pub(crate) fn setting(&self) -> Setting {
        match self {
            Self::Saml(refusal) => refusal.reason.into(),
            Self::UnknownConnection | Self::RequestOfOtherConnection => Setting::AcsUrl,
            Self::ConnectionNotActive => Setting::ConnectionState,
            Self::ConnectionChanged | Self::RequestUnknown | Self::RequestConsumed => Setting::BeginAgain,
            Self::BrowserCookieMissing | Self::BrowserMismatch => Setting::Browser,
            Self::AuthenticationTooOld { .. } | Self::AuthenticationNotFresh { .. } => Setting::ForceAuthn,
            Self::ProfileTooLarge { .. } => Setting::ReleasedAttributes,
            Self::SsoNotInPlan => Setting::Plan,
            Self::EmailOutsideDomains { .. } => Setting::VerifiedDomains,
            Self::JitDisabled => Setting::JustInTime,
            Self::PersonDeactivated => Setting::PersonStatus,
            Self::IdpInitiatedOff => Setting::IdpInitiated,
            Self::RequestsIgnored => Setting::IdpSsoUrl,
            Self::NoLoginStart => Setting::LoginStart,
        }
    }

    /// Whether what came is about the person, rather than about a setting: an id, an address, what the provider says of
    /// them. The domain of an address is the company's.
    pub(crate) fn is_personal(&self) -> bool {
        let Self::Saml(refusal) = self else { return false };
        let of_person = [Reason::IdpIdAmbiguous, Reason::IdpIdTooLong, Reason::EmailMalformed];
        is_status(refusal.reason) || of_person.contains(&refusal.reason)
    }

    /// Whether the provider itself has answered the application's question with no: there is nothing to repair then, and
    /// nothing to explain on a page.
    pub(crate) fn is_answer_of_provider(&self) -> bool {
        matches!(self, Self::Saml(refusal) if is_status(refusal.reason))
    }

    /// The error that the application is told (RFC 6749 §4.1.2.1). A silent attempt (`prompt=none`) learns whether one
    /// that the person sees could succeed (OpenID Connect Core §3.1.2.6).
    pub(crate) fn error(&self, silent: bool) -> &'static str {
        let visible_could_succeed = match self {
            Self::Saml(refusal) => refusal.reason == Reason::NoPassive,
            Self::AuthenticationTooOld { .. }
            | Self::AuthenticationNotFresh { .. }
            | Self::ConnectionChanged => true,
            _ => false,
        };
        if silent && visible_could_succeed { "login_required" } else { "access_denied" }
    }

    /// The HTTP status of the page.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            // Steps 1 and 2 of the recipe: no SAML response at all.
            Self::Saml(refusal) if refusal.reason <= Reason::WrongVersion => StatusCode::BAD_REQUEST,
            Self::UnknownConnection => StatusCode::NOT_FOUND,
            _ => StatusCode::FORBIDDEN,
        }
    }
}

/// Whether the identity provider itself says no, by its status.
pub(crate) fn is_status(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AuthnFailed
            | Reason::RequestDenied
            | Reason::NoPassive
            | Reason::NoAuthnContext
            | Reason::InvalidNameIdPolicy
            | Reason::RequestVersionRefused
            | Reason::StatusNotSuccess
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_provider_says_of_a_person_and_their_ids_is_personal_and_settings_are_not() {
        let is_personal = |reason: Reason| Refused::from(Refusal::from(reason)).is_personal();
        for reason in
            [Reason::IdpIdAmbiguous, Reason::IdpIdTooLong, Reason::EmailMalformed, Reason::AuthnFailed]
        {
            assert!(is_personal(reason), "{reason:?}");
        }
        for reason in [Reason::AudienceMismatch, Reason::SignatureMismatch, Reason::EmailMissing] {
            assert!(!is_personal(reason), "{reason:?}");
        }
        assert!(!Refused::EmailOutsideDomains { domain: "globex.com".to_owned() }.is_personal());
    }
}
