//! A filter of a SCIM request: whatever it is, it is read or refused; what is read is the same once it is printed and read
//! again, is the opposite of its negation, and an index never misses what it means.

use std::sync::LazyLock;

use portico_protocol::scim::{Filter, Indexed, ResourceKind, fold};
use serde_json::{Map, Value, json};

use crate::Seed;

static RESOURCES: LazyLock<Vec<Map<String, Value>>> = LazyLock::new(|| {
    [
        json!({
            "id": "U1", "userName": "Ada@Acme.com", "externalId": "00uA", "active": true, "displayName": "Ada",
            "name": {"familyName": "Lovelace", "givenName": "Ada"},
            "emails": [{"value": "ada@acme.com", "type": "work", "primary": true}, {"value": "a@home", "type": "home"}],
            "groups": [{"value": "G1", "type": "direct"}], "members": [{"value": "U9", "display": "Bob"}],
            "meta": {"resourceType": "User", "lastModified": "2026-11-02T09:00:00.000Z", "version": "W/\"3\""},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "M"}},
        }),
        json!({"id": "U2", "userName": "bob", "active": false, "shoeSize": 43, "x": [1, "two", null, {"value": true}]}),
        json!({}),
    ]
    .into_iter()
    .map(|resource| resource.as_object().unwrap().clone())
    .collect()
});

/// Makes what filters are held against.
pub fn prepare() {
    LazyLock::force(&RESOURCES);
}

/// The input is the filter.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for kind in [ResourceKind::User, ResourceKind::Group] {
        let Ok(filter) = Filter::parse(&text, kind) else { continue };
        let printed = filter.to_string();
        // Printing may add parentheses and URNs beyond what may be read.
        if let Ok(again) = Filter::parse(&printed, kind) {
            assert_eq!(again, filter, "{printed}");
        }
        let negated = Filter::parse(&format!("not ({printed})"), kind).ok();
        for resource in RESOURCES.iter() {
            let meant = filter.matches(resource);
            if let Some(negated) = &negated {
                assert_ne!(negated.matches(resource), meant, "{printed}");
            }
            if let (true, Some(lookup)) = (meant, filter.lookup()) {
                assert!(found(resource, lookup.attribute, &lookup.value), "{printed}: an index misses it");
            }
        }
    }
}

/// Whether an index on the attribute finds the resource by the value.
fn found(resource: &Map<String, Value>, attribute: Indexed, value: &str) -> bool {
    let is = |name: &str| resource.get(name).and_then(Value::as_str);
    match attribute {
        Indexed::Id => is("id") == Some(value),
        Indexed::ExternalId => is("externalId") == Some(value),
        Indexed::UserName => is("userName").map(fold) == Some(fold(value)),
        Indexed::DisplayName => is("displayName").map(fold) == Some(fold(value)),
        Indexed::Email => values(resource, "emails").any(|email| fold(email) == fold(value)),
        Indexed::Membership => {
            ["groups", "members"].iter().any(|name| values(resource, name).any(|id| id == value))
        }
    }
}

fn values<'r>(resource: &'r Map<String, Value>, name: &str) -> impl Iterator<Item = &'r str> {
    let elements = resource.get(name).and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(|element| element["value"].as_str())
}

/// Filters as providers send them, and some that they don't.
pub fn seeds() -> Vec<Seed> {
    [
        r#"userName eq "ada@acme.com""#,
        r#"emails[type eq "work"].value eq "ada@acme.com" and active eq true"#,
        r#"not (title pr or emails[value co "@acme.com" and not (type eq "home")])"#,
        r#"meta.lastModified gt "2026-11-02T09:00:00Z" or (id ne "U1" and externalId sw "00")"#,
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ew "d""#,
        r#"x.value eq null or shoeSize ge 4.5e1"#,
        r#"displayName eq "A\u0064a""#,
    ]
    .into_iter()
    .enumerate()
    .map(|(number, filter)| Seed { name: format!("filter-{number}"), input: filter.as_bytes().to_vec() })
    .collect()
}
