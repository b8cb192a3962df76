//! What we send: requests and our own metadata, read back by others.

use std::fs;
use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use flate2::read::DeflateDecoder;
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;
use portico_protocol::saml::idp_metadata::parse;
use portico_protocol::saml::{
    AuthnRequest, AuthnRequestError, IdpCertificate, MetadataError, SpKeyPair, SpMetadata,
};
use url::Url;

use crate::support::vectors::key_file;
use crate::xmlsec1::verify;

fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn request() -> AuthnRequest<'static> {
    AuthnRequest {
        id: "_req_1",
        issue_instant: now(),
        destination: "https://idp.example.com/sso?idpid=C1&x=%20y",
        acs_url: "https://sso.portico.example/sso/saml/acs/conn_1?a=1&b=2",
        sp_entity_id: "https://sso.portico.example/saml?<conn>&1",
        force_authn: true,
        is_passive: false,
        name_id_format: Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
    }
}

fn key_pair() -> SpKeyPair {
    let pkcs8 = openssl::pkey::PKey::private_key_from_pem(key_file("idp.key.pem").as_bytes()).unwrap();
    let certificate = X509::from_pem(key_file("idp.pem").as_bytes()).unwrap();
    SpKeyPair::from_parts(&pkcs8.private_key_to_pkcs8().unwrap(), &certificate.to_der().unwrap()).unwrap()
}

