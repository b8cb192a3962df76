//! A test sign-in's end: what it makes true, at once or not at all.

use chrono::{DateTime, Utc};

use super::connections::ConnectionStatus;
use super::item::{Item, Versioned};
use super::secrets::Sealed;
use super::sign_ins::{SignInRefused, check_connection, consume_request};
use super::transaction::{CommitError, Condition, Transaction};
use super::{ConnectionWithStatus, Store, StoreError, keys};
use crate::domain::connection::ConnectionState;
use crate::domain::event::NewEvent;
use crate::domain::ids::PortalSessionId;
use crate::domain::sign_in::{SignInRecord, SignInRequest};

/// All that one test makes true, at once or not at all.
#[derive(Debug)]
pub struct CompletedTest<'a> {
    /// The connection, as it was read.
    pub connection: &'a ConnectionWithStatus,
    /// The request that is consumed.
    pub request: &'a Versioned<SignInRequest>,
    /// The log's entry.
    pub record: &'a SignInRecord,
    /// The visit in which it was begun, and which has to be going on.
    pub visit: PortalSessionId,
    /// What the provider answered, sealed; `None` where it is too much to keep.
    pub answer: Option<&'a Sealed>,
    /// What the event log says of the connection, where the test activates it.
    pub activated: Option<NewEvent>,
    /// The connection that served until now and in whose place this one comes, as it was read, with what the event log says
    /// of it.
    pub replaced: Option<(&'a ConnectionWithStatus, NewEvent)>,
}

impl Store {
    /// Makes a test true: consumes the request, keeps the record and the answer, and has the connection serve from now on,
    /// where this is its first success.
    pub async fn complete_test(
        &self,
        done: CompletedTest<'_>,
    ) -> Result<Result<(), SignInRefused>, StoreError> {
        let mut transaction = Transaction::new(self);
        consume_request(&mut transaction, done.request, done.record.id)?;
        let record = done.record;
        let visit = keys::portal_session(record.organization_id, done.visit);
        transaction.check(SignInRefused::VisitOver, &visit, Condition::Present);
        if let Some((replaced, event)) = done.replaced {
            switch_off(&mut transaction, replaced, (record.created_at, event))?;
        }
        check_connection(&mut transaction, done.connection, (record.created_at, done.activated))?;
        transaction.put(self.sign_in_item(record)?);
        if let Some(answer) = done.answer {
            transaction.put(self.answer_item(record, answer)?);
        }
        match transaction.commit().await {
            Ok(_) => Ok(Ok(())),
            Err(CommitError::Refused(reason)) => Ok(Err(reason)),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

/// Has a connection serve no longer, in whose place another one comes.
fn switch_off(
    transaction: &mut Transaction<'_, SignInRefused>,
    ConnectionWithStatus { connection, status }: &ConnectionWithStatus,
    (now, event): (DateTime<Utc>, NewEvent),
) -> Result<(), StoreError> {
    let before = &status.value;
    let off = ConnectionStatus { state: ConnectionState::Inactive, updated_at: now, ..before.clone() };
    let item = Item::new(keys::connection_state(connection.value.id), &off)?;
    transaction.replace(SignInRefused::IdentityChanged, item, status.version);
    transaction.event_of_last(event.exceeding(before.last_event_id));
    Ok(())
}
