//! One TransactWriteItems: a change, its guards and its events, or nothing.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, Delete, Put, ReturnConsumedCapacity,
    TransactWriteItem,
};

use chrono::{DateTime, Utc};

use super::attempt::{self, Signed, is_ambiguous};
use super::change::{self, Change};
use super::item::{Item, key_attributes};
use super::keys::{self, Key};
use super::{Store, StoreError};
use crate::domain::event::{EVENT_LIFETIME, Event, NewEvent};
use crate::domain::ids::EventId;

/// How often a transaction that met another one on the same items is sent again. Conditions that are only checked conflict,
/// too, and all people of one organization check the same items: on a Monday morning they meet. With the pauses of
/// [`Store::back_off`] that is 2.5 seconds at the most.
const CONFLICT_RETRIES: u32 = 7;

/// Why a transaction changed nothing.
#[derive(Debug)]
pub(super) enum CommitError<L> {
    /// The condition with this label didn't hold.
    Refused(L),
    /// The table couldn't be reached, or didn't take it.
    Store(StoreError),
}

impl<L> From<StoreError> for CommitError<L> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What an item must be like for the transaction to go through.
pub(super) enum Condition {
    /// It has this version.
    Version(u64),
    /// A text under `body` is this one.
    BodyText(&'static str, String),
    /// It isn't there, or a text under `body` is this one.
    AbsentOrBodyText(&'static str, String),
    /// It isn't there, or leads to this person, and of directories just these say so, of one user each.
    AbsentOrHeldBy { person: String, directories: Vec<String> },
    /// It isn't there, or its time is over by this instant.
    AbsentOrExpired(DateTime<Utc>),
    /// It isn't there.
    Absent,
    /// It is there.
    Present,
}

/// A condition as DynamoDB has it.
struct Parts {
    expression: &'static str,
    names: Option<HashMap<String, String>>,
    values: Option<HashMap<String, AttributeValue>>,
}

impl Condition {
    fn parts(self) -> Parts {
        let text = AttributeValue::S;
        let (expression, name, values) = match self {
            Self::Version(version) => {
                ("version = :it", None, vec![(":it", AttributeValue::N(version.to_string()))])
            }
            Self::BodyText(name, wanted) => ("body.#name = :it", Some(name), vec![(":it", text(wanted))]),
            Self::AbsentOrBodyText(name, wanted) => {
                ("attribute_not_exists(pk) OR body.#name = :it", Some(name), vec![(":it", text(wanted))])
            }
            Self::AbsentOrHeldBy { person, directories } => (
                "attribute_not_exists(pk) OR (body.person_id = :it AND body.#name = :just \
                 AND attribute_not_exists(body.among_several))",
                Some("directories"),
                vec![
                    (":it", text(person)),
                    (":just", AttributeValue::L(directories.into_iter().map(text).collect())),
                ],
            ),
            Self::AbsentOrExpired(now) => (
                "attribute_not_exists(pk) OR expires_at <= :it",
                None,
                vec![(":it", AttributeValue::N(now.timestamp().to_string()))],
            ),
            Self::Absent => ("attribute_not_exists(pk)", None, vec![]),
            Self::Present => ("attribute_exists(pk)", None, vec![]),
        };
        let values: HashMap<_, _> =
            values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Parts {
            expression,
            names: name.map(|name| HashMap::from([("#name".to_owned(), name.to_owned())])),
            values: (!values.is_empty()).then_some(values),
        }
    }
}

/// Actions that happen together. Each condition has a label of the caller's, which comes back where it didn't hold.
pub(super) struct Transaction<'s, L> {
    store: &'s Store,
    actions: Vec<(Option<L>, TransactWriteItem)>,
    events: Vec<PlannedEvent>,
}

/// An event, and the actions whose items keep the event's id as their entity's last.
struct PlannedEvent {
    event: NewEvent,
    keepers: Vec<Keeper>,
}

/// An action whose item keeps the id of an event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keeper(usize);

impl<'s, L: Copy> Transaction<'s, L> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self { store, actions: Vec::new(), events: Vec::new() }
    }

    fn push_put(&mut self, label: Option<L>, item: Item, condition: Option<Condition>) {
        let mut put = Put::builder().table_name(&*self.store.table).set_item(Some(item.into_attributes()));
        if let Some(condition) = condition {
            let Parts { expression, names, values } = condition.parts();
            put = put.condition_expression(expression);
            put = put.set_expression_attribute_names(names).set_expression_attribute_values(values);
        }
        // Table and item are set, so the builder can't refuse.
        if let Ok(put) = put.build() {
            self.actions.push((label, TransactWriteItem::builder().put(put).build()));
        }
    }

    /// Writes an item, whatever was there.
    pub(super) fn put(&mut self, item: Item) {
        self.push_put(None, item, None);
    }

    /// Writes an item where there is none.
    pub(super) fn put_new(&mut self, label: L, item: Item) {
        self.push_put(Some(label), item, Some(Condition::Absent));
    }

    /// Writes an item in place of one that is as the condition says.
    pub(super) fn put_if(&mut self, label: L, item: Item, condition: Condition) {
        self.push_put(Some(label), item, Some(condition));
    }

    /// Writes the next version of an item that still is as it was read.
    pub(super) fn replace(&mut self, label: L, item: Item, read: u64) {
        self.push_put(Some(label), item.after(read), Some(Condition::Version(read)));
    }

    fn push_delete(&mut self, label: Option<L>, key: &Key, condition: Option<Condition>) {
        let mut delete = Delete::builder().table_name(&*self.store.table).set_key(Some(key_attributes(key)));
        if let Some(condition) = condition {
            let Parts { expression, names, values } = condition.parts();
            delete = delete.condition_expression(expression);
            delete = delete.set_expression_attribute_names(names).set_expression_attribute_values(values);
        }
        if let Ok(delete) = delete.build() {
            self.actions.push((label, TransactWriteItem::builder().delete(delete).build()));
        }
    }

    /// Removes an item, if it is there.
    pub(super) fn delete(&mut self, key: &Key) {
        self.push_delete(None, key, None);
    }

    /// Removes an item that is as the condition says.
    pub(super) fn delete_if(&mut self, label: L, key: &Key, condition: Condition) {
        self.push_delete(Some(label), key, Some(condition));
    }

    /// Changes nothing about an item, but goes through only while it is as the condition says.
    pub(super) fn check(&mut self, label: L, key: &Key, condition: Condition) {
        let Parts { expression, names, values } = condition.parts();
        let check = ConditionCheck::builder()
            .table_name(&*self.store.table)
            .set_key(Some(key_attributes(key)))
            .condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        if let Ok(check) = check.build() {
            self.actions.push((Some(label), TransactWriteItem::builder().condition_check(check).build()));
        }
    }

    /// Changes a part of an item that wasn't read for it.
    pub(super) fn change(&mut self, label: Option<L>, change: Change) {
        if let Ok(update) = change.into_update(&self.store.table) {
            self.actions.push((label, TransactWriteItem::builder().update(update).build()));
        }
    }

    /// Says what happens. The event gets its id when the transaction is sent.
    pub(super) fn event(&mut self, event: NewEvent) {
        self.event_kept(event, &[]);
    }

    /// Says what happens to the entity whose item was added just before. The item keeps the event's id under
    /// `body.last_event_id`, so that the entity's next event exceeds it whatever clock mints it.
    pub(super) fn event_of_last(&mut self, event: NewEvent) {
        let keepers: Vec<_> = self.last().into_iter().collect();
        self.event_kept(event, &keepers);
    }

    /// The action that was added just before, as one that keeps an event.
    pub(super) fn last(&self) -> Option<Keeper> {
        self.actions.len().checked_sub(1).map(Keeper)
    }

    /// Says what happens to the entities of several items. Of several events the items keep the last.
    pub(super) fn event_kept(&mut self, event: NewEvent, keepers: &[Keeper]) {
        self.events.push(PlannedEvent { event, keepers: keepers.to_vec() });
    }

    /// Sends it. A conflict with another transaction is waited out a few times, with new event ids each time: an id is
    /// minted at most one attempt (5 s) before its commit, which is what the log's readers rely on. Other content needs
    /// another ClientRequestToken; that is safe, because a conflict says that nothing was written. An attempt that ends
    /// without saying so isn't made again: the table is asked whether it was executed.
    pub(super) async fn commit(self) -> Result<Vec<EventId>, CommitError<L>> {
        for attempt in 0_u32.. {
            let (events, ids) = self.events_now()?;
            self.store.mark_days(&ids).await?;
            let mut items = self.items_keeping(&ids);
            let token = attempt::token(&self.store.rng);
            let signed = Signed::sign(&mut items, &token);
            items.extend(events);
            let sent = self
                .store
                .client
                .transact_write_items()
                .set_transact_items(Some(items))
                .client_request_token(token)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            let error = match sent {
                Ok(_) => return Ok(ids),
                Err(error) => error,
            };
            let reasons = cancellation_reasons(&error);
            let labels = self.actions.iter().map(|(label, _)| *label);
            let refused = reasons
                .iter()
                .zip(labels)
                .find(|(reason, _)| reason.code() == Some("ConditionalCheckFailed"));
            if let Some((_, Some(label))) = refused {
                return Err(CommitError::Refused(label));
            }
            let conflict = reasons.iter().any(|reason| reason.code() == Some("TransactionConflict"));
            if !conflict {
                return match (error.into(), signed) {
                    (error, Some(signed)) if is_ambiguous(&error) && signed.stands(self.store).await => {
                        tracing::warn!(cause = %error, "a transaction went through though its answer was lost");
                        Ok(ids)
                    }
                    (error, _) => Err(CommitError::Store(error)),
                };
            }
            if attempt >= CONFLICT_RETRIES {
                break;
            }
            self.store.back_off(attempt).await;
        }
        Err(CommitError::Store(StoreError::Conflict))
    }

    /// The actions' items, each keeper with the id of its event.
    fn items_keeping(&self, ids: &[EventId]) -> Vec<TransactWriteItem> {
        let mut items: Vec<_> = self.actions.iter().map(|(_, action)| action.clone()).collect();
        let kept = self.events.iter().zip(ids);
        for (Keeper(index), id) in
            kept.flat_map(|(event, id)| event.keepers.iter().map(move |kept| (kept, id)))
        {
            let Some(item) = items.get_mut(*index) else { continue };
            let id = AttributeValue::S(id.to_string());
            if let Some(update) = &mut item.update {
                change::keep_event(update, id);
            } else if let Some(AttributeValue::M(body)) =
                item.put.as_mut().and_then(|put| put.item.get_mut("body"))
            {
                body.insert("last_event_id".to_owned(), id);
            }
        }
        items
    }

    fn events_now(&self) -> Result<(Vec<TransactWriteItem>, Vec<EventId>), StoreError> {
        let now = self.store.clock.now();
        let mut written = Transaction::<L>::new(self.store);
        let mut ids: Vec<EventId> = Vec::new();
        for PlannedEvent { event: new, .. } in &self.events {
            // One transaction's events keep their order, too.
            let after = new.after.max(ids.last().copied());
            let id = EventId::mint_after(now, &self.store.rng, after);
            ids.push(id);
            let event = Event {
                id,
                event: new.name,
                organization_id: new.organization_id,
                data: new.data.clone(),
                context: new.context(self.store.actor.as_deref()),
                created_at: now,
            };
            let end = now + EVENT_LIFETIME;
            let shard = new.organization_id.map_or(0, |organization| shard_of(organization.to_bytes()));
            written.put(Item::new(keys::event(shard, id), &event)?.expiring(end));
            if let Some(organization) = new.organization_id {
                written.put(Item::new(keys::organization_event(organization, id), &event)?.expiring(end));
            }
        }
        Ok((written.actions.into_iter().map(|(_, action)| action).collect(), ids))
    }
}

fn shard_of(id: [u8; 16]) -> u8 {
    id.last().copied().unwrap_or(0) % keys::EVENT_SHARDS
}

fn cancellation_reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            canceled.cancellation_reasons()
        }
        _ => &[],
    }
}

impl Store {
    /// Waits before another attempt: anything up to 20 ms, doubled each time up to 1.28 s. All of it is jitter, so that
    /// many losers spread out instead of meeting again.
    pub(super) async fn back_off(&self, attempt: u32) {
        let most = 20_000_u64 << attempt.min(6);
        let jitter = u64::from(u16::from_be_bytes(self.rng.bytes::<2>()));
        tokio::time::sleep(Duration::from_micros(most * jitter / u64::from(u16::MAX))).await;
    }
}