fn inflate(encoded: &str) -> String {
    let mut text = String::new();
    DeflateDecoder::new(STANDARD.decode(encoded).unwrap().as_slice()).read_to_string(&mut text).unwrap();
    text
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[test]
fn a_request_says_what_was_asked_and_escapes_what_it_must() {
    let url = request().redirect_url("state", None).unwrap();
    insta::assert_snapshot!(inflate(&parameter(&url, "SAMLRequest").unwrap()), @r#"<?xml version="1.0" encoding="UTF-8"?><saml2p:AuthnRequest xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_req_1" Version="2.0" IssueInstant="2026-01-15T10:00:00.000Z" Destination="https://idp.example.com/sso?idpid=C1&amp;x=%20y" ForceAuthn="true" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="https://sso.portico.example/sso/saml/acs/conn_1?a=1&amp;b=2"><saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion">https://sso.portico.example/saml?&lt;conn&gt;&amp;1</saml2:Issuer><saml2p:NameIDPolicy Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" AllowCreate="true"/></saml2p:AuthnRequest>"#);
}

#[test]
fn a_redirect_keeps_the_destinations_query_and_leaves_out_an_empty_relay_state() {
    let url = request().redirect_url("a b&c", None).unwrap();
    assert!(url.starts_with("https://idp.example.com/sso?idpid=C1&x=%20y&SAMLRequest="), "{url}");
    assert_eq!(parameter(&url, "RelayState").unwrap(), "a b&c");
    assert_eq!(parameter(&url, "Signature"), None);
    let plain = AuthnRequest { destination: "https://idp.example.com/sso#top", ..request() };
    let url = plain.redirect_url("", None).unwrap();
    assert!(url.starts_with("https://idp.example.com/sso?SAMLRequest="), "{url}");
    assert_eq!(parameter(&url, "RelayState"), None);
}

#[test]
fn a_destination_in_another_alphabet_goes_into_a_header_as_ascii() {
    for destination in ["https://idp.example.com/über uns?firma=größe", "https://idp.example.com/a\nb"] {
        let request = AuthnRequest { destination, ..request() };
        let url = request.redirect_url("", None).unwrap();
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
        let read = url::Url::parse(&url).unwrap();
        let meant = url::Url::parse(destination).unwrap();
        assert_eq!((read.host(), read.path()), (meant.host(), meant.path()));
    }
}

#[test]
fn a_signed_redirect_is_signed_over_the_very_octets_it_sends() {
    let url = request().redirect_url("state/1", Some(&key_pair())).unwrap();
    let (signed, signature) = url.split_once("&Signature=").unwrap();
    let (_, signed) = signed.split_once("&x=%20y&").unwrap();
    assert!(
        signed.starts_with("SAMLRequest=") && signed.contains("&RelayState=state%2F1&SigAlg=http%3A%2F%2F")
    );
    let signature = percent_encoding::percent_decode_str(signature).decode_utf8().unwrap();
    let key = X509::from_pem(key_file("idp.pem").as_bytes()).unwrap().public_key().unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    assert!(
        verifier.verify_oneshot(&STANDARD.decode(signature.as_bytes()).unwrap(), signed.as_bytes()).unwrap()
    );
}

#[test]
fn a_signed_form_carries_a_signature_that_xmlsec1_accepts() {
    let form = request().post_form("state", Some(&key_pair())).unwrap();
    assert_eq!((form.action.as_str(), form.relay_state.as_str()), (request().destination, "state"));
    let directory = tempfile::tempdir().unwrap();
    let (file, certificate) =
        (directory.path().join("request.xml"), directory.path().join("certificate.pem"));
    fs::write(&file, STANDARD.decode(&form.saml_request).unwrap()).unwrap();
    fs::write(&certificate, key_file("idp.pem")).unwrap();
    let output = verify(&file, "AuthnRequest", &certificate);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let message = fs::read_to_string(&file).unwrap();
    let (issuer, signature) =
        (message.find("</saml2:Issuer>").unwrap(), message.find("<ds:Signature").unwrap());
    assert_eq!(
        issuer + "</saml2:Issuer>".len(),
        signature,
        "the schema wants the signature right after the issuer"
    );
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let refusal =
        |request: AuthnRequest<'_>, relay_state: &str| request.redirect_url(relay_state, None).err();
    assert_eq!(refusal(request(), &"x".repeat(80)), None);
    assert_eq!(refusal(request(), &"x".repeat(81)), Some(AuthnRequestError::RelayState));
    assert_eq!(refusal(AuthnRequest { id: "1abc", ..request() }, ""), Some(AuthnRequestError::Id));
    assert_eq!(refusal(AuthnRequest { id: "a\"b", ..request() }, ""), Some(AuthnRequestError::Id));
    for destination in ["javascript:alert(1)", "/sso", ""] {
        let request = AuthnRequest { destination, ..request() };
        assert_eq!(refusal(request, ""), Some(AuthnRequestError::Destination), "{destination}");
        assert_eq!(request.post_form("", None).err(), Some(AuthnRequestError::Destination), "{destination}");
    }
}

#[test]
fn our_metadata_says_where_to_post_by_which_keys_we_sign_and_for_which_to_encrypt() {
    let metadata = SpMetadata {
        entity_id: "https://sso.portico.example/saml?<conn>&1",
        acs_url: "https://sso.portico.example/sso/saml/acs/conn_1",
        signing_certificates: &[b"not a real certificate"],
        encryption_certificates: &[b"another"],
        authn_requests_signed: true,
        valid_until: Some(now()),
    };
    let xml = metadata.to_xml().unwrap();
    assert_eq!(parse(xml.as_bytes(), None, now()), Err(MetadataError::ServiceProvider));
    insta::assert_snapshot!(xml, @r#"<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" entityID="https://sso.portico.example/saml?&lt;conn&gt;&amp;1" validUntil="2026-01-15T10:00:00Z"><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true" AuthnRequestsSigned="true"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>bm90IGEgcmVhbCBjZXJ0aWZpY2F0ZQ==</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>YW5vdGhlcg==</ds:X509Certificate></ds:X509Data></ds:KeyInfo><md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"></md:EncryptionMethod><md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm"></md:EncryptionMethod><md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"></md:EncryptionMethod><md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"></md:EncryptionMethod><md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"></md:EncryptionMethod><md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep"></md:EncryptionMethod></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat><md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sso.portico.example/sso/saml/acs/conn_1" index="0" isDefault="true"></md:AssertionConsumerService></md:SPSSODescriptor></md:EntityDescriptor>"#);
}

#[test]
fn a_generated_key_pair_signs_survives_storage_and_shows_nothing() {
    let made = SpKeyPair::generate("conn_1", now()).unwrap();
    let stored = SpKeyPair::from_parts(made.pkcs8(), made.certificate_der()).unwrap();
    let certificate = IdpCertificate::parse(&STANDARD.encode(stored.certificate_der())).unwrap();
    assert_eq!(certificate.subject(), "CN=conn_1");
    assert_eq!(certificate.not_before(), "2026-01-15T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
    assert_eq!((certificate.not_after() - certificate.not_before()).num_days(), 3650);
    assert!(request().redirect_url("", Some(&stored)).unwrap().contains("&Signature="));
    assert_eq!(format!("{made:?}"), "SpKeyPair { .. }");
    assert!(SpKeyPair::from_parts(b"not a key", made.certificate_der()).is_err());
}
