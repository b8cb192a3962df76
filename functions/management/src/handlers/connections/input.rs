//! The body of `POST` and `PATCH /connections`, and what it asks for once it is checked.

use std::collections::BTreeMap;

use portico_protocol::saml::AttributeMap;
use portico_shared::domain::connection::{
    Connection, ConnectionState, ConnectionType, Missing, SamlSettings,
};
use portico_shared::web::error::FieldError;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::saml::SamlOptions;
use crate::error::RouteError;
use crate::input::{Problems, nullable};

/// The most custom attributes of a connection.
const MOST_CUSTOM_ATTRIBUTES: usize = 50;
/// The longest name of an attribute, ours or the provider's, in characters.
const MOST_ATTRIBUTE_CHARACTERS: usize = 256;
const NO_OIDC: &str = "OpenID Connect connections are not available yet. Connect this identity provider by SAML: send saml_options.";

/// The body as it comes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConnectionBody {
    organization_id: Option<String>,
    name: Option<String>,
    #[serde(deserialize_with = "nullable")]
    external_id: Option<Option<String>>,
    connection_type: Option<String>,
    attribute_maps: Option<AttributeMaps>,
    saml_options: Option<SamlOptions>,
    oidc_options: Option<IgnoredAny>,
    state: Option<WantedState>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WantedState {
    Draft,
    Validating,
    Active,
    Inactive,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AttributeMaps {
    standard_attributes: Option<StandardAttributes>,
    custom_attributes: Option<BTreeMap<String, Option<String>>>,
}

/// Names of the provider's attributes; `null` goes back to the provider's usual ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StandardAttributes {
    #[serde(deserialize_with = "nullable")]
    idp_id: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    email: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    first_name: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    last_name: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    name: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    groups: Option<Option<String>>,
}

/// What a checked body asks for, the provider's side apart. What is `None` stays as it is.
#[derive(Debug)]
pub(super) struct ConnectionChange {
    name: Option<String>,
    external_id: Option<Option<String>>,
    connection_type: Option<ConnectionType>,
    attribute_maps: AttributeMaps,
    /// The state that is asked for.
    pub(super) state: Option<ConnectionState>,
}

impl ConnectionBody {
    /// Checks the body of a new connection: whose it is, the provider's side, the rest.
    pub(super) fn check_new(self) -> Result<(String, SamlOptions, ConnectionChange), RouteError> {
        let missing = match (&self.organization_id, &self.saml_options, &self.oidc_options) {
            (None, ..) => Some(FieldError::required("organization_id")),
            (_, None, None) => Some(FieldError::new(
                "saml_options",
                "required",
                "saml_options is required; {} makes a draft that already has our values for the identity provider.",
            )),
            _ => None,
        };
        if let Some(missing) = missing {
            return Err(RouteError::Invalid(vec![missing]));
        }
        let organization_id = self.organization_id.clone().unwrap_or_default();
        let (options, change) = self.check()?;
        Ok((organization_id, options, change))
    }

    /// Checks the body of a change.
    pub(super) fn check(self) -> Result<(SamlOptions, ConnectionChange), RouteError> {
        let mut problems = Problems::default();
        let name = self.name.map(|name| problems.name("name", &name));
        if let Some(Some(external_id)) = &self.external_id {
            problems.external_id(external_id);
        }
        let connection_type = self.connection_type.and_then(|text| connection_type(&text, &mut problems));
        if self.oidc_options.is_some() {
            problems.add("oidc_options", "oidc_not_available", NO_OIDC);
        }
        let attribute_maps = self.attribute_maps.unwrap_or_default();
        attribute_maps.check(&mut problems);
        problems.finish()?;
        let state = self.state.map(|state| match state {
            WantedState::Draft => ConnectionState::Draft,
            WantedState::Validating => ConnectionState::Validating,
            WantedState::Active => ConnectionState::Active,
            WantedState::Inactive => ConnectionState::Inactive,
        });
        let change =
            ConnectionChange { name, external_id: self.external_id, connection_type, attribute_maps, state };
        Ok((self.saml_options.unwrap_or_default(), change))
    }
}

