//! A refusal in words for the person who meets it: what happened, and what to do. The technical sentence is for their
//! admin and stands apart.

use portico_protocol::saml::Reason;
use portico_shared::domain::setting::{Place, Provider};

use crate::refused::{Refused, is_status};

/// What a person reads.
pub(crate) struct Words {
    /// The heading.
    pub(crate) title: &'static str,
    /// What happened.
    pub(crate) what_happened: &'static str,
    /// What to do now.
    pub(crate) what_to_do: &'static str,
    /// Whether an admin has to do something: then the page says what to tell them.
    pub(crate) for_admin: bool,
}

const NOT_SIGNED_IN: &str = "You could not be signed in";
const START_AGAIN: &str = "Go back to the application and sign in again.";
const TELL_ADMIN: &str =
    "Trying again won\u{2019}t help until it is changed. Send your administrator what stands below.";

/// The words for `refused`.
pub(crate) fn words(refused: &Refused) -> Words {
    let again =
        |title, what_happened| Words { title, what_happened, what_to_do: START_AGAIN, for_admin: false };
    let admin = |what_happened| Words {
        title: NOT_SIGNED_IN,
        what_happened,
        what_to_do: TELL_ADMIN,
        for_admin: true,
    };
    match refused {
        Refused::Saml(refusal) => saml(refusal.reason),
        Refused::UnknownConnection => {
            admin("The sign-in service of your organization is not connected here (any more).")
        }
        Refused::ConnectionNotActive => {
            admin("Signing in through your organization is switched off at the moment.")
        }
        Refused::ConnectionChanged => again(
            "Please sign in once more",
            "The settings of your organization\u{2019}s sign-in changed while you were signing in.",
        ),
        Refused::RequestUnknown => again(
            "This sign-in has expired",
            "You have 10 minutes to sign in, or the sign-in was not begun at the application.",
        ),
        Refused::RequestConsumed => again(
            "This sign-in was already used",
            "Every sign-in counts once, and this one has been completed. You may be signed in already.",
        ),
        Refused::BrowserCookieMissing => Words {
            title: NOT_SIGNED_IN,
            what_happened: "Your browser did not show that it began this sign-in, because it sent no cookie.",
            what_to_do: "Allow cookies for this address, then go back to the application and sign in again in the same browser window.",
            for_admin: false,
        },
        Refused::BrowserMismatch => Words {
            title: NOT_SIGNED_IN,
            what_happened: "This sign-in was begun in another browser, or in several tabs of this one at the same moment. To protect your account, it can only be finished where it was begun.",
            what_to_do: "Close the other tabs, go back to the application in this browser and sign in again. If you did not begin a sign-in yourself, close this page.",
            for_admin: false,
        },
        Refused::RequestOfOtherConnection => {
            admin("Your organization\u{2019}s sign-in service sent its answer to the wrong place.")
        }
        Refused::AuthenticationTooOld { .. } | Refused::AuthenticationNotFresh { .. } => Words {
            title: "Please enter your password again",
            what_happened: "The application wants you to have signed in just now, and your organization\u{2019}s sign-in service used an earlier sign-in.",
            what_to_do: "Sign out at your organization\u{2019}s sign-in service, then sign in again from the application. If that does not help, send your administrator what stands below.",
            for_admin: true,
        },
        Refused::ProfileTooLarge { .. } => {
            admin("Your organization\u{2019}s sign-in service sent more about you than can be kept.")
        }
        Refused::SsoNotInPlan => admin("Signing in through your organization is not included in its plan."),
        Refused::EmailOutsideDomains { .. } => {
            admin("Your e-mail address does not belong to a domain of your organization.")
        }
        Refused::JitDisabled => admin("You do not have an account in this application yet."),
        Refused::PersonDeactivated => admin("Your account has been deactivated."),
        Refused::IdpInitiatedOff => Words {
            title: "Please start at the application",
            what_happened: "For your safety, signing in has to begin at the application itself, not at your organization\u{2019}s page of apps.",
            what_to_do: "Open the application, choose to sign in with your work e-mail address, and you will come straight back here.",
            for_admin: true,
        },
        Refused::RequestsIgnored => {
            admin("Your organization\u{2019}s sign-in service keeps answering without having been asked.")
        }
        Refused::NoLoginStart => Words {
            title: "Please start at the application",
            what_happened: "You were recognized, but the application has not said where a sign-in can begin.",
            what_to_do: "Open the application and choose to sign in with your work e-mail address.",
            for_admin: true,
        },
    }
}

fn saml(reason: Reason) -> Words {
    let what_happened = match reason {
        reason if is_status(reason) => "Your organization\u{2019}s sign-in service did not let you in.",
        Reason::Expired
        | Reason::ConfirmationExpired
        | Reason::SessionExpired
        | Reason::NotYetValid
        | Reason::ConfirmationNotYetValid => {
            return Words {
                title: "This sign-in has expired",
                what_happened: "The answer of your organization\u{2019}s sign-in service is not valid at this time.",
                what_to_do: "Go back to the application and sign in again. If it happens again, send your administrator what stands below.",
                for_admin: true,
            };
        }
        Reason::EmailMissing | Reason::EmailMalformed => {
            "Your organization\u{2019}s sign-in service did not say what your e-mail address is."
        }
        Reason::IdpIdMissing | Reason::TransientNameId | Reason::IdpIdAmbiguous | Reason::IdpIdTooLong => {
            "Your organization\u{2019}s sign-in service did not say clearly who you are."
        }
        _ => "Your organization\u{2019}s sign-in service sent an answer that cannot be accepted.",
    };
    Words { title: NOT_SIGNED_IN, what_happened, what_to_do: TELL_ADMIN, for_admin: true }
}

/// What stands in front of the place where something is set: whose hands it is in.
pub(crate) fn place_label(place: Place, provider: Provider) -> &'static str {
    match (place, provider) {
        (Place::Provider(_), Provider::Okta) => "Where in Okta",
        (Place::Provider(_), Provider::Entra) => "Where in Entra ID",
        (Place::Provider(_), Provider::Google) => "Where in Google Workspace",
        (Place::Provider(_), Provider::Generic) => "Where in the sign-in service",
        (Place::Portico(_), _) => "For the application\u{2019}s support",
        (Place::Nowhere(_), _) => "What helps",
    }
}
