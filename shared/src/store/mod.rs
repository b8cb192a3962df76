//! The table: the only place that knows DynamoDB. Methods are named by access pattern; a read that a decision rests on
//! is consistent and from the base table, lists for people come from an index.

mod api_keys;
mod attempt;
mod change;
mod connections;
mod directories;
mod domains;
mod due;
mod event_log;
mod item;
mod keys;
mod organizations;
pub mod page;
mod portal;
mod portal_test;
mod reads;
mod redirect_uris;
mod secrets;
mod setup;
mod sign_in_log;
mod sign_ins;
mod tokens;
mod transaction;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::domain::actor::Actor;
use crate::domain::random::Rng;
use crate::domain::time::Clock;

pub use api_keys::MOST_API_KEYS;
pub use connections::{ConnectionStatus, ConnectionWithStatus, WriteConnectionError};
pub use directories::*;
pub use domains::{
    ChangedDomain, CheckedDomain, DOMAIN_CHECK, NewDomain, Ownership, WriteDomainError, domain_check_due,
};
pub use due::{Due, MOST_DUE};
pub use event_log::{EventPage, EventQuery};
pub use item::Versioned;
pub use keys::DUE_SHARDS;
pub use organizations::{DeleteOrganizationError, WriteOrganizationError};
pub use portal::{NewLink, Replaced, WriteLinkError};
pub use portal_test::CompletedTest;
pub use redirect_uris::{DeleteRedirectUriError, WriteRedirectUriError};
pub use secrets::{Sealed, SealedDataKey, SealedSpKey, SealedSpKeys, SigningKeyRecord};
pub use setup::{NewProgress, OrganizationSetup, WriteSetupError};
pub use sign_ins::{
    AuthorizeTarget, CompletedSignIn, HeldAddress, Identity, SignInContext, SignInHints, SignInRefused,
};
pub use tokens::{IssuedCode, Standing, TokenWithStanding, TradeRefused};

/// Why the table didn't do what it was asked, apart from conditions that have names of their own.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB asked us to slow down; the request can be made again.
    #[error("DynamoDB throttled the request")]
    Throttled,
    /// Others kept writing the same items; the request can be made again.
    #[error("the item was changed by somebody else at the same time")]
    Conflict,
    /// DynamoDB couldn't be reached in time or failed.
    #[error("DynamoDB didn't answer: {0}")]
    Unavailable(String),
    /// DynamoDB refused the request: a permission, a missing table, a limit.
    #[error("DynamoDB refused the request: {0}")]
    Refused(String),
    /// An item isn't of a shape that this version understands.
    #[error("an item has a shape that this version doesn't understand: {0}")]
    Shape(String),
}

impl StoreError {
    fn shape(error: impl fmt::Display) -> Self {
        Self::Shape(error.to_string())
    }
}

impl<E, R> From<SdkError<E, R>> for StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        let throttled =
            ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"];
        let code = error.as_service_error().and_then(|service| service.meta().code());
        let reason = format!("{}", DisplayErrorContext(&error));
        match code {
            Some(code) if throttled.contains(&code) => Self::Throttled,
            // A transaction's own throttling comes as one of its reasons.
            _ if reason.contains("ThrottlingError") => Self::Throttled,
            // In progress is an earlier attempt of ours, of which nobody knows how it ends.
            Some("InternalServerError" | "TransactionInProgressException") | None => {
                Self::Unavailable(reason)
            }
            Some("TransactionConflictException") => Self::Conflict,
            Some(_) => Self::Refused(reason),
        }
    }
}

/// The table of one deployment. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    client: Client,
    table: Arc<str>,
    clock: Clock,
    rng: Rng,
    event_lag: chrono::Duration,
    actor: Option<Arc<Actor>>,
    marked_days: Arc<Mutex<HashSet<String>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("table", &self.table).finish_non_exhaustive()
    }
}

impl Store {
    /// The table `table_name`. Readers of the event log stop `event_lag_seconds` behind now.
    pub fn new(client: Client, table_name: &str, clock: Clock, rng: Rng, event_lag_seconds: u32) -> Self {
        Self {
            client,
            table: Arc::from(table_name),
            clock,
            rng,
            event_lag: chrono::Duration::seconds(i64::from(event_lag_seconds)),
            actor: None,
            marked_days: Arc::default(),
        }
    }

    /// Who stands behind what is changed through it.
    pub fn actor(&self) -> Option<&Actor> {
        self.actor.as_deref()
    }

    /// The same table, in whose event log `actor` stands behind all that is changed through it.
    #[must_use]
    pub fn acting(&self, actor: Actor) -> Self {
        Self { actor: Some(Arc::new(actor)), ..self.clone() }
    }
}
