//! What the providers send: the requests of one act, as docs/directory-sync.md has them.

use super::scim::{Exchange, Scim, Session};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};

const NAME: &str = "ada@acme.example";
/// The practice identity provider's own id of Ada: by it a sign-in finds her.
const SUBJECT: &str = "acme-1001";
const GROUP: &str = "Engineering";

/// A provider, and how it calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Provider {
    Okta,
    Entra,
}

pub(crate) const PROVIDERS: [(Provider, &str); 2] = [(Provider::Okta, "okta"), (Provider::Entra, "entra")];

impl Provider {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Entra ID",
        }
    }

    fn agent(self) -> &'static str {
        match self {
            Self::Okta => "Okta SCIM Client 1.0.0",
            Self::Entra => "Azure AD Provisioning Service",
        }
    }
}

/// What an admin does at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Assign,
    Update,
    PushGroup,
    RemoveFromGroup,
    Deactivate,
}

impl Act {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Assign, "assign"),
        (Self::Update, "update"),
        (Self::PushGroup, "push_group"),
        (Self::RemoveFromGroup, "remove_from_group"),
        (Self::Deactivate, "deactivate"),
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Assign => "Assign Ada",
            Self::Update => "Change Ada’s title",
            Self::PushGroup => "Push the group Engineering with Ada",
            Self::RemoveFromGroup => "Take Ada out of Engineering",
            Self::Deactivate => "Deactivate Ada",
        }
    }
}

/// Sends the requests of an act; all of them with their answers.
pub(crate) async fn play(scim: &Scim, provider: Provider, act: Act) -> Vec<Exchange> {
    let session = scim.session(provider.agent());
    let ada = find(&session, provider, "Users", "userName", NAME).await;
    match (act, ada) {
        (Act::Assign, None) => {
            session.send(Method::POST, "/Users", Some(user(provider))).await;
        }
        (Act::Assign, Some(ada)) => set_active(&session, provider, &ada, true).await,
        (Act::Update, Some(ada)) => update(&session, provider, &ada).await,
        (Act::PushGroup, Some(ada)) => push_group(&session, provider, &ada).await,
        (Act::RemoveFromGroup, Some(ada)) => remove_from_group(&session, provider, &ada).await,
        (Act::Deactivate, Some(ada)) => set_active(&session, provider, &ada, false).await,
        // Nobody to do it to: the lookup says so.
        (Act::Update | Act::PushGroup | Act::RemoveFromGroup | Act::Deactivate, None) => {}
    }
    session.into_exchanges()
}

/// The lookup that comes before everything; the id of what was found.
async fn find(
    session: &Session<'_>,
    provider: Provider,
    kind: &str,
    by: &str,
    value: &str,
) -> Option<String> {
    let path = match provider {
        Provider::Okta => format!("/{kind}?filter={by}%20eq%20%22{value}%22&startIndex=1&count=100"),
        Provider::Entra if kind == "Groups" => {
            format!("/{kind}?excludedAttributes=members&filter={by}+eq+%22{value}%22")
        }
        Provider::Entra => format!("/{kind}?filter={by}+eq+%22{value}%22"),
    };
    let found = session.get(&path).await;
    found.pointer("/Resources/0/id")?.as_str().map(str::to_owned)
}

fn user(provider: Provider) -> Json {
    let mut user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": NAME,
        "externalId": SUBJECT,
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "primary": true, "value": NAME, "type": "work" }],
        "displayName": "Ada Lovelace",
        "active": true,
    });
    let own = match provider {
        Provider::Okta => json!({ "locale": "en-US", "groups": [], "password": "a-random-one" }),
        Provider::Entra => json!({ "roles": [], "title": null, "meta": { "resourceType": "User" } }),
    };
    if let (Some(user), Json::Object(own)) = (user.as_object_mut(), own) {
        user.extend(own);
    }
    user
}

async fn update(session: &Session<'_>, provider: Provider, ada: &str) {
    let path = format!("/Users/{ada}");
    match provider {
        Provider::Okta => {
            let mut whole = session.get(&path).await;
            if let Some(whole) = whole.as_object_mut() {
                whole.insert("title".to_owned(), json!("Countess"));
            }
            session.send(Method::PUT, &path, Some(whole)).await;
        }
        Provider::Entra => {
            session.patch(&path, json!([{ "op": "Replace", "path": "title", "value": "Analyst" }])).await;
        }
    }
}

async fn set_active(session: &Session<'_>, provider: Provider, ada: &str, active: bool) {
    let operations = match provider {
        Provider::Okta => json!([{ "op": "replace", "value": { "active": active } }]),
        Provider::Entra => {
            json!([{ "op": "Replace", "path": "active", "value": if active { "True" } else { "False" } }])
        }
    };
    session.patch(&format!("/Users/{ada}"), operations).await;
}

async fn push_group(session: &Session<'_>, provider: Provider, ada: &str) {
    let known = find(session, provider, "Groups", "displayName", GROUP).await;
    let group = match known {
        Some(group) => Some(group),
        None => {
            let group =
                json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": GROUP });
            let made = session.send(Method::POST, "/Groups", Some(group)).await;
            made.get("id").and_then(Json::as_str).map(str::to_owned)
        }
    };
    let Some(group) = group else { return };
    let operations = match provider {
        Provider::Okta => {
            json!([{ "op": "add", "path": "members", "value": [{ "value": ada, "display": NAME }] }])
        }
        Provider::Entra => {
            json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": ada }] }])
        }
    };
    session.patch(&format!("/Groups/{group}"), operations).await;
}

async fn remove_from_group(session: &Session<'_>, provider: Provider, ada: &str) {
    let Some(group) = find(session, provider, "Groups", "displayName", GROUP).await else { return };
    let operations = match provider {
        Provider::Okta => json!([{ "op": "remove", "path": format!("members[value eq \"{ada}\"]") }]),
        Provider::Entra => {
            json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": ada }] }])
        }
    };
    session.patch(&format!("/Groups/{group}"), operations).await;
}