fn connection_type(text: &str, problems: &mut Problems) -> Option<ConnectionType> {
    let kind = ConnectionType::parse(text).filter(|kind| !kind.is_oidc());
    if kind.is_none() && text.to_ascii_lowercase().ends_with("oidc") {
        problems.add("connection_type", "oidc_not_available", NO_OIDC);
    } else if kind.is_none() {
        let known: Vec<_> =
            ConnectionType::ALL.iter().filter(|kind| !kind.is_oidc()).map(|kind| kind.as_str()).collect();
        let shown: String = text.chars().take(100).collect();
        let message = format!("connection_type must be one of {}; got '{shown}'.", known.join(", "));
        problems.add("connection_type", "invalid", message);
    }
    kind
}

impl AttributeMaps {
    fn standard(&self) -> [(&'static str, Option<&Option<String>>); 6] {
        let given = self.standard_attributes.as_ref();
        [
            ("idp_id", given.and_then(|given| given.idp_id.as_ref())),
            ("email", given.and_then(|given| given.email.as_ref())),
            ("first_name", given.and_then(|given| given.first_name.as_ref())),
            ("last_name", given.and_then(|given| given.last_name.as_ref())),
            ("name", given.and_then(|given| given.name.as_ref())),
            ("groups", given.and_then(|given| given.groups.as_ref())),
        ]
    }

    fn check(&self, problems: &mut Problems) {
        let fits = |text: &str| {
            (1..=MOST_ATTRIBUTE_CHARACTERS).contains(&text.chars().count())
                && !text.chars().any(char::is_control)
        };
        let expected =
            format!("expected the name of an attribute of 1 to {MOST_ATTRIBUTE_CHARACTERS} characters");
        for (name, given) in self.standard() {
            if given.is_some_and(|given| given.as_deref().is_some_and(|text| !fits(text))) {
                let field = format!("attribute_maps.standard_attributes.{name}");
                problems.add(&field, "invalid", format!("{field}: {expected}."));
            }
        }
        let custom = self.custom_attributes.iter().flatten();
        for (ours, theirs) in custom {
            if !fits(ours) || theirs.as_deref().is_some_and(|theirs| !fits(theirs)) {
                let field = "attribute_maps.custom_attributes";
                problems.add(field, "invalid", format!("{field}: {expected}, for our name and theirs."));
            }
        }
    }

    fn apply(&self, map: &mut AttributeMap) {
        let targets = [
            &mut map.idp_id,
            &mut map.email,
            &mut map.first_name,
            &mut map.last_name,
            &mut map.name,
            &mut map.groups,
        ];
        for (target, (_, given)) in targets.into_iter().zip(self.standard()) {
            if let Some(given) = given {
                target.clone_from(given);
            }
        }
        for (ours, theirs) in self.custom_attributes.iter().flatten() {
            match theirs {
                Some(theirs) => map.custom.insert(ours.clone(), theirs.clone()),
                None => map.custom.remove(ours),
            };
        }
    }
}

impl ConnectionChange {
    /// Makes the change.
    ///
    /// # Errors
    /// There would be too many custom attributes.
    pub(super) fn apply(&self, connection: &mut Connection) -> Result<(), RouteError> {
        if let Some(name) = &self.name {
            connection.name.clone_from(name);
        }
        if let Some(external_id) = &self.external_id {
            connection.external_id.clone_from(external_id);
        }
        if let Some(kind) = self.connection_type {
            connection.connection_type = kind;
        }
        self.attribute_maps.apply(&mut connection.attribute_map);
        let custom = connection.attribute_map.custom.len();
        if custom > MOST_CUSTOM_ATTRIBUTES {
            let message =
                format!("At most {MOST_CUSTOM_ATTRIBUTES} custom attributes can be mapped, got {custom}.");
            return Err(RouteError::field("attribute_maps.custom_attributes", "too_many", message));
        }
        Ok(())
    }

