//! The path of an operation of a SCIM PATCH: whatever it is, the operation changes the attribute that the path names and
//! nothing else, and doing it twice is doing it once.

use std::sync::LazyLock;

use portico_protocol::scim::{Document, Patch, ResourceKind, read_value};
use serde_json::{Value, json};

use crate::Seed;

static USER: LazyLock<Document> = LazyLock::new(|| {
    let user = json!({
        "userName": "ada", "externalId": "e1", "active": true, "title": "Dr", "name": {"givenName": "Ada"},
        "emails": [{"value": "a@work", "type": "work", "primary": true}, {"value": "a@home", "type": "home"}],
        "shoeSize": 43, "urn:acme:badge:1.0:User": {"badge": "B7"},
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "manager": {"value": "m1"}},
    });
    read_value(user, ResourceKind::User).unwrap().document
});

/// Makes what is changed.
pub fn prepare() {
    LazyLock::force(&USER);
}

/// The first line is the path; the rest is the value, as JSON or else as a text.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (path, value) = text.split_once('\n').unwrap_or((&text, ""));
    let value: Value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    for op in ["replace", "remove"] {
        let body = json!({"Operations": [{"op": op, "path": path, "value": value}]});
        let Ok(patch) = Patch::of_value(&body, ResourceKind::User) else { return };
        let Ok(once) = patch.apply(&USER) else { continue };
        only_one_attribute_changes(&once, path);
        if let Ok(twice) = patch.apply(&once) {
            // Elements that were just changed so that the path no longer means them aren't meant again.
            if !path.contains('[') {
                assert_eq!(twice, once, "{op} {path}");
            }
        }
        let Ok(_) = Patch::of_value(&body, ResourceKind::Group).map(|patch| patch.member_change()) else {
            continue;
        };
    }
}

fn only_one_attribute_changes(changed: &Document, path: &str) {
    let (before, after) = (USER.attributes(), changed.attributes());
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let different: Vec<_> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
    // A path without a name is taken for none: then the value names what changes.
    assert!(different.len() <= 1 || path.trim().is_empty(), "{path:?} changed {different:?}");
    for never in ["id", "meta", "groups", "password", "schemas"] {
        assert!(
            !after.contains_key(never) || path.contains(':') || path.trim().is_empty(),
            "{path:?} made {never}"
        );
    }
}

/// Paths as providers send them, and some that they don't.
pub fn seeds() -> Vec<Seed> {
    [
        "userName\n\"bob\"",
        "emails[type eq \"work\"].value\n\"b@work\"",
        "emails[type eq \"other\" and primary eq true]\n{\"value\": \"x\"}",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager\n\"m2\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\n{\"division\": \"x\"}",
        "Name.FamilyName\n\"L\"",
        "urn:acme:badge:1.0:User:badge\n[1, {\"a\": null}]",
        "roles[primary eq \"True\"].value\n\"admin\"",
        "shoeSize\n[]",
        "members[value eq \"x\"]\n",
        "active\n\"False\"",
    ]
    .into_iter()
    .enumerate()
    .map(|(number, input)| Seed { name: format!("path-{number}"), input: input.as_bytes().to_vec() })
    .collect()
}
