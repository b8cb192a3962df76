//! API keys: the SaaS back end's credential, and the client secret of its one client.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ids::ApiKeyId;
use super::token::HashedToken;

/// What is kept of an API key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its name for the table and the logs.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// The hash of the key.
    pub hash: HashedToken,
    /// The key's last four characters, so that people can tell keys apart.
    pub last_four: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stopped to count.
    #[serde(default)]
    pub revoked_at: Option<DateTime<Utc>>,
}
