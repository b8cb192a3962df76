//! An identity provider's certificate and metadata.

use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};

pub(crate) const ENTITY_ID: &str = "http://www.okta.com/exk1";
pub(crate) const SSO_URL: &str = "https://acme.okta.com/app/acme/exk1/sso/saml";

/// A new certificate as PEM: ECDSA on P-256, valid in the years given.
pub(crate) fn certificate_of(from: i32, to: i32) -> String {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "idp");
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    params.self_signed(&key).unwrap().pem()
}

pub(crate) fn certificate() -> String {
    certificate_of(2026, 2036)
}

/// `saml_options` with single values.
pub(crate) fn values() -> Value {
    json!({"idp_entity_id": ENTITY_ID, "idp_sso_url": SSO_URL, "idp_signing_certs": [certificate()]})
}

/// A metadata document with one role.
pub(crate) fn metadata(role: &str, attributes: &str) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY_ID}" {attributes}>
        <md:{role} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAuthnRequestsSigned="true">
        {}
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{SSO_URL}"/>
        </md:{role}></md:EntityDescriptor>"#,
        key(&certificate())
    )
}

/// The same with a key of no certificate.
pub(crate) fn without_certificate() -> String {
    let whole = metadata("IDPSSODescriptor", "");
    let (before, rest) = whole.split_once("<md:KeyDescriptor").unwrap();
    let (_, after) = rest.split_once("</md:KeyDescriptor>").unwrap();
    format!("{before}{after}")
}

fn key(pem: &str) -> String {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    format!(
        r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
        <ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
    )
}
