//! An identity provider that signs assertions. What it signs is written in canonical form to begin with, so that it needs
//! no canonicalization of its own and shares no code with the check.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use portico_protocol::saml::{IdpCertificate, SpKeyPair};

pub(crate) const ENTITY_ID: &str = "https://idp.acme.com/entity";

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

pub(crate) struct Idp {
    key: RsaKeyPair,
    pub(crate) certificate: IdpCertificate,
    /// The same key as a pair. It serves as ours, too, where one is needed: making a second would take most of a test's time.
    pub(crate) pair: SpKeyPair,
}

/// What an assertion says. Every field may be set to something wrong.
#[derive(Clone)]
pub(crate) struct Claims {
    pub(crate) acs_url: String,
    pub(crate) audience: String,
    pub(crate) in_response_to: Option<String>,
    pub(crate) name_id: String,
    pub(crate) email: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) authn_instant: DateTime<Utc>,
    pub(crate) now: DateTime<Utc>,
}

fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Idp {
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        let pair = SpKeyPair::generate("idp.acme.com", now).unwrap();
        let certificate = IdpCertificate::parse(&STANDARD.encode(pair.certificate_der())).unwrap();
        Self { key: RsaKeyPair::from_pkcs8(pair.pkcs8()).unwrap(), certificate, pair }
    }

    /// The form field: a response around a signed assertion.
    pub(crate) fn respond(&self, claims: &Claims) -> String {
        let (before, after) = assertion(claims);
        let signature = self.signature(&format!("{before}{after}"));
        response(claims, "Success", &format!("{before}{signature}{after}"))
    }

    /// `signed` in base64 over the exclusive canonical form that it is in.
    pub(super) fn signature(&self, signed: &str) -> String {
        let digest = STANDARD.encode(digest(&SHA256, signed.as_bytes()));
        let info = format!(
            "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"></ds:SignatureMethod>\
             <ds:Reference URI=\"#_assertion\"><ds:Transforms>\
             <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
             <ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
             <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        );
        let mut value = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), info.as_bytes(), &mut value).unwrap();
        let value = STANDARD.encode(value);
        format!(
            "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{info}\
             <ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"
        )
    }
}

/// A response with a status other than Success; such a one needs no signature.
pub(crate) fn refusal(claims: &Claims, second_level: &str) -> String {
    response(claims, second_level, "")
}

pub(super) fn response(claims: &Claims, status: &str, assertion: &str) -> String {
    let Claims { acs_url, now, .. } = claims;
    let in_response_to =
        claims.in_response_to.as_ref().map(|id| format!(" InResponseTo=\"{id}\"")).unwrap_or_default();
    let prefix = "urn:oasis:names:tc:SAML:2.0:status:";
    let status = match status {
        "Success" => format!("<samlp:StatusCode Value=\"{prefix}Success\"/>"),
        other => format!(
            "<samlp:StatusCode Value=\"{prefix}Responder\"><samlp:StatusCode Value=\"{prefix}{other}\"/></samlp:StatusCode>"
        ),
    };
    STANDARD.encode(format!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_response\" Version=\"2.0\" \
         Destination=\"{acs_url}\" IssueInstant=\"{}\"{in_response_to}>\
         <saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{ENTITY_ID}</saml:Issuer>\
         <samlp:Status>{status}</samlp:Status>{assertion}</samlp:Response>",
        time(*now)
    ))
}

/// What stands before and behind the signature.
pub(super) fn assertion(claims: &Claims) -> (String, String) {
    let Claims { acs_url, audience, in_response_to, name_id, email, now, authn_instant, .. } = claims;
    let (issued, end) = (time(*now), time(*now + Duration::minutes(5)));
    let in_response_to =
        in_response_to.as_ref().map(|id| format!("InResponseTo=\"{id}\" ")).unwrap_or_default();
    let attributes: String = [("email".to_owned(), email.clone())]
        .iter()
        .chain(&claims.attributes)
        .map(|(name, value)| {
            format!(
                "<saml:Attribute Name=\"{name}\"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>"
            )
        })
        .collect();
    let before = format!(
        "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_assertion\" \
         IssueInstant=\"{issued}\" Version=\"2.0\"><saml:Issuer>{ENTITY_ID}</saml:Issuer>"
    );
    let after = format!(
        "<saml:Subject>\
         <saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\">{name_id}</saml:NameID>\
         <saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"><saml:SubjectConfirmationData \
         {in_response_to}NotOnOrAfter=\"{end}\" Recipient=\"{acs_url}\"></saml:SubjectConfirmationData>\
         </saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore=\"{issued}\" NotOnOrAfter=\"{end}\">\
         <saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>\
         </saml:Conditions><saml:AuthnStatement AuthnInstant=\"{}\"><saml:AuthnContext><saml:AuthnContextClassRef>\
         urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef>\
         </saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement>\
         </saml:Assertion>",
        time(*authn_instant)
    );
    (before, after)
}
