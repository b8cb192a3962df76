//! The answer: a SAML response as a careful identity provider writes it, and wrong in one way when asked.

use super::people::{Failure, Person, Signed};
use super::sign::{SignError, Signer};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use portico_shared::domain::random::Rng;

/// How long an assertion is valid.
const VALIDITY: TimeDelta = TimeDelta::minutes(5);
/// How far back a failure that is too late lies.
const LONG_AGO: TimeDelta = TimeDelta::hours(-1);
/// How long the person stays signed in at the practice identity provider.
const SESSION: TimeDelta = TimeDelta::hours(8);

/// Everything a response says.
pub(super) struct Answer<'a> {
    pub(super) issuer: &'a str,
    /// The app's entity id.
    pub(super) audience: &'a str,
    pub(super) acs_url: &'a str,
    pub(super) in_response_to: Option<&'a str>,
    pub(super) person: &'a Person<'a>,
    pub(super) signed: Signed,
    pub(super) failure: Option<Failure>,
    pub(super) now: DateTime<Utc>,
}

impl Answer<'_> {
    /// The response as XML.
    pub(super) fn write(&self, signer: &Signer, rng: &Rng) -> Result<String, SignError> {
        let (response_id, assertion_id) = (id(rng), id(rng));
        let signed = if self.failure == Some(Failure::Unsigned) { Signed::Neither } else { self.signed };
        let stranger;
        let signer = if self.failure == Some(Failure::WrongKey) {
            stranger = Signer::generate(self.now)?;
            &stranger
        } else {
            signer
        };
        if self.failure == Some(Failure::Denied) {
            let refusal = self.response(&response_id, DENIED, "");
            return signer.sign(&refusal, &response_id);
        }
        let mut message = self.response(&response_id, SUCCESS, &self.assertion(&assertion_id));
        if signed.assertion() {
            message = signer.sign(&message, &assertion_id)?;
        }
        if signed.response() {
            message = signer.sign(&message, &response_id)?;
        }
        Ok(message)
    }

    fn issued(&self) -> DateTime<Utc> {
        if self.failure == Some(Failure::Expired) { self.now + LONG_AGO } else { self.now }
    }

    /// ` InResponseTo="…"`, or nothing when the response answers no request.
    fn in_response_to(&self) -> String {
        let request = self.in_response_to.filter(|_| self.failure != Some(Failure::IdpInitiated));
        request.map(|id| format!(" InResponseTo=\"{}\"", escape(id))).unwrap_or_default()
    }

    fn response(&self, id: &str, status: &str, assertion: &str) -> String {
        format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{}\" Destination=\"{}\"{}><saml:Issuer>{}</saml:Issuer>\
             <samlp:Status>{status}</samlp:Status>{assertion}</samlp:Response>",
            instant(self.issued()),
            escape(self.acs_url),
            self.in_response_to(),
            escape(self.issuer),
        )
    }

    fn assertion(&self, id: &str) -> String {
        let issued = self.issued();
        let audience = if self.failure == Some(Failure::WrongAudience) {
            "https://another.example/saml"
        } else {
            self.audience
        };
        format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"{issue_instant}\"><saml:Issuer>{issuer}</saml:Issuer>\
             <saml:Subject><saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{name_id}\
             </saml:NameID><saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
             <saml:SubjectConfirmationData NotOnOrAfter=\"{until}\" Recipient=\"{acs_url}\"{in_response_to}>\
             </saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>\
             <saml:Conditions NotBefore=\"{issue_instant}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
             <saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
             <saml:AuthnStatement AuthnInstant=\"{issue_instant}\" SessionIndex=\"{id}\" \
             SessionNotOnOrAfter=\"{session_until}\"><saml:AuthnContext><saml:AuthnContextClassRef>\
             urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>\
             </saml:AuthnContext></saml:AuthnStatement>{attributes}</saml:Assertion>",
            issue_instant = instant(issued),
            issuer = escape(self.issuer),
            name_id = escape(self.person.id),
            until = instant(issued + VALIDITY),
            acs_url = escape(self.acs_url),
            in_response_to = self.in_response_to(),
            audience = escape(audience),
            session_until = instant(issued + SESSION),
            attributes = self.attributes(),
        )
    }

    fn attributes(&self) -> String {
        let person = self.person;
        let email = match (self.failure, person.email.split_once('@')) {
            (Some(Failure::OutsideDomain), Some((name, _))) => format!("{name}@elsewhere.example"),
            _ => person.email.to_owned(),
        };
        let mut statement = String::from("<saml:AttributeStatement>");
        for (name, values) in [
            ("email", vec![email.as_str()]),
            ("firstName", vec![person.first_name]),
            ("lastName", vec![person.last_name]),
            ("displayName", vec![person.name().as_str()]),
            ("groups", person.groups.to_vec()),
        ] {
            statement.push_str(&attribute(name, &values));
        }
        statement.push_str("</saml:AttributeStatement>");
        statement
    }
}

const SUCCESS: &str =
    "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"></samlp:StatusCode>";
const DENIED: &str = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\">\
    <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:RequestDenied\"></samlp:StatusCode></samlp:StatusCode>";

/// One attribute; without values there is none (saml-core §2.7.3.1).
fn attribute(name: &str, values: &[&str]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "<saml:Attribute Name=\"{name}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\">"
    );
    for value in values {
        text.push_str(&format!("<saml:AttributeValue>{}</saml:AttributeValue>", escape(value)));
    }
    text.push_str("</saml:Attribute>");
    text
}

/// 128 bits, and a letter first: an ID is an xs:ID (saml-core §1.3.4).
fn id(rng: &Rng) -> String {
    format!("_{}", hex::encode(rng.bytes::<16>()))
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Text as it stands in an element or in an attribute between double quotes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests;
