//! What the bodies of requests have in common: for whom a link is, what it is for, and where it leads back to.

use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::portal::{Intent, ItContact};
use portico_shared::web::error::FieldError;
use url::{Host, Url};

use crate::error::RouteError;

/// The longest address, and the longest of the application's own ids, in characters.
const MOST_URL_CHARACTERS: usize = 2048;
const MOST_ID_CHARACTERS: usize = 128;

/// What is wrong with a request, gathered so that one answer names all of it.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// Ends the request if there is any.
    pub(crate) fn finish(self) -> Result<(), RouteError> {
        if self.0.is_empty() { Ok(()) } else { Err(RouteError::Invalid(self.0)) }
    }

    /// What a link is for, by its name.
    pub(crate) fn intent(&mut self, field: &str, text: &str) -> Option<Intent> {
        // The contract has two names for it.
        let name = if text == "directory_sync" { "dsync" } else { text };
        let intent = Intent::parse(name);
        if intent.is_none() {
            let known: Vec<_> = Intent::ALL.iter().map(|intent| intent.as_str()).collect();
            let known = known.join(", ");
            let message = if Intent::LATER.contains(&text) {
                format!("{field}: the portal has no page for {text} yet; expected one of {known}.")
            } else {
                let got: String = text.chars().take(100).collect();
                format!("{field} must be one of {known}; got '{got}'.")
            };
            self.add(field, "invalid", message);
        }
        intent
    }

    /// Where the portal leads back to: https, or http on this machine.
    pub(crate) fn url(&mut self, field: &str, text: Option<&str>) {
        if text.is_some_and(|text| !is_web_address(text)) {
            let message = format!(
                "{field} must be an absolute https URL of at most {MOST_URL_CHARACTERS} characters (http only on loopback)."
            );
            self.add(field, "invalid_url", message);
        }
    }

    /// The application's own id of whom a link is for.
    pub(crate) fn external_user_id(&mut self, text: &str) {
        let length = text.chars().count();
        if !(1..=MOST_ID_CHARACTERS).contains(&length) || text.chars().any(char::is_control) {
            let message =
                format!("external_user_id must have 1 to {MOST_ID_CHARACTERS} characters; got {length}.");
            self.add("external_user_id", "invalid", message);
        }
    }

    /// The addresses of IT contacts, each once.
    pub(crate) fn emails(&mut self, field: &str, texts: &[String]) -> Vec<EmailAddress> {
        let most = ItContact::MOST_OF_AN_ORGANIZATION;
        if texts.len() > most {
            self.add(
                field,
                "too_many",
                format!("{field} can name at most {most} addresses, got {}.", texts.len()),
            );
            return Vec::new();
        }
        let mut emails: Vec<EmailAddress> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match EmailAddress::parse(text.trim()) {
                Some(email) if emails.iter().any(|known| known.folded() == email.folded()) => {}
                Some(email) => emails.push(email),
                None => {
                    let got: String = text.chars().take(100).collect();
                    let message = format!("{field}[{index}] must be an e-mail address; got '{got}'.");
                    self.add(format!("{field}[{index}]"), "invalid", message);
                }
            }
        }
        emails
    }
}

fn is_web_address(text: &str) -> bool {
    let loopback = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let plain = |url: &Url| url.username().is_empty() && url.password().is_none();
    text.len() <= MOST_URL_CHARACTERS
        && Url::parse(text).is_ok_and(|url| {
            plain(&url)
                && match url.scheme() {
                    "https" => url.host().is_some(),
                    "http" => loopback(&url),
                    _ => false,
                }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_is_https_or_this_machine() {
        for good in
            ["https://app.example.com/settings?x=1", "http://127.0.0.1:3000/", "http://localhost/back"]
        {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "http://app.example.com/",
            "javascript:alert(1)",
            "/settings",
            "https://a:b@app.example.com/",
            "data:text/html,x",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn an_intent_that_comes_later_is_told_so() {
        let mut problems = Problems::default();
        assert_eq!(problems.intent("intent", "directory_sync"), Some(Intent::Dsync));
        assert_eq!(problems.intent("intent", "audit_logs"), None);
        assert_eq!(problems.intent("intent", "SSO"), None);
        assert!(problems.0[0].message.contains("no page for audit_logs yet"));
        assert!(problems.0[1].message.contains("got 'SSO'"));
    }
}
