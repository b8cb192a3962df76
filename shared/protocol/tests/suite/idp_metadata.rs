//! Metadata as identity providers publish it, and as admins paste it by mistake.

use std::fs;

use chrono::{DateTime, Utc};
use portico_protocol::saml::MetadataError;
use portico_protocol::saml::idp_metadata::parse;
use serde::Deserialize;

use crate::support::vectors::{certificate, directories, json, root};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<T> {
    entity_id: Option<String>,
    now: DateTime<Utc>,
    #[serde(alias = "metadata", alias = "error")]
    expected: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    entity_id: String,
    sso_redirect_url: Option<String>,
    sso_post_url: Option<String>,
    certificates: Vec<String>,
    want_authn_requests_signed: bool,
    name_id_formats: Vec<String>,
    valid_until: Option<DateTime<Utc>>,
}

#[test]
fn every_accepted_metadata_document_is_read_completely() {
    for name in directories("metadata/accepted") {
        let directory = root().join("vectors/metadata/accepted").join(&name);
        let case: Case<Metadata> = json(&directory.join("expect.json"));
        let document = fs::read(directory.join("metadata.xml")).unwrap();
        let read = parse(&document, case.entity_id.as_deref(), case.now);
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = case.expected;
        assert_eq!(read.entity_id, expected.entity_id, "{name}");
        assert_eq!(read.sso_redirect_url, expected.sso_redirect_url, "{name}");
        assert_eq!(read.sso_post_url, expected.sso_post_url, "{name}");
        assert_eq!(read.want_authn_requests_signed, expected.want_authn_requests_signed, "{name}");
        assert_eq!(read.name_id_formats, expected.name_id_formats, "{name}");
        assert_eq!(read.valid_until, expected.valid_until, "{name}");
        let certificates: Vec<_> = expected.certificates.iter().map(|name| certificate(name)).collect();
        assert_eq!(read.certificates, certificates, "{name}");
    }
}

#[test]
fn every_refused_metadata_document_has_its_own_error() {
    for name in directories("metadata/refused") {
        let directory = root().join("vectors/metadata/refused").join(&name);
        let case: Case<String> = json(&directory.join("expect.json"));
        let document = fs::read(directory.join("metadata.xml")).unwrap();
        let error = parse(&document, case.entity_id.as_deref(), case.now).unwrap_err();
        assert!(format!("{error:?}").starts_with(&case.expected), "{name}: {error:?}");
    }
}

#[test]
fn metadata_over_a_megabyte_is_refused_before_it_is_read() {
    let document = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(parse(&document, None, DateTime::UNIX_EPOCH), Err(MetadataError::TooLarge));
}

#[test]
fn an_eleventh_certificate_is_one_too_many() {
    let template = root().join("vectors/metadata/accepted/okta/metadata.xml");
    let text = fs::read_to_string(template).unwrap();
    let start = text.find("<md:KeyDescriptor").unwrap();
    let end = text.find("</md:KeyDescriptor>").unwrap() + "</md:KeyDescriptor>".len();
    let own = certificate("idp");
    // Changing bits at the end of the signature makes other certificates with a good key.
    let with = |n: u8| {
        let keys: String = (0..n)
            .map(|i| {
                let mut der = own.der().to_vec();
                *der.last_mut().unwrap() ^= i;
                let body = String::from_utf8(crate::support::vectors::encode(der)).unwrap();
                let key = &text[start..end];
                let (from, to) = (key.find("MII").unwrap(), key.find("</ds:X509Certificate>").unwrap());
                format!("{}{body}{}", &key[..from], &key[to..])
            })
            .collect();
        parse(format!("{}{keys}{}", &text[..start], &text[end..]).as_bytes(), None, DateTime::UNIX_EPOCH)
    };
    assert_eq!(with(10).unwrap().certificates.len(), 10);
    assert_eq!(with(11), Err(MetadataError::TooManyCertificates));
}
