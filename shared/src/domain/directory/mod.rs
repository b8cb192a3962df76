//! Directories: whom an identity provider lets into a product, pushed by SCIM.

mod change;
mod group;
mod rate;
mod user;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use change::previous_attributes;
pub use group::DirectoryGroup;
pub use rate::RateLimit;
pub use user::{DirectoryUser, email_of, idp_ids_of};

use super::ids::{DirectoryId, DirectoryTokenId, EventId, OrganizationDomainId, OrganizationId};
use super::token::HashedToken;

macro_rules! directory_types {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// Which identity provider a directory is made for, in the contract's names: those that speak SCIM 2.0.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum DirectoryType { $($(#[$doc])+ #[serde(rename = $text)] $name,)+ }

        impl DirectoryType {
            /// Every type that can be made.
            pub const ALL: &'static [DirectoryType] = &[$(DirectoryType::$name,)+];

            /// The name in the contract.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Reads a name of the contract.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }
        }
    };
}

directory_types! {
    /// Microsoft Entra ID.
    Entra = "azure scim v2.0",
    /// CyberArk.
    CyberArk = "cyberark scim v2.0",
    /// Any other provider that speaks SCIM 2.0.
    Generic = "generic scim v2.0",
    /// JumpCloud.
    JumpCloud = "jump cloud scim v2.0",
    /// Okta.
    Okta = "okta scim v2.0",
    /// OneLogin.
    OneLogin = "onelogin scim v2.0",
    /// PingFederate.
    PingFederate = "pingfederate scim v2.0",
    /// Rippling.
    Rippling = "rippling scim v2.0",
    /// SailPoint.
    SailPoint = "sailpoint scim v2.0",
}

/// How a directory stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectoryState {
    /// Made; its provider hasn't shown itself yet.
    Validating,
    /// Its provider pushes.
    Active,
    /// Being deleted: nobody gets in any more, and its rows go one after another.
    Deleting,
}

/// A verified domain of a directory's organization, as the event of its activation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryDomain {
    /// The claim.
    pub id: OrganizationDomainId,
    /// The domain.
    pub domain: String,
}

/// A directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Directory {
    /// Its id.
    pub id: DirectoryId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// A name for people.
    pub name: String,
    /// The provider.
    pub directory_type: DirectoryType,
    /// How it stands.
    pub state: DirectoryState,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed itself, not what is in it.
    pub updated_at: DateTime<Utc>,
    /// Its last event: the next one's id exceeds it.
    #[serde(default)]
    pub last_event_id: Option<EventId>,
}

impl Directory {
    /// The most live bearer tokens: two, so that one can be replaced without a gap.
    pub const MOST_TOKENS: usize = 2;
    /// The most directories of one organization.
    pub const MOST_OF_AN_ORGANIZATION: usize = 10;

    /// The same directory in another state.
    #[must_use]
    pub fn turned(&self, state: DirectoryState, now: DateTime<Utc>) -> Self {
        Self { state, updated_at: now, ..self.clone() }
    }
}

/// A bearer token of a directory, by its hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectoryToken {
    /// Its name for people; not the token.
    pub id: DirectoryTokenId,
    /// Of which directory.
    pub directory_id: DirectoryId,
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// What is kept of it.
    pub hash: HashedToken,
    /// Its last four characters.
    pub suffix: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// How many users and groups a directory has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectoryCounts {
    /// Users who may sign in.
    pub active_users: u64,
    /// Users who may not.
    pub inactive_users: u64,
    /// Groups.
    pub groups: u64,
}

impl DirectoryCounts {
    /// All users.
    pub fn users(self) -> u64 {
        self.active_users + self.inactive_users
    }
}
