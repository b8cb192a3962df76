use super::*;
use crate::practice_idp::people::{FAILURES, PEOPLE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use portico_protocol::saml::{
    AttributeMap, Expectations, Idp, IdpCertificate, Reason, UnverifiedResponse, VerifiedAssertion,
    map_profile,
};

const ISSUER: &str = "http://127.0.0.1:4401/metadata";
const AUDIENCE: &str = "http://127.0.0.1:4400/sso/saml/metadata/conn_1";
const ACS_URL: &str = "http://127.0.0.1:4400/sso/saml/acs/conn_1";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_763_762_400, 0).unwrap()
}

/// The product's own verdict on what the practice identity provider wrote.
fn verdict(signed: Signed, failure: Option<Failure>) -> Result<VerifiedAssertion, Reason> {
    let signer = Signer::generate(now()).unwrap();
    let answer = Answer {
        issuer: ISSUER,
        audience: AUDIENCE,
        acs_url: ACS_URL,
        in_response_to: Some("_request"),
        person: &PEOPLE[0],
        signed,
        failure,
        now: now(),
    };
    let message = answer.write(&signer, &Rng::system()).unwrap();
    let response = UnverifiedResponse::parse(BASE64.encode(message).as_bytes()).unwrap();
    let expectations = Expectations {
        acs_url: ACS_URL,
        idp_entity_id: ISSUER,
        audiences: &[AUDIENCE],
        certificates: &[IdpCertificate::parse(&signer.certificate_base64()).unwrap()],
        decryption_keys: &[],
        allow_sha1: false,
        in_response_to: Some("_request"),
        skew_seconds: 120,
        now: now(),
    };
    response.verify(&expectations).map_err(|refusal| refusal.reason)
}

#[test]
fn a_response_is_accepted_whatever_is_signed() {
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let assertion = verdict(signed, None).unwrap();
        let profile = map_profile(&assertion, Idp::Generic, &AttributeMap::default()).unwrap();
        assert_eq!((profile.idp_id.as_str(), profile.email.as_str()), ("acme-1001", "ada@acme.example"));
        assert_eq!(profile.groups.unwrap(), ["Engineering", "Admins"]);
    }
}

#[test]
fn each_failure_of_the_message_is_refused_for_its_own_reason() {
    for (failure, reason) in [
        (Failure::Expired, Reason::ConfirmationExpired),
        (Failure::WrongAudience, Reason::AudienceMismatch),
        (Failure::Unsigned, Reason::Unsigned),
        (Failure::WrongKey, Reason::SignatureMismatch),
        (Failure::Denied, Reason::RequestDenied),
        (Failure::IdpInitiated, Reason::InResponseToMissing),
    ] {
        assert_eq!(verdict(Signed::Assertion, Some(failure)).err(), Some(reason), "{failure:?}");
    }
}

#[test]
fn the_address_outside_the_domain_is_all_that_differs_from_an_accepted_response() {
    let assertion = verdict(Signed::Assertion, Some(Failure::OutsideDomain)).unwrap();
    let profile = map_profile(&assertion, Idp::Generic, &AttributeMap::default()).unwrap();
    assert_eq!(profile.email, "ada@elsewhere.example");
}

#[test]
fn every_failure_of_the_menu_is_found_by_its_form_value() {
    for choice in FAILURES {
        assert_eq!(Failure::parse(choice.value), Some(choice.failure));
    }
    assert_eq!(Failure::parse(""), None);
}
