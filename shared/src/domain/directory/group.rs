//! A group of a directory. Who is in it stands apart: one item for each member.

use chrono::{DateTime, Utc};
use portico_protocol::scim::Document;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{DirectoryGroupId, DirectoryId, EventId, OrganizationId};
use crate::domain::json_text;

/// A group of a directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectoryGroup {
    /// The id, SCIM's and the contract's.
    pub id: DirectoryGroupId,
    /// The directory.
    pub directory_id: DirectoryId,
    /// The directory's organization.
    pub organization_id: OrganizationId,
    /// All that the provider said, apart from the members.
    #[serde(with = "json_text")]
    pub document: Document,
    /// When the directory got it.
    pub created_at: DateTime<Utc>,
    /// When it or its membership last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether the request that made it has members that aren't written yet: when it is sent again it goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Its last event, of a membership, too: the next one's id exceeds it.
    #[serde(default)]
    pub last_event_id: Option<EventId>,
}

impl DirectoryGroup {
    /// The name that people read.
    pub fn name(&self) -> &str {
        self.document.display_name().unwrap_or_default()
    }

    /// The provider's own id of the group; Okta has none but the name.
    pub fn idp_id(&self) -> &str {
        self.document.external_id().unwrap_or(self.name())
    }

    /// The group with another document. Whoever changes it knows that it was made.
    #[must_use]
    pub fn with(&self, document: Document, now: DateTime<Utc>) -> Self {
        Self { document, updated_at: now, unfinished: false, ..self.clone() }
    }
}
