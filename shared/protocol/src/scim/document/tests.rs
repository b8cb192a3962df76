mod bent;

use serde_json::json;

use super::*;

fn read(body: Value) -> Value {
    let incoming = read_value(body, ResourceKind::User).unwrap();
    serde_json::to_value(incoming.document).unwrap()
}

fn refused(body: Value, kind: ResourceKind) -> (ScimType, String) {
    let error = read_value(body, kind).unwrap_err();
    (error.scim_type.unwrap(), error.detail)
}

const ENTERPRISE: &str = crate::scim::schema::ENTERPRISE;

#[test]
fn what_providers_bend_is_brought_into_the_rfcs_form() {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "http://schemas.example.com/anything"],
        "id": "theirs", "meta": {"created": "1970"}, "groups": [{"value": "g"}], "password": "secret",
        "USERNAME": "ada", "Active": "False", "displayname": ["Ada"], "name.givenName": "Ada",
        "nickName": null, "title": "", "roles": [], "emails": "ada@acme.com",
        "phoneNumbers": [{"value": "1", "Type": "work", "primary": "True"}],
        "manager": "m1", "department": "R&D", "employeeNumber": 7,
        (format!("{ENTERPRISE}:costCenter")): "C1",
        "shoeSize": 43, "urn:acme:badge:1.0:User": {"badge": "B7"}
    });
    assert_eq!(
        read(body),
        json!({
            "userName": "ada", "active": false, "displayName": "Ada", "name": {"givenName": "Ada"},
            "emails": [{"value": "ada@acme.com"}],
            "phoneNumbers": [{"value": "1", "type": "work", "primary": true}],
            (ENTERPRISE): {"manager": {"value": "m1"}, "department": "R&D", "employeeNumber": "7", "costCenter": "C1"},
            "shoeSize": 43, "urn:acme:badge:1.0:User": {"badge": "B7"}
        })
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused_by_name() {
    let user = |body| refused(body, ResourceKind::User);
    let (kind, detail) = user(json!({"userName": "a", "USERNAME": "b"}));
    assert_eq!(kind, ScimType::InvalidSyntax, "{detail}");
    assert_eq!(
        user(json!({"userName": "a", "department": "x", (ENTERPRISE): {"department": "y"}})).0,
        ScimType::InvalidSyntax
    );
    for (body, named) in [
        (json!({}), "userName"),
        (json!({"userName": 7}), "userName"),
        (json!({"userName": "a", "externalId": 1}), "externalId"),
        (json!({"userName": "a", "active": "yes"}), "active"),
        (json!({"userName": "a", "title": ["x", "y"]}), "title"),
        (json!({"userName": "a", "name": "Ada"}), "name"),
        (json!({"userName": "a", "emails": [{"value": 7}]}), "emails.value"),
        (json!({"userName": "a", (ENTERPRISE): 7}), ENTERPRISE),
    ] {
        let (kind, detail) = user(body);
        assert!(kind == ScimType::InvalidValue && detail.contains(named), "{detail}");
    }
    assert_eq!(refused(json!({"displayName": ""}), ResourceKind::Group).0, ScimType::InvalidValue);
}

#[test]
fn of_several_primary_values_the_first_stays() {
    let body = json!({"userName": "a", "emails": [{"value": "1", "primary": true}, {"value": "2", "primary": true}]});
    assert_eq!(read(body)["emails"][1]["primary"], json!(false));
}

#[test]
fn the_address_to_write_to_is_the_primary_one_then_the_one_at_work() {
    let address = |emails: Value| {
        let incoming =
            read_value(json!({"userName": "ada@name", "emails": emails}), ResourceKind::User).unwrap();
        incoming.document.primary_email().map(str::to_owned)
    };
    assert_eq!(address(json!([{"value": "a@1"}, {"value": "a@2", "type": "work"}])).as_deref(), Some("a@2"));
    assert_eq!(
        address(json!([{"value": "a@1", "primary": true}, {"value": "a@2", "type": "work"}])).as_deref(),
        Some("a@1")
    );
    assert_eq!(address(json!([{"value": "a@1"}])).as_deref(), Some("a@1"));
    assert_eq!(address(json!(null)).as_deref(), Some("ada@name"));
}

#[test]
fn members_are_read_apart_and_a_group_is_none() {
    let body = json!({"displayName": "E", "members": [{"value": "1", "display": "A", "$ref": null}, {"value": "1"}, "2"]});
    let incoming = read_value(body, ResourceKind::Group).unwrap();
    let members = incoming.members.unwrap();
    assert_eq!(members.iter().map(|member| member.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(members[0].display.as_deref(), Some("A"));
    assert_eq!(incoming.document.attributes().len(), 1);
    assert_eq!(read_value(json!({"displayName": "E"}), ResourceKind::Group).unwrap().members, None);
    let nested = json!({"displayName": "E", "members": [{"value": "1", "type": "Group"}]});
    assert_eq!(refused(nested, ResourceKind::Group).0, ScimType::InvalidValue);
}

#[test]
fn what_no_schema_knows_is_kept_and_not_shown() {
    let body = json!({"userName": "a", "shoeSize": 43, "emails": [{"value": "x", "verified": true}], "active": true});
    let document = read_value(body, ResourceKind::User).unwrap().document;
    assert_eq!(document.attributes()["shoeSize"], json!(43));
    let meta = Meta { created: "c".into(), last_modified: "m".into(), version: "W/\"1\"".into() };
    let shown = document.render(ResourceKind::User, "u1", "https://x", &meta);
    assert_eq!(
        Value::Object(shown),
        json!({
            "schemas": [crate::scim::schema::USER], "id": "u1", "userName": "a", "active": true, "emails": [{"value": "x"}],
            "meta": {"resourceType": "User", "created": "c", "lastModified": "m", "location": "https://x/Users/u1", "version": "W/\"1\""}
        })
    );
}

#[test]
fn a_number_of_many_digits_is_the_same_however_often_it_is_kept() {
    let body = br#"{"userName": "a", "badge": 235557455555555555555555555}"#;
    let document = read_resource(body, ResourceKind::User).unwrap().document;
    let kept = serde_json::to_string(&document).unwrap();
    let again: Document = serde_json::from_str(&kept).unwrap();
    assert_eq!((&again, serde_json::to_string(&again).unwrap()), (&document, kept));
}
