//! Connections: the configuration at a key of its own, a copy beside the organization, the state apart.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::item::{self, Item, Versioned};
use super::page::{Page, PageRequest};
use super::secrets::{Sealed, SealedSpKeys};
use super::setup::{NewProgress, put_progress};
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::connection::{Connection, ConnectionState};
use crate::domain::event::NewEvent;
use crate::domain::ids::{ConnectionId, EventId, OrganizationId};

/// How a connection stands: an item of its own, since a sign-in may write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionStatus {
    /// Whose.
    pub connection_id: ConnectionId,
    /// How it stands.
    pub state: ConnectionState,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// The connection's last event: the next one's id exceeds it.
    #[serde(default)]
    pub last_event_id: Option<EventId>,
}

/// A connection with its state, each with the version that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionWithStatus {
    /// The configuration.
    pub connection: Versioned<Connection>,
    /// The state.
    pub status: Versioned<ConnectionStatus>,
}

/// Why a connection wasn't written.
#[derive(Debug, thiserror::Error)]
pub enum WriteConnectionError {
    /// Its organization doesn't exist (any more).
    #[error("the organization doesn't exist")]
    NoOrganization,
    /// The organization has as many as it can have.
    #[error("an organization has at most {} connections", Connection::MOST_OF_AN_ORGANIZATION)]
    TooMany,
    /// Somebody else changed it since it was read.
    #[error("the connection was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    NoOrganization,
    Raced,
}

impl From<CommitError<Refused>> for WriteConnectionError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::NoOrganization) => Self::NoOrganization,
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

fn connection_items(connection: &Connection) -> Result<(Item, Item), StoreError> {
    let own = Item::new(keys::connection(connection.id), connection)?;
    let copy =
        Item::new(keys::organization_connection(connection.organization_id, connection.id), connection)?;
    Ok((own.listed(keys::connections(), connection.id), copy))
}

fn replace(
    transaction: &mut Transaction<'_, Refused>,
    read: &ConnectionWithStatus,
    (changed, state): (&Connection, ConnectionState),
    events: Vec<NewEvent>,
) -> Result<(), StoreError> {
    let (own, copy) = connection_items(changed)?;
    transaction.replace(Refused::Raced, own, read.connection.version);
    transaction.put(copy);
    let before = &read.status.value;
    let status = ConnectionStatus { state, updated_at: changed.updated_at, ..before.clone() };
    let item = Item::new(keys::connection_state(changed.id), &status)?;
    transaction.replace(Refused::Raced, item, read.status.version);
    let events = events.into_iter().map(|event| event.exceeding(before.last_event_id));
    events.for_each(|event| transaction.event_of_last(event));
    Ok(())
}

