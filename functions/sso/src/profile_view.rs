//! The contract's Profile.

use portico_shared::domain::person::Profile;
use serde::Serialize;
use serde_json::{Map, Value};

/// A role, as the contract has it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RoleView<'a> {
    slug: &'a str,
}

/// The contract's Profile.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProfileView<'a> {
    object: &'static str,
    id: String,
    organization_id: String,
    connection_id: String,
    connection_type: &'static str,
    idp_id: &'a str,
    email: &'a str,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    name: Option<&'a str>,
    role: RoleView<'a>,
    roles: [RoleView<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a [String]>,
    custom_attributes: &'a Map<String, Value>,
    raw_attributes: &'a Map<String, Value>,
}

impl<'a> From<&'a Profile> for ProfileView<'a> {
    fn from(profile: &'a Profile) -> Self {
        let role = RoleView { slug: &profile.role };
        Self {
            object: "profile",
            id: profile.id.to_string(),
            organization_id: profile.organization_id.to_string(),
            connection_id: profile.connection_id.to_string(),
            connection_type: profile.connection_type.as_str(),
            idp_id: &profile.idp_id,
            email: &profile.email,
            first_name: profile.first_name.as_deref(),
            last_name: profile.last_name.as_deref(),
            name: profile.name.as_deref(),
            role: role.clone(),
            roles: [role],
            groups: profile.groups.as_deref(),
            custom_attributes: &profile.custom_attributes,
            raw_attributes: &profile.raw_attributes,
        }
    }
}
