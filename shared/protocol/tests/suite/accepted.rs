//! Documents that sign somebody in.

use portico_protocol::saml::{Signed, UnverifiedResponse, map_profile};
use serde_json::{Value, json};

use crate::support::signer::sign;
use crate::support::vectors::{Accepted, encode};

#[test]
fn every_accepted_vector_yields_exactly_what_its_idp_says() {
    for case in Accepted::all() {
        let verdict = case.settings().verdict(&encode(case.response()));
        let assertion = verdict.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", case.name()));
        let signed = match assertion.signed() {
            Signed::Response => "response",
            Signed::Assertion => "assertion",
            Signed::Both => "both",
        };
        assert_eq!(signed, case.signed, "{}", case.name());
        let name_id = assertion.name_id().unwrap();
        let read = json!({"value": name_id.value, "format": name_id.format});
        assert_eq!(read, Value::Object(case.name_id.clone()), "{}", case.name());
        assert_eq!(assertion.session_index(), case.session_index.as_deref(), "{}", case.name());
        assert_eq!(assertion.authn_instant(), case.authn_instant, "{}", case.name());
        assert_eq!(assertion.issuer(), case.settings().idp_entity_id, "{}", case.name());

        let profile = map_profile(&assertion, case.idp(), &case.attribute_map).unwrap();
        let read = json!({
            "idp_id": profile.idp_id, "email": profile.email, "first_name": profile.first_name,
            "last_name": profile.last_name, "name": profile.name, "groups": profile.groups,
        });
        assert_eq!(read, Value::Object(case.profile.clone()), "{}", case.name());
    }
}

#[test]
fn the_test_signer_signs_every_style_as_xmlsec1_did() {
    for case in Accepted::all() {
        let (Some(unsigned), Some(key)) = (case.unsigned(), &case.signing_key) else { continue };
        let signed = case.issue(&unsigned);
        case.settings()
            .verdict(&encode(&signed))
            .unwrap_or_else(|refusal| panic!("{}: {refusal:?}", case.name()));
        // RSA signatures are deterministic: but for line breaks, the two have to agree to the byte. (Where both are
        // signed, the outer digest covers xmlsec1's line breaks in the inner signature.)
        if !key.starts_with('p') && case.signed != "both" && case.encryption.is_none() {
            let compact = |text: &str| -> String {
                let body = text.strip_prefix("<?xml version=\"1.0\"?>").unwrap_or(text);
                body.split_whitespace().collect()
            };
            assert_eq!(compact(&signed), compact(&case.response()), "{}", case.name());
        }
    }
}

#[test]
fn whether_an_assertion_is_encrypted_is_seen_before_the_verdict() {
    for case in Accepted::all() {
        let response = UnverifiedResponse::parse(&encode(case.response())).unwrap();
        assert_eq!(response.is_encrypted(), case.encryption.is_some(), "{}", case.name());
    }
}

#[test]
fn an_xml_declaration_that_was_encrypted_along_is_passed_over() {
    let mut case = Accepted::named("encrypted-adfs-assertion-aes256-cbc");
    case.encryption.as_mut().unwrap().before = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into();
    let document = case.issue(&case.unsigned().unwrap());
    assert!(case.settings().verdict(&encode(document)).is_ok());
}

#[test]
fn base64_may_be_wrapped_and_the_request_id_is_read_before_the_verdict() {
    let case = Accepted::named("entra-assertion");
    let encoded = encode(case.response());
    let wrapped = encoded.chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..]);
    assert!(case.settings().verdict(&wrapped).is_ok());
    assert_eq!(UnverifiedResponse::parse(&encoded).unwrap().in_response_to(), Some("_req_1"));
    let without = case.response().replacen(" InResponseTo=\"_req_1\"", "", 1);
    let hint = UnverifiedResponse::parse(&encode(without)).unwrap();
    assert_eq!(hint.in_response_to(), Some("_req_1"), "the confirmation names it too");
}

#[test]
fn an_assertion_is_accepted_until_its_end_plus_skew_and_not_longer() {
    let case = Accepted::named("rollover-second-key");
    let mut settings = case.settings();
    let encoded = encode(case.response());
    let end = settings.verdict(&encoded).unwrap().not_on_or_after();
    settings.now = end + chrono::TimeDelta::seconds(119);
    assert!(settings.verdict(&encoded).is_ok());
    settings.now = end + chrono::TimeDelta::seconds(120);
    assert!(settings.verdict(&encoded).is_err());
}

#[test]
fn one_of_several_own_names_suffices_as_audience() {
    let case = Accepted::named("okta-both");
    let mut settings = case.settings();
    settings.audiences.insert(0, "spn:another-name-of-ours".into());
    assert!(settings.verdict(&encode(case.response())).is_ok());
}

#[test]
fn key_info_is_ignored_whatever_it_holds() {
    let case = Accepted::named("keycloak-assertion");
    let text = case.response();
    let start = text.find("<dsig:KeyInfo>").unwrap();
    let end = text.find("</dsig:KeyInfo>").unwrap() + "</dsig:KeyInfo>".len();
    let forged = "<dsig:KeyInfo><dsig:KeyValue><dsig:RSAKeyValue/></dsig:KeyValue></dsig:KeyInfo>";
    for key_info in ["", "<dsig:KeyInfo/>", forged] {
        let document = format!("{}{key_info}{}", &text[..start], &text[end..]);
        assert!(case.settings().verdict(&encode(document)).is_ok(), "{key_info}");
    }
}

#[test]
fn a_response_may_leave_out_its_destination_and_its_issuer_when_the_assertion_is_signed() {
    let case = Accepted::named("keycloak-assertion");
    let settings = case.settings();
    let destination = format!(" Destination=\"{}\"", settings.acs_url);
    let text = case.response();
    assert!(text.contains(&destination));
    assert!(settings.verdict(&encode(text.replace(&destination, ""))).is_ok());
    let (start, end) = (text.find("<saml:Issuer").unwrap(), text.find("</saml:Issuer>").unwrap());
    let without = format!("{}{}", &text[..start], &text[end + "</saml:Issuer>".len()..]);
    assert!(settings.verdict(&encode(without)).is_ok());
}

#[test]
fn a_validity_that_conditions_leave_out_is_the_confirmations() {
    let case = Accepted::named("keycloak-assertion");
    let times = " NotBefore=\"2026-01-15T09:55:00.001Z\" NotOnOrAfter=\"2026-01-15T10:05:00.001Z\"";
    let unsigned = case.unsigned().unwrap();
    assert!(unsigned.contains(times));
    let assertion = case.settings().verdict(&encode(sign(&unsigned.replace(times, ""), "idp"))).unwrap();
    assert_eq!(
        assertion.not_on_or_after(),
        "2026-01-15T10:05:00.001Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    );
}