impl Store {
    /// A connection with its state.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<ConnectionWithStatus>, StoreError> {
        let (own, state) = (keys::connection(id), keys::connection_state(id));
        let mut found = self.read_many(&[own.clone(), state.clone()]).await?;
        let connection = found.take(self, &own)?;
        let status = found.take(self, &state)?;
        Ok(connection.zip(status).map(|(connection, status)| ConnectionWithStatus { connection, status }))
    }

    /// An organization's connections, oldest first, without their states.
    pub async fn connections_of(&self, organization: OrganizationId) -> Result<Vec<Connection>, StoreError> {
        let pk = keys::organization_partition(organization);
        let mut found = Vec::new();
        for row in
            self.read_range(&pk, keys::CONNECTION_RANGE, Connection::MOST_OF_AN_ORGANIZATION, false).await?
        {
            found.extend(item::read::<Connection>(row, self.clock.now())?.map(|read| read.value));
        }
        Ok(found)
    }

    /// The states of connections, in the order given; `None` where there is none.
    pub async fn connection_states(
        &self,
        ids: &[ConnectionId],
    ) -> Result<Vec<Option<ConnectionState>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| keys::connection_state(*id)).collect();
        let mut found = self.read_many(&keys).await?;
        let state = |key| Ok(found.take::<ConnectionStatus>(self, key)?.map(|read| read.value.state));
        keys.iter().map(state).collect()
    }

    /// A page of all connections that `keep` keeps.
    pub async fn list_connections(
        &self,
        request: &PageRequest,
        keep: impl Fn(&Connection) -> bool,
    ) -> Result<Page<Connection>, StoreError> {
        self.list_children(&keys::connections(), request, keep).await
    }

    /// Keeps a new connection with its state, its key pairs and its events.
    pub async fn create_connection(
        &self,
        connection: &Connection,
        state: ConnectionState,
        sp_keys: &SealedSpKeys,
        events: Vec<NewEvent>,
    ) -> Result<(), WriteConnectionError> {
        self.put_new_connection((connection, state), sp_keys, events, None).await
    }

    /// The same for a draft with which a setup begins: that stands there from the same moment.
    pub async fn begin_connection(
        &self,
        connection: &Connection,
        sp_keys: &SealedSpKeys,
        events: Vec<NewEvent>,
        progress: NewProgress<'_>,
    ) -> Result<(), WriteConnectionError> {
        self.put_new_connection((connection, ConnectionState::Draft), sp_keys, events, Some(progress)).await
    }

    async fn put_new_connection(
        &self,
        (connection, state): (&Connection, ConnectionState),
        sp_keys: &SealedSpKeys,
        events: Vec<NewEvent>,
        progress: Option<NewProgress<'_>>,
    ) -> Result<(), WriteConnectionError> {
        if self.connections_of(connection.organization_id).await?.len() >= Connection::MOST_OF_AN_ORGANIZATION
        {
            return Err(WriteConnectionError::TooMany);
        }
        let status = ConnectionStatus {
            connection_id: connection.id,
            state,
            updated_at: connection.created_at,
            last_event_id: None,
        };
        let (own, copy) = connection_items(connection)?;
        let mut transaction = Transaction::new(self);
        let organization = keys::organization(connection.organization_id);
        let exists = Condition::BodyText("id", connection.organization_id.to_string());
        transaction.check(Refused::NoOrganization, &organization, exists);
        transaction.put_new(Refused::Raced, own);
        transaction.put(copy);
        transaction.put(Item::new(keys::sp_keys(connection.id), sp_keys)?);
        transaction.put(Item::new(keys::connection_state(connection.id), &status)?);
        events.into_iter().for_each(|event| transaction.event_of_last(event));
        if let Some(progress) = progress {
            put_progress(&mut transaction, Refused::Raced, progress)?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a changed connection, whose `revision` the caller has raised where it has to, its state, and its events.
    pub async fn update_connection(
        &self,
        read: &ConnectionWithStatus,
        changed: &Connection,
        state: ConnectionState,
        events: Vec<NewEvent>,
    ) -> Result<(), WriteConnectionError> {
        let mut transaction = Transaction::new(self);
        replace(&mut transaction, read, (changed, state), events)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a changed connection by OpenID Connect, with our sealed secret where there is a new one.
    pub async fn update_oidc_connection(
        &self,
        read: &ConnectionWithStatus,
        changed: &Connection,
        state: ConnectionState,
        (secret, event): (Option<&Sealed>, NewEvent),
    ) -> Result<(), WriteConnectionError> {
        let mut transaction = Transaction::new(self);
        replace(&mut transaction, read, (changed, state), vec![event])?;
        if let Some(secret) = secret {
            transaction.put(Item::new(keys::oidc_secret(changed.id), secret)?);
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Removes a connection, its copy, its state and its key pairs; returns the id of the event.
    pub async fn delete_connection(
        &self,
        read: &ConnectionWithStatus,
        event: NewEvent,
    ) -> Result<Option<EventId>, WriteConnectionError> {
        let connection = &read.connection.value;
        let mut transaction = Transaction::new(self);
        let unchanged = Condition::Version(read.connection.version);
        transaction.delete_if(Refused::Raced, &keys::connection(connection.id), unchanged);
        transaction.delete(&keys::organization_connection(connection.organization_id, connection.id));
        transaction.delete(&keys::connection_state(connection.id));
        transaction.delete(&keys::sp_keys(connection.id));
        transaction.delete(&keys::oidc_secret(connection.id));
        transaction.event(event.exceeding(read.status.value.last_event_id));
        Ok(transaction.commit().await?.last().copied())
    }
}
