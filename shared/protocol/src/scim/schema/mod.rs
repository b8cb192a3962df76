//! What attributes there are (RFC 7643 §4, §8.7): one table, from which bodies are read, filters compared and `/Schemas`
//! answered.

mod answers;
mod definitions;

pub use answers::{resource_types, schema, schemas, service_provider_config};
pub(super) use definitions::COMMON_ATTRIBUTES;
use definitions::{ENTERPRISE_ATTRIBUTES, GROUP_ATTRIBUTES, USER_ATTRIBUTES};

/// The schema of a user.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What an employer knows of a user.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// `/Users`
    User,
    /// `/Groups`
    Group,
}

impl ResourceKind {
    /// The kind whose endpoint this is, without regard to case.
    pub fn of_endpoint(name: &str) -> Option<Self> {
        [Self::User, Self::Group].into_iter().find(|kind| kind.endpoint().eq_ignore_ascii_case(name))
    }

    /// The name of the endpoint.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    /// The name of the resource type.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The word for people.
    pub fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The core schema.
    pub fn urn(self) -> &'static str {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
        }
    }

    pub(super) fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::User => USER_ATTRIBUTES,
            Self::Group => GROUP_ATTRIBUTES,
        }
    }

    /// The attributes of the extension, if the kind has it.
    pub(super) fn enterprise(self) -> &'static [Attribute] {
        match self {
            Self::User => ENTERPRISE_ATTRIBUTES,
            Self::Group => &[],
        }
    }

    /// The attribute of the core schema, or of every resource, with this name.
    pub(super) fn attribute(self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes(), name).or_else(|| find(COMMON_ATTRIBUTES, name))
    }

    /// The attribute without which there is no such resource.
    pub(super) fn required(self) -> &'static str {
        match self {
            Self::User => "userName",
            Self::Group => "displayName",
        }
    }
}

/// Of what type an attribute's values are (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Boolean,
    DateTime,
    Reference,
    Binary,
    Complex,
}

/// What of an attribute a client may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mutability {
    ReadWrite,
    ReadOnly,
    Immutable,
}

/// An attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) kind: Type,
    pub(super) multi: bool,
    pub(super) case_exact: bool,
    pub(super) required: bool,
    pub(super) mutability: Mutability,
    pub(super) always: bool,
    pub(super) unique: bool,
    pub(super) canonical: &'static [&'static str],
    pub(super) references: &'static [&'static str],
    pub(super) sub: &'static [Attribute],
}

impl Attribute {
    /// The sub-attribute of this name, without regard to case. OneLogin's templates call a manager's id `managerId`.
    pub(super) fn find_sub(&self, name: &str) -> Option<&'static Attribute> {
        let managers_id = self.name == "manager" && name.eq_ignore_ascii_case("managerId");
        find(self.sub, if managers_id { "value" } else { name })
    }
}

/// The attribute of this name, without regard to case (RFC 7643 §2.1).
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
