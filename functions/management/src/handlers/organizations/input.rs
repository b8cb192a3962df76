//! The body of `POST` and `PUT /organizations`, and what it asks for once it is checked.

use std::collections::BTreeMap;

use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::organization::{Organization, Policy};
use portico_shared::web::error::FieldError;
use serde::Deserialize;

use crate::error::RouteError;
use crate::input::{Problems, nullable};

/// Limits of the contract for metadata: pairs, characters of a key, characters of a value.
const METADATA_LIMITS: (usize, usize, usize) = (50, 40, 600);
/// The most domains that a request names.
const MOST_NAMED_DOMAINS: usize = 100;

/// The body as it comes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OrganizationBody {
    name: Option<String>,
    allow_profiles_outside_organization: Option<bool>,
    domains: Option<Vec<String>>,
    domain_data: Option<Vec<DomainData>>,
    #[serde(deserialize_with = "nullable")]
    stripe_customer_id: Option<Option<String>>,
    #[serde(deserialize_with = "nullable")]
    metadata: Option<Option<BTreeMap<String, Option<String>>>>,
    #[serde(deserialize_with = "nullable")]
    external_id: Option<Option<String>>,
}

#[derive(Debug, Deserialize)]
struct DomainData {
    domain: String,
    state: WantedState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WantedState {
    Pending,
    Verified,
}

/// A domain that the organization is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WantedDomain {
    /// The name.
    pub(super) domain: DomainName,
    /// Whether the SaaS team vouches for it.
    pub(super) verified: bool,
}

/// What a checked body asks for. What is `None` stays as it is.
#[derive(Debug)]
pub(super) struct OrganizationChange {
    name: Option<String>,
    allow_profiles_outside_organization: Option<bool>,
    /// All domains that the organization is to have.
    pub(super) domains: Option<Vec<WantedDomain>>,
    stripe_customer_id: Option<Option<String>>,
    /// `None` inside: all of it goes. A value of `None`: its key goes.
    metadata: Option<Option<BTreeMap<String, Option<String>>>>,
    external_id: Option<Option<String>>,
}

impl OrganizationBody {
    /// Checks the body of a new organization.
    pub(super) fn check_new(self) -> Result<OrganizationChange, RouteError> {
        if self.name.is_none() {
            return Err(RouteError::Invalid(vec![FieldError::required("name")]));
        }
        self.check()
    }

    /// Checks the body of a change.
    pub(super) fn check(self) -> Result<OrganizationChange, RouteError> {
        let mut problems = Problems::default();
        let name = self.name.map(|name| problems.name("name", &name));
        if let Some(Some(external_id)) = &self.external_id {
            problems.external_id(external_id);
        }
        if let Some(Some(customer)) = &self.stripe_customer_id
            && (customer.is_empty()
                || customer.len() > 255
                || !customer.bytes().all(|b| b.is_ascii_graphic()))
        {
            let message = "stripe_customer_id must have 1 to 255 ASCII characters without spaces.";
            problems.add("stripe_customer_id", "invalid", message);
        }
        let domains = wanted_domains(self.domains, self.domain_data, &mut problems);
        problems.finish()?;
        Ok(OrganizationChange {
            name,
            allow_profiles_outside_organization: self.allow_profiles_outside_organization,
            domains,
            stripe_customer_id: self.stripe_customer_id,
            metadata: self.metadata,
            external_id: self.external_id,
        })
    }
}

fn wanted_domains(
    plain: Option<Vec<String>>,
    data: Option<Vec<DomainData>>,
    problems: &mut Problems,
) -> Option<Vec<WantedDomain>> {
    if plain.is_none() && data.is_none() {
        return None;
    }
    let plain = plain.unwrap_or_default().into_iter().enumerate();
    let plain = plain.map(|(i, text)| (format!("domains[{i}]"), text, WantedState::Pending));
    let data = data.unwrap_or_default().into_iter().enumerate();
    let data = data.map(|(i, data)| (format!("domain_data[{i}].domain"), data.domain, data.state));
    let mut wanted: Vec<WantedDomain> = Vec::new();
    for (field, text, state) in plain.chain(data) {
        match DomainName::parse_claim(&text) {
            Err(error) => problems.add(&field, error.code(), format!("{field}: {error}.")),
            Ok(domain) if wanted.iter().any(|known| known.domain == domain) => {
                problems.add(&field, "duplicate", format!("{field}: {domain} is named twice."));
            }
            Ok(domain) => wanted.push(WantedDomain { domain, verified: state == WantedState::Verified }),
        }
        if wanted.len() > MOST_NAMED_DOMAINS {
            problems.add(&field, "too_many", format!("At most {MOST_NAMED_DOMAINS} domains can be named."));
            break;
        }
    }
    Some(wanted)
}