    /// Refuses another type for a connection that is more than a draft: what its people are mapped by would change.
    pub(super) fn keeps_type(&self, before: &Connection, state: ConnectionState) -> Result<(), RouteError> {
        match self.connection_type {
            Some(kind) if kind != before.connection_type && state != ConnectionState::Draft => {
                let current = before.connection_type.as_str();
                let message = format!(
                    "connection_type is {current} and can only change while the connection is a draft."
                );
                Err(RouteError::field("connection_type", "immutable", message))
            }
            _ => Ok(()),
        }
    }
}

/// How a connection stands after a change.
pub(crate) fn decide_state(
    wanted: Option<ConnectionState>,
    current: ConnectionState,
    saml: &SamlSettings,
) -> Result<ConnectionState, RouteError> {
    current.after_change(wanted, saml.missing()).map_err(|missing| {
        let error = |missing: Missing| {
            let field = match missing {
                Missing::EntityId => "saml_options.idp_entity_id",
                Missing::SsoUrl => "saml_options.idp_sso_url",
                Missing::Certificate => "saml_options.idp_signing_certs",
            };
            FieldError::new(field, "required", format!("{field} is required before people can sign in."))
        };
        RouteError::Invalid(missing.into_iter().map(error).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> ConnectionBody {
        serde_json::from_str(json).unwrap()
    }

    fn problem(result: Result<impl Sized, RouteError>) -> (String, &'static str) {
        let Err(RouteError::Invalid(errors)) = result else { panic!("accepted") };
        (errors[0].field.clone(), errors[0].code)
    }

    #[test]
    fn open_id_connect_is_refused_by_name() {
        let oidc = body(r#"{"organization_id": "org_1", "oidc_options": {"client_id": "x"}}"#);
        assert_eq!(problem(oidc.check_new()), ("oidc_options".to_owned(), "oidc_not_available"));
        let typed =
            body(r#"{"organization_id": "org_1", "connection_type": "OktaOIDC", "saml_options": {}}"#);
        assert_eq!(problem(typed.check_new()), ("connection_type".to_owned(), "oidc_not_available"));
    }

    #[test]
    fn a_new_connection_names_its_organization_and_its_protocol() {
        assert_eq!(problem(body("{}").check_new()), ("organization_id".to_owned(), "required"));
        let silent = body(r#"{"organization_id": "org_1"}"#);
        assert_eq!(problem(silent.check_new()), ("saml_options".to_owned(), "required"));
    }

    #[test]
    fn an_unknown_type_is_told_which_there_are() {
        let Err(RouteError::Invalid(errors)) = body(r#"{"connection_type": "oktasaml"}"#).check() else {
            panic!()
        };
        assert!(errors[0].message.contains("OktaSAML") && errors[0].message.contains("'oktasaml'"));
    }

    #[test]
    fn attributes_that_are_not_named_keep_their_mapping_and_null_ends_it() {
        let mut map = AttributeMap {
            email: Some("mail".to_owned()),
            name: Some("cn".to_owned()),
            custom: BTreeMap::from([("team".to_owned(), "ou".to_owned())]),
            ..AttributeMap::default()
        };
        let change = body(
            r#"{"attribute_maps": {"standard_attributes": {"name": null, "idp_id": "uid"},
                "custom_attributes": {"team": null, "title": "title"}}}"#,
        );
        change.check().unwrap().1.attribute_maps.apply(&mut map);
        assert_eq!(
            (map.email.as_deref(), map.name, map.idp_id.as_deref()),
            (Some("mail"), None, Some("uid"))
        );
        assert_eq!(map.custom, BTreeMap::from([("title".to_owned(), "title".to_owned())]));
    }

    #[test]
    fn nobody_can_activate_what_is_incomplete() {
        let refused =
            decide_state(Some(ConnectionState::Active), ConnectionState::Draft, &SamlSettings::default());
        assert_eq!(problem(refused), ("saml_options.idp_entity_id".to_owned(), "required"));
    }
}
