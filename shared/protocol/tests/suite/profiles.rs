//! Who it is: from attributes and NameID to a profile. Every assertion here is signed and has passed the verdict.

use portico_protocol::saml::{AttributeMap, Idp, MappedProfile, Reason, Refusal, map_profile};
use serde_json::json;

use crate::support::signer::sign;
use crate::support::vectors::{Accepted, encode};

const NAME_ID: &str = "G-1f0c</saml:NameID>";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL_FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// Maps the Keycloak document after edits that its IdP makes before signing.
fn profile(edits: &[(&str, &str)], idp: Idp, map: &AttributeMap) -> Result<MappedProfile, Refusal> {
    let case = Accepted::named("keycloak-assertion");
    let unsigned = edits.iter().fold(case.unsigned().unwrap(), |text, (find, replace)| {
        assert!(text.contains(find), "the document doesn't contain {find}");
        text.replace(find, replace)
    });
    let assertion = case.settings().verdict(&encode(sign(&unsigned, "idp"))).unwrap();
    map_profile(&assertion, idp, map)
}

fn generic(edits: &[(&str, &str)]) -> Result<MappedProfile, Refusal> {
    profile(edits, Idp::Generic, &AttributeMap::default())
}

fn reason(result: Result<MappedProfile, Refusal>) -> Reason {
    result.unwrap_err().reason
}

fn mapped(set: impl Fn(&mut AttributeMap)) -> AttributeMap {
    let mut map = AttributeMap::default();
    set(&mut map);
    map
}

#[test]
fn a_transient_name_id_alone_is_refused_with_the_remedy() {
    let refusal = generic(&[(PERSISTENT, TRANSIENT)]).unwrap_err();
    assert_eq!(refusal.reason, Reason::TransientNameId);
    assert!(refusal.expected.unwrap().contains("persistent NameID"));
    assert_eq!(refusal.received.unwrap(), "attributes email, Role");
}

#[test]
fn a_missing_or_empty_name_id_is_refused_unless_an_attribute_is_mapped() {
    assert_eq!(reason(generic(&[(NAME_ID, "</saml:NameID>")])), Reason::IdpIdMissing);
    let map = mapped(|map| map.idp_id = Some("email".into()));
    let profile = profile(&[(NAME_ID, "</saml:NameID>")], Idp::Generic, &map).unwrap();
    assert_eq!(profile.idp_id, "Ada@Example.COM");
}

#[test]
fn a_mapped_id_that_is_absent_never_falls_back_to_the_name_id() {
    let map = mapped(|map| map.idp_id = Some("employeeNumber".into()));
    let refusal = profile(&[], Idp::Generic, &map).unwrap_err();
    assert_eq!(
        (refusal.reason, refusal.expected.as_deref()),
        (Reason::IdpIdMissing, Some("attribute employeeNumber"))
    );
}

#[test]
fn an_id_has_one_value_of_bounded_length() {
    let map = mapped(|map| map.idp_id = Some("Role".into()));
    assert_eq!(reason(profile(&[], Idp::Generic, &map)), Reason::IdpIdAmbiguous);
    let long = format!("{}</saml:NameID>", "x".repeat(513));
    assert_eq!(reason(generic(&[(NAME_ID, &long)])), Reason::IdpIdTooLong);
    assert!(generic(&[(NAME_ID, &long[1..])]).is_ok());
}

#[test]
fn entra_is_known_by_object_identifier_and_other_idps_are_not() {
    let edit =
        [("\"Role\"", "\"http://schemas.microsoft.com/identity/claims/objectidentifier\""), ("offline", "")];
    let by = |idp| profile(&edit, idp, &AttributeMap::default()).unwrap().idp_id;
    assert_eq!(by(Idp::Entra), "view-profile");
    assert_eq!(by(Idp::Generic), "G-1f0c");
}

#[test]
fn the_email_comes_from_the_attribute_or_from_a_name_id_that_is_one() {
    assert_eq!(generic(&[]).unwrap().email, "Ada@example.com");
    let without = ("Name=\"email\"", "Name=\"other\"");
    assert_eq!(
        generic(&[without, (NAME_ID, "ada@Example.com</saml:NameID>")]).unwrap().email,
        "ada@example.com"
    );
    assert_eq!(reason(generic(&[without])), Reason::EmailMissing);
    assert_eq!(reason(generic(&[without, (PERSISTENT, EMAIL_FORMAT)])), Reason::EmailMalformed);
    let address = "ada@example.com</saml:NameID>";
    let map = mapped(|map| map.idp_id = Some("other".into()));
    let transient = profile(&[without, (NAME_ID, address), (PERSISTENT, TRANSIENT)], Idp::Generic, &map);
    assert_eq!(
        reason(transient),
        Reason::EmailMissing,
        "a transient NameID is no address, whatever it looks like"
    );
}

#[test]
fn a_malformed_email_attribute_is_refused_and_shown() {
    let refusal = generic(&[("Ada@Example.COM", "ada at example")]).unwrap_err();
    assert_eq!(
        (refusal.reason, refusal.received.as_deref()),
        (Reason::EmailMalformed, Some("ada at example"))
    );
}

#[test]
fn entras_group_overage_is_seen_and_is_not_an_empty_list() {
    let link = "http://schemas.microsoft.com/claims/groups.link";
    let profile =
        profile(&[("\"Role\"", &format!("\"{link}\""))], Idp::Entra, &AttributeMap::default()).unwrap();
    assert!(profile.groups_overage);
    assert_eq!(profile.groups, None);
    assert!(!generic(&[]).unwrap().groups_overage);
}

#[test]
fn groups_are_distinct_and_absent_groups_are_none() {
    let profile = generic(&[("\"Role\"", "\"MemberOf\""), ("offline", "view-profile")]).unwrap();
    assert_eq!(profile.groups.unwrap(), ["view-profile"]);
    assert_eq!(generic(&[]).unwrap().groups, None);
}

#[test]
fn plain_names_ignore_case_and_uris_do_not() {
    let by = |name: &str| {
        let map = mapped(|map| map.first_name = Some("URN:Oid:2.5.4.42".into()));
        profile(&[("\"Role\"", &format!("\"{name}\""))], Idp::Generic, &map).unwrap().first_name
    };
    assert_eq!(by("URN:Oid:2.5.4.42").as_deref(), Some("view-profile"));
    assert_eq!(by("urn:oid:2.5.4.42"), None);
    let map = mapped(|map| map.first_name = Some("rOLE".into()));
    assert_eq!(profile(&[], Idp::Generic, &map).unwrap().first_name.as_deref(), Some("view-profile"));
    let friendly = profile(&[("\"Role\"", "\"urn:x\" FriendlyName=\"role\"")], Idp::Generic, &map).unwrap();
    assert_eq!(friendly.first_name.as_deref(), Some("view-profile"));
}

#[test]
fn custom_and_raw_attributes_keep_one_value_as_text_and_several_as_a_list() {
    let map = mapped(|map| {
        map.custom.insert("roles".into(), "Role".into());
        map.custom.insert("mail".into(), "email".into());
        map.custom.insert("absent".into(), "nothing".into());
    });
    let profile = profile(&[], Idp::Generic, &map).unwrap();
    let custom = json!({"mail": "Ada@Example.COM", "roles": ["view-profile", "offline"]});
    assert_eq!(serde_json::Value::Object(profile.custom_attributes), custom);
    let raw = json!({"email": "Ada@Example.COM", "Role": ["view-profile", "offline"]});
    assert_eq!(serde_json::Value::Object(profile.raw_attributes), raw);
}