impl OrganizationChange {
    /// Makes the change, apart from the domains.
    ///
    /// # Errors
    /// The metadata would be outside of its limits.
    pub(super) fn apply(
        &self,
        organization: &mut Organization,
        policy: &mut Policy,
    ) -> Result<(), RouteError> {
        if let Some(name) = &self.name {
            organization.name.clone_from(name);
        }
        if let Some(customer) = &self.stripe_customer_id {
            organization.stripe_customer_id.clone_from(customer);
        }
        if let Some(external_id) = &self.external_id {
            organization.external_id.clone_from(external_id);
        }
        if let Some(allow) = self.allow_profiles_outside_organization {
            policy.allow_profiles_outside_organization = allow;
        }
        match &self.metadata {
            None => Ok(()),
            Some(None) => {
                organization.metadata.clear();
                Ok(())
            }
            Some(Some(pairs)) => merge_metadata(&mut organization.metadata, pairs),
        }
    }
}

fn merge_metadata(
    metadata: &mut BTreeMap<String, String>,
    pairs: &BTreeMap<String, Option<String>>,
) -> Result<(), RouteError> {
    let (most_pairs, most_key, most_value) = METADATA_LIMITS;
    for (key, value) in pairs {
        let Some(value) = value else {
            metadata.remove(key);
            continue;
        };
        if key.is_empty() || key.chars().count() > most_key {
            let message =
                format!("A key of metadata has 1 to {most_key} characters, got {}.", key.chars().count());
            return Err(RouteError::Metadata(message));
        }
        if value.chars().count() > most_value {
            let length = value.chars().count();
            let message = format!("metadata.{key} has at most {most_value} characters, got {length}.");
            return Err(RouteError::Metadata(message));
        }
        metadata.insert(key.clone(), value.clone());
    }
    if metadata.len() > most_pairs {
        let message = format!("metadata has at most {most_pairs} pairs, got {}.", metadata.len());
        return Err(RouteError::Metadata(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> OrganizationBody {
        serde_json::from_str(json).unwrap()
    }

    fn problems(json: &str) -> Vec<String> {
        let Err(RouteError::Invalid(errors)) = body(json).check() else { panic!("accepted: {json}") };
        errors.into_iter().map(|error| format!("{} {}", error.field, error.code)).collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = problems(
            r#"{"name": " ", "external_id": "ü", "domains": ["gmail.com", "acme.com"],
                "domain_data": [{"domain": "co.uk", "state": "pending"}, {"domain": "ACME.com", "state": "verified"}]}"#,
        );
        assert_eq!(
            wrong,
            [
                "name invalid",
                "external_id invalid",
                "domains[0] domain_is_consumer_mail",
                "domain_data[0].domain domain_is_public_suffix",
                "domain_data[1].domain duplicate"
            ]
        );
    }

    #[test]
    fn a_new_organization_needs_a_name() {
        let Err(RouteError::Invalid(errors)) = body(r#"{"external_id": "x"}"#).check_new() else { panic!() };
        assert_eq!((errors[0].field.as_str(), errors[0].code), ("name", "required"));
    }

    #[test]
    fn no_domains_and_an_empty_list_of_them_are_different_wishes() {
        assert_eq!(body("{}").check().unwrap().domains, None);
        assert_eq!(body(r#"{"domain_data": []}"#).check().unwrap().domains, Some(Vec::new()));
    }

    #[test]
    fn a_state_that_only_we_may_set_is_refused() {
        let parsed = serde_json::from_str::<OrganizationBody>(
            r#"{"domain_data": [{"domain": "acme.com", "state": "failed"}]}"#,
        );
        assert!(parsed.unwrap_err().to_string().contains("expected `pending` or `verified`"));
    }

    fn merged(pairs: &[(&str, Option<&str>)]) -> Result<BTreeMap<String, String>, RouteError> {
        let mut metadata = BTreeMap::from([("tier".to_owned(), "gold".to_owned())]);
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(str::to_owned))).collect();
        merge_metadata(&mut metadata, &pairs).map(|()| metadata)
    }

    #[test]
    fn metadata_is_merged_and_null_removes_a_key() {
        let result = merged(&[("tier", None), ("seats", Some("12"))]).unwrap();
        assert_eq!(result, BTreeMap::from([("seats".to_owned(), "12".to_owned())]));
    }

    #[test]
    fn metadata_has_limits_in_characters() {
        let (key, value) = ("k".repeat(40), "ü".repeat(600));
        assert!(merged(&[(&key, Some(&value))]).is_ok());
        assert!(merged(&[(&format!("{key}k"), Some("v"))]).is_err());
        assert!(merged(&[("k", Some(&format!("{value}ü")))]).is_err());
        assert!(merged(&[("", Some("v"))]).is_err());
        let many: Vec<String> = (0..50).map(|i| i.to_string()).collect();
        let many: Vec<_> = many.iter().map(|key| (key.as_str(), Some("v"))).collect();
        assert!(merged(&many).is_err());
        assert!(merged(&many[1..]).is_ok());
    }
}
