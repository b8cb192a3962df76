//! Why an attempt failed, in words for the admin who can mend it: what was expected, what came, and where to change it, in
//! their console or here.

use portico_protocol::saml::{Reason, Refusal};
use portico_shared::domain::connection::{Connection, ConnectionType};
use portico_shared::domain::setting::{Place, Provider, Setting};
use portico_shared::domain::sign_in::{Outcome, SignInRecord};

use crate::handlers::overview::app_name;
use crate::visit::Visit;

/// Why an attempt failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// What is wrong, in a sentence.
    pub(crate) sentence: String,
    /// What would have been right.
    pub(crate) expected: Option<String>,
    /// What came.
    pub(crate) received: Option<String>,
    /// In whose hands it is: a heading.
    pub(crate) whose: &'static str,
    /// Where to change it.
    pub(crate) place: String,
    /// The value to put there.
    pub(crate) value: Option<String>,
    /// The page here where it is changed, with its name.
    pub(crate) page: Option<(&'static str, &'static str)>,
}

/// Why an attempt of the log failed; `None` where it didn't.
pub(crate) fn failure(
    visit: &Visit,
    connection: Option<&Connection>,
    record: &SignInRecord,
) -> Option<Failure> {
    let Outcome::Refused { message, setting, connection_type, expected, received, .. } = &record.outcome
    else {
        return None;
    };
    let setting = Setting::parse(setting).unwrap_or(Setting::ProviderProgram);
    let what = (message.clone(), expected.clone(), received.clone());
    Some(mended(visit, (connection, *connection_type), setting, what))
}

/// Why a verdict by today's settings is a refusal.
pub(crate) fn of_refusal(visit: &Visit, connection: &Connection, refusal: &Refusal) -> Failure {
    let what = (refusal.reason.sentence().to_owned(), refusal.expected.clone(), refusal.received.clone());
    let of = (Some(connection), Some(connection.connection_type));
    mended(visit, of, Setting::from(refusal.reason), what)
}

/// That the connection has lost its provider's values.
pub(crate) fn unconfigured(visit: &Visit) -> Failure {
    let what = (Reason::NoCertificate.sentence().to_owned(), None, None);
    mended(visit, (None, None), Setting::ConnectionCertificate, what)
}

/// That an address isn't of a verified domain.
pub(crate) fn outside_domains(visit: &Visit, sentence: &str, domain: &str) -> Failure {
    let expected = Some("an address of a verified domain".to_owned());
    mended(
        visit,
        (None, None),
        Setting::VerifiedDomains,
        (sentence.to_owned(), expected, Some(domain.to_owned())),
    )
}

fn mended(
    visit: &Visit,
    (connection, kind): (Option<&Connection>, Option<ConnectionType>),
    setting: Setting,
    (sentence, expected, received): (String, Option<String>, Option<String>),
) -> Failure {
    let provider = Provider::of(kind);
    let (whose, place) = match setting.place() {
        place @ Place::Provider(_) => (provider_heading(provider), for_admin(place.text(provider))),
        Place::Portico(_) => here(visit, setting),
        place @ Place::Nowhere(_) => ("What helps", place.text(provider).to_owned()),
    };
    Failure {
        sentence,
        expected,
        received,
        whose,
        place,
        value: value(visit, connection, setting),
        page: page(setting),
    }
}

fn provider_heading(provider: Provider) -> &'static str {
    match provider {
        Provider::Okta => "Where to change it in Okta",
        Provider::Entra => "Where to change it in Entra ID",
        Provider::Google => "Where to change it in Google Workspace",
        Provider::Generic => "Where to change it in your identity provider",
    }
}

/// The words of a place, without the parts for those who use the API.
fn for_admin(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(" (") {
        let Some((inside, after)) = behind.split_once(')') else { break };
        kept.push_str(before);
        if !inside.contains("saml_options") && !inside.contains("/connections/") {
            kept.push_str(" (");
            kept.push_str(inside);
            kept.push(')');
        }
        rest = after;
    }
    kept.push_str(rest);
    kept.replace("the connection needs", "we need")
        .replace("raise ClockSkewSeconds of this deployment", "tell the people behind the application")
}

/// What is set here: by this admin, or by the people behind the application.
fn here(visit: &Visit, setting: Setting) -> (&'static str, String) {
    let app = app_name(visit);
    match setting {
        Setting::ConnectionCertificate => (
            "Where to change it here",
            "Give us the provider’s values again: its signing certificate is missing.".to_owned(),
        ),
        Setting::VerifiedDomains => (
            "Where to change it here",
            "Add the domain and prove it; or correct the person’s address in your identity provider."
                .to_owned(),
        ),
        Setting::ConnectionState => {
            ("Where to change it here", "Finish the setup: single sign-on isn’t active.".to_owned())
        }
        _ => (
            "Who can change it",
            format!("The people behind {app} have to change this. Send them what stands above."),
        ),
    }
}

/// The value of ours that belongs there.
fn value(visit: &Visit, connection: Option<&Connection>, setting: Setting) -> Option<String> {
    let (connection, ours) = (connection?, &visit.app.config().public_url);
    match setting {
        Setting::Audience => Some(ours.sp_entity_id(&connection.id, connection.saml.sp_entity_id.as_deref())),
        Setting::AcsUrl => Some(ours.acs_url(&connection.id)),
        _ => None,
    }
}

/// The page here on which the same can be mended from our side.
fn page(setting: Setting) -> Option<(&'static str, &'static str)> {
    match setting {
        Setting::IdpEntityId
        | Setting::IdpSsoUrl
        | Setting::SigningCertificate
        | Setting::ConnectionCertificate => Some(("/portal/sso/steps/metadata", "The provider’s values")),
        Setting::EmailAttribute | Setting::IdAttribute => {
            Some(("/portal/sso/steps/attributes", "The attributes"))
        }
        Setting::VerifiedDomains => Some(("/portal/domains", "Domains")),
        Setting::ConnectionState => Some(("/portal/sso", "Single sign-on")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_admin_is_told_of_the_api() {
        for setting in Setting::ALL {
            let place = setting.place();
            if let Place::Portico(_) = place {
                continue;
            }
            for provider in Provider::ALL {
                let text = for_admin(place.text(provider));
                for word in ["saml_options", "/connections", "PUT ", "PATCH ", "ClockSkew", "(POST"] {
                    assert!(!text.contains(word), "{setting:?}: {text}");
                }
            }
        }
    }
}
