//! How far an organization's setup has come: what the application's own settings page and the portal's overview show.

use crate::app::App;
use crate::domain::connection::{Connection, ConnectionState};
use crate::domain::directory::Directory;
use crate::domain::ids::DirectoryId;
use crate::store::{OrganizationSetup, StoreError};

/// What has to be there before single sign-on can be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prerequisite {
    /// A verified domain.
    VerifiedDomain,
    /// An IT contact.
    ItContact,
}

impl Prerequisite {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifiedDomain => "verified_domain",
            Self::ItContact => "it_contact",
        }
    }
}

impl OrganizationSetup {
    /// What is missing before single sign-on can be set up.
    pub fn unmet(&self) -> Vec<Prerequisite> {
        let verified = self.details.value.domains.iter().any(|domain| domain.state.owns());
        let needed =
            [(Prerequisite::VerifiedDomain, verified), (Prerequisite::ItContact, !self.contacts.is_empty())];
        needed.into_iter().filter(|(_, met)| !met).map(|(what, _)| what).collect()
    }
}

/// What of an organization's connections and directories its settings pages are about.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The connection that is furthest, and of those the newest; with its state.
    pub sso: Option<(Connection, ConnectionState)>,
    /// The newest directory.
    pub directory: Option<Directory>,
}

impl Standing {
    /// Reads it: one round trip.
    ///
    /// # Errors
    /// The table.
    pub async fn read(app: &App, setup: &OrganizationSetup) -> Result<Self, StoreError> {
        let ids: Vec<_> = setup.connections.iter().map(|connection| connection.id).collect();
        let newest: Option<DirectoryId> = setup.directories.last().copied();
        let (states, directory) = tokio::try_join!(app.store().connection_states(&ids), async {
            match newest {
                Some(id) => app.store().directory(id).await,
                None => Ok(None),
            }
        })?;
        let standing = setup.connections.iter().zip(states);
        let standing = standing.filter_map(|(connection, state)| Some((connection.clone(), state?)));
        Ok(Self {
            sso: standing.max_by_key(|(_, state)| rank(*state)),
            directory: directory.map(|read| read.value),
        })
    }

    /// What the button says that leads to single sign-on.
    pub fn button(&self) -> &'static str {
        match self.sso.as_ref().map(|(_, state)| state) {
            None => "Configure SSO",
            Some(ConnectionState::Draft | ConnectionState::Validating) => "Continue SSO setup",
            Some(ConnectionState::Active | ConnectionState::Inactive) => "Reconfigure your SSO",
        }
    }
}

fn rank(state: ConnectionState) -> u8 {
    match state {
        ConnectionState::Inactive => 0,
        ConnectionState::Draft => 1,
        ConnectionState::Validating => 2,
        ConnectionState::Active => 3,
    }
}
