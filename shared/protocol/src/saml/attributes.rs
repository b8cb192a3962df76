//! From an assertion's attributes to a person's profile.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::assertion::{Attribute, VerifiedAssertion};
use super::attribute_names::{Field, default_names};
use super::email::parse_email;
use super::refusal::{Reason, Refusal};

const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const EMAIL_FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/// Entra sends this link instead of the groups when a person is in more than 150.
const GROUPS_OVERAGE: &str = "http://schemas.microsoft.com/claims/groups.link";
/// Longest identifier accepted, in bytes. Persistent NameIDs have 256 characters at most (saml-core §8.3.7).
const MAX_IDP_ID_BYTES: usize = 512;

/// The products whose habits we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Idp {
    /// Active Directory Federation Services.
    Adfs,
    /// Auth0.
    Auth0,
    /// Microsoft Entra ID.
    Entra,
    /// Google Workspace.
    Google,
    /// JumpCloud.
    JumpCloud,
    /// Keycloak.
    Keycloak,
    /// Okta.
    Okta,
    /// OneLogin.
    OneLogin,
    /// PingFederate.
    PingFederate,
    /// PingOne.
    PingOne,
    /// Shibboleth.
    Shibboleth,
    /// SimpleSAMLphp.
    SimpleSamlPhp,
    /// Any other.
    Generic,
}

/// Which attribute holds what, as a connection's admin has set it. An unset entry means the usual names.
///
/// A name with a colon (a URI) is compared exactly; a plain name without regard to case, also with `FriendlyName`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttributeMap {
    /// The person's ID at the IdP. Set, it has to be present: falling back to the NameID could meet another's value.
    pub idp_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Groups.
    pub groups: Option<String>,
    /// Custom attributes: our name to the IdP's.
    pub custom: BTreeMap<String, String>,
}

/// What an assertion says about a person, under our names.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedProfile {
    /// The ID that stays the same from one sign-in to the next, within this connection.
    pub idp_id: String,
    /// E-mail address, domain in lower case. Whether the domain is theirs is for the caller to decide.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// Groups, distinct, in the IdP's order. `None` if the IdP sent none, or a link in their place.
    pub groups: Option<Vec<String>>,
    /// Entra sent a link instead of the groups, because there are more than 150.
    pub groups_overage: bool,
    /// The attributes mapped in [`AttributeMap::custom`] that are present: a string, or an array of several.
    pub custom_attributes: Map<String, Value>,
    /// Every attribute under the IdP's own name: a string, or an array of several.
    pub raw_attributes: Map<String, Value>,
}

/// Finds the person in an assertion.
///
/// # Errors
/// A missing, ambiguous or transient identifier; a missing or malformed e-mail address.
pub fn map_profile(
    assertion: &VerifiedAssertion,
    idp: Idp,
    map: &AttributeMap,
) -> Result<MappedProfile, Refusal> {
    let source = Source { attributes: assertion.attributes(), idp };
    let overage = source.values_of(GROUPS_OVERAGE).is_some();
    let groups = if overage { None } else { source.values(Field::Groups, map.groups.as_deref()) };
    let first = |field, mapped: &Option<String>| {
        source
            .values(field, mapped.as_deref())
            .and_then(|values| values.into_iter().next())
            .map(str::to_owned)
    };
    Ok(MappedProfile {
        idp_id: idp_id(assertion, &source, map)?,
        email: email(assertion, &source, map)?,
        first_name: first(Field::FirstName, &map.first_name),
        last_name: first(Field::LastName, &map.last_name),
        name: first(Field::Name, &map.name),
        groups: groups.map(distinct),
        groups_overage: overage,
        custom_attributes: map
            .custom
            .iter()
            .filter_map(|(ours, theirs)| Some((ours.clone(), to_json(&source.values_of(theirs)?))))
            .collect(),
        raw_attributes: raw_attributes(assertion.attributes()),
    })
}

struct Source<'a> {
    attributes: &'a [Attribute],
    idp: Idp,
}

