//! People: profiles as connections see them, and the member of an organization behind them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::connection::ConnectionType;
use super::ids::{ConnectionId, DirectoryId, OrganizationId, PersonId, ProfileId};
use super::token::Bearer;

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonStatus {
    /// May sign in.
    Active,
    /// May not: the directory or the SaaS team removed them.
    Deactivated,
}

/// The member of an organization behind profiles and directory users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// Where they are a member.
    pub organization_id: OrganizationId,
    /// The address by which they were first known, folded.
    pub email: String,
    /// Whether they may sign in.
    pub status: PersonStatus,
    /// The slug of their role.
    pub role: String,
    /// Every code and token of a sign-in before this instant is dead.
    #[serde(default)]
    pub revoked_before: Option<DateTime<Utc>>,
    /// When they became known.
    pub created_at: DateTime<Utc>,
    /// When they last changed.
    pub updated_at: DateTime<Utc>,
}

impl Person {
    /// Whether a sign-in at `signed_in_at` still counts, and what came of it.
    pub fn honours(&self, signed_in_at: DateTime<Utc>) -> bool {
        let revoked = self.revoked_before.is_some_and(|revoked| signed_in_at < revoked);
        self.status == PersonStatus::Active && !revoked
    }
}

/// To whom an address of a proved domain leads within an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressHolder {
    /// The member.
    pub person_id: PersonId,
    /// The connections at which a profile of theirs came with the address. Another subject there is another person of
    /// the provider's, to whom the address has passed: such a one is not taken for this member.
    pub connections: Vec<ConnectionId>,
    /// The directories in which a user of theirs has the address. Another user of such a directory with the same address is
    /// somebody else, or an account of its own.
    #[serde(default)]
    pub directories: Vec<DirectoryId>,
    /// Whether several users of one directory have had the address at once: whoever lets go of it leaves it to another of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub among_several: bool,
}

/// To whom the provider's own id of a person leads within an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdpIdHolder {
    /// The member.
    pub person_id: PersonId,
    /// The directories that say so. What only a sign-in said leads directories to the person, but no other connection: two
    /// providers may both number their people from 1.
    #[serde(default)]
    pub directories: Vec<DirectoryId>,
    /// Which of them say so by the name that the person signs in by, and not by the id: another user's id may be the same text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<DirectoryId>,
    /// Whether another person is meant by the same id as well: then it leads no sign-in to anybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
}

impl IdpIdHolder {
    /// Whether a sign-in with the id as its subject is the member's, at whatever connection.
    pub fn leads_sign_ins(&self) -> bool {
        !self.directories.is_empty() && !self.ambiguous
    }

    /// The same without what a directory says.
    pub fn forget(&mut self, directory: DirectoryId) {
        self.directories.retain(|other| *other != directory);
        self.names.retain(|other| *other != directory);
    }

    /// Whether nothing but names says so.
    pub fn is_name(&self) -> bool {
        self.directories.iter().all(|directory| self.names.contains(directory))
    }
}

/// A person as one connection sees them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Derived from connection and subject.
    pub id: ProfileId,
    /// The member behind it.
    pub person_id: PersonId,
    /// The organization of the connection.
    pub organization_id: OrganizationId,
    /// The connection.
    pub connection_id: ConnectionId,
    /// The connection's provider.
    pub connection_type: ConnectionType,
    /// The subject: the provider's own, stable id of the person.
    pub idp_id: String,
    /// The address that the provider gave, as it gave it.
    pub email: String,
    /// Whether the address lies in a domain that the organization has proved.
    pub email_verified: bool,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// The slug of the person's role.
    pub role: String,
    /// Groups, where the provider sent any.
    pub groups: Option<Vec<String>>,
    /// What the connection's custom mapping gave.
    #[serde(default)]
    pub custom_attributes: Map<String, Value>,
    /// All that the provider sent.
    #[serde(default)]
    pub raw_attributes: Map<String, Value>,
}

impl Profile {
    /// Whose the tokens of this profile are.
    pub fn bearer(&self) -> Bearer {
        Bearer { person: self.person_id, connection: self.connection_id }
    }
}
