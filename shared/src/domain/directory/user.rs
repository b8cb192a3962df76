//! A person as one directory has them.

use chrono::{DateTime, Utc};
use portico_protocol::scim::Document;
use serde::{Deserialize, Serialize};

use crate::domain::domain_name::EmailAddress;
use crate::domain::ids::{DirectoryId, DirectoryUserId, EventId, OrganizationId, PersonId};
use crate::domain::json_text;
use crate::domain::person::PersonStatus;

/// A person as one directory has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectoryUser {
    /// The id, SCIM's and the contract's.
    pub id: DirectoryUserId,
    /// The directory.
    pub directory_id: DirectoryId,
    /// The directory's organization.
    pub organization_id: OrganizationId,
    /// The member of the organization whom the directory means.
    pub person_id: PersonId,
    /// Others whom the organization knew as the same by the address or the provider's own id: what the directory says of the
    /// user's access is said of them, too. At most [`Self::MOST_OTHERS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<PersonId>,
    /// All that the provider said.
    #[serde(with = "json_text")]
    pub document: Document,
    /// When the directory got them.
    pub created_at: DateTime<Utc>,
    /// When they last changed. Memberships don't count.
    pub updated_at: DateTime<Utc>,
    /// Their last event: the next one's id exceeds it.
    #[serde(default)]
    pub last_event_id: Option<EventId>,
}

/// The address by which a sign-in finds the person, where the provider gave one that is well-formed: the primary one, else the
/// name that they sign in by. Somebody without a mailbox has nothing but that, and it is what their sign-ins come with.
pub fn email_of(document: &Document) -> Option<EmailAddress> {
    let written = [document.primary_email(), document.user_name()];
    written.into_iter().flatten().find_map(EmailAddress::parse)
}

/// What the provider may name the person by in a sign-in: its own id, and the name that they sign in by where that has the form
/// of an address. Other names are short, and another provider's as well. At most two.
pub fn idp_ids_of(document: &Document) -> Vec<&str> {
    let name = document.user_name().filter(|name| EmailAddress::parse(name).is_some());
    let name = name.filter(|name| document.external_id() != Some(name));
    document.external_id().into_iter().chain(name).collect()
}

impl DirectoryUser {
    /// How many members of the organization one user may turn out to be beside the first.
    pub const MOST_OTHERS: usize = 4;

    /// The members of the organization who are this user.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        std::iter::once(self.person_id).chain(self.others.iter().copied())
    }

    /// Whether the person may sign in.
    pub fn status(&self) -> PersonStatus {
        if self.document.active() { PersonStatus::Active } else { PersonStatus::Deactivated }
    }

    /// The address by which a sign-in finds the person: see [`email_of`].
    pub fn email(&self) -> Option<EmailAddress> {
        email_of(&self.document)
    }

    /// The provider's own id of the person: what it says it is, else the name that they sign in by.
    pub fn idp_id(&self) -> &str {
        self.document.external_id().or(self.document.user_name()).unwrap_or_default()
    }

    /// The subjects by which a sign-in finds the person: see [`idp_ids_of`].
    pub fn idp_ids(&self) -> Vec<&str> {
        idp_ids_of(&self.document)
    }

    /// The user with another document.
    #[must_use]
    pub fn with(&self, document: Document, now: DateTime<Utc>) -> Self {
        Self { document, updated_at: now, ..self.clone() }
    }
}