impl<'a> Source<'a> {
    /// The values of the mapped attribute, or of the first usual name that has any.
    fn values(&self, field: Field, mapped: Option<&str>) -> Option<Vec<&'a str>> {
        match mapped {
            Some(name) => self.values_of(name),
            None => default_names(field, self.idp).iter().find_map(|name| self.values_of(name)),
        }
    }

    /// The non-empty values of all attributes of this name; `None` if there are none.
    fn values_of(&self, name: &str) -> Option<Vec<&'a str>> {
        let named = self.attributes.iter().filter(|attribute| is_named(attribute, name));
        let values: Vec<_> =
            named.flat_map(|a| &a.values).map(String::as_str).filter(|value| !value.is_empty()).collect();
        (!values.is_empty()).then_some(values)
    }

    /// The names that came, for an admin who looks for the right one.
    fn names(&self) -> String {
        let names: Vec<_> = self.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        if names.is_empty() { "no attributes".to_owned() } else { format!("attributes {}", names.join(", ")) }
    }
}

fn is_named(attribute: &Attribute, name: &str) -> bool {
    if name.contains(':') {
        return attribute.name == name;
    }
    let friendly =
        attribute.friendly_name.as_deref().is_some_and(|friendly| friendly.eq_ignore_ascii_case(name));
    friendly || attribute.name.eq_ignore_ascii_case(name)
}

fn idp_id(assertion: &VerifiedAssertion, source: &Source<'_>, map: &AttributeMap) -> Result<String, Refusal> {
    if let Some(values) = source.values(Field::IdpId, map.idp_id.as_deref()) {
        let [value] = values.as_slice() else {
            return Err(Refusal::new(Reason::IdpIdAmbiguous)
                .expected("one value")
                .received(&values.join(", ")));
        };
        return bounded_id(value);
    }
    if let Some(name) = &map.idp_id {
        return Err(Refusal::new(Reason::IdpIdMissing)
            .expected(format!("attribute {name}"))
            .received(&source.names()));
    }
    let name_id =
        assertion.name_id().ok_or_else(|| Refusal::new(Reason::IdpIdMissing).received(&source.names()))?;
    if name_id.format.as_deref() == Some(TRANSIENT) {
        let expected = "a persistent NameID, or an attribute mapped to the person's ID";
        return Err(Refusal::new(Reason::TransientNameId).expected(expected).received(&source.names()));
    }
    bounded_id(&name_id.value)
}

fn bounded_id(value: &str) -> Result<String, Refusal> {
    if value.len() > MAX_IDP_ID_BYTES {
        let expected = format!("at most {MAX_IDP_ID_BYTES} bytes");
        return Err(Refusal::new(Reason::IdpIdTooLong).expected(expected).received(value));
    }
    Ok(value.to_owned())
}

/// The attribute, else a NameID that says or shows that it is an address.
fn email(assertion: &VerifiedAssertion, source: &Source<'_>, map: &AttributeMap) -> Result<String, Refusal> {
    let malformed =
        |text: &str| Refusal::new(Reason::EmailMalformed).expected("name@company.com").received(text);
    if let Some(first) =
        source.values(Field::Email, map.email.as_deref()).and_then(|values| values.first().copied())
    {
        return parse_email(first).ok_or_else(|| malformed(first));
    }
    if let Some(name_id) = assertion.name_id().filter(|id| id.format.as_deref() != Some(TRANSIENT)) {
        match parse_email(&name_id.value) {
            Some(email) => return Ok(email),
            None if name_id.format.as_deref() == Some(EMAIL_FORMAT) => return Err(malformed(&name_id.value)),
            None => {}
        }
    }
    let expected = match &map.email {
        Some(name) => format!("attribute {name}"),
        None => default_names(Field::Email, source.idp).join(", "),
    };
    Err(Refusal::new(Reason::EmailMissing).expected(expected).received(&source.names()))
}

fn distinct(values: Vec<&str>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    values.into_iter().filter(|value| seen.insert(*value)).map(str::to_owned).collect()
}

fn raw_attributes(attributes: &[Attribute]) -> Map<String, Value> {
    let mut merged: Vec<(&str, Vec<&str>)> = Vec::new();
    for attribute in attributes {
        let values = attribute.values.iter().map(String::as_str);
        match merged.iter_mut().find(|(name, _)| *name == attribute.name) {
            Some((_, known)) => known.extend(values),
            None => merged.push((&attribute.name, values.collect())),
        }
    }
    merged.into_iter().map(|(name, values)| (name.to_owned(), to_json(&values))).collect()
}

fn to_json(values: &[&str]) -> Value {
    match values {
        [one] => Value::from(*one),
        several => Value::from(several.to_vec()),
    }
}
