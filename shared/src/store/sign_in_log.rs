//! The sign-in log of an organization: how every sign-in went, for 90 days.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;

use super::item::{self, Item};
use super::page::{Order, Page, PageRequest};
use super::secrets::Sealed;
use super::transaction::{CommitError, Transaction};
use super::{Store, StoreError, keys};
use crate::domain::event::NewEvent;
use crate::domain::ids::{OrganizationId, SignInId};
use crate::domain::sign_in::{ANSWER_LIFETIME, SIGN_IN_RECORD_LIFETIME, SignInRecord};

impl Store {
    pub(super) fn sign_in_item(&self, record: &SignInRecord) -> Result<Item, StoreError> {
        let end = record.created_at + SIGN_IN_RECORD_LIFETIME;
        let item = Item::new(keys::sign_in(record.organization_id, record.id), record)?;
        Ok(item.listed(keys::sign_in_reference(record.id), record.organization_id).expiring(end))
    }

    /// Writes an item by itself, whatever was there.
    pub(super) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item.into_attributes()));
        put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await?;
        Ok(())
    }

    pub(super) fn answer_item(&self, record: &SignInRecord, answer: &Sealed) -> Result<Item, StoreError> {
        let key = keys::sign_in_answer(record.organization_id, record.id);
        Ok(Item::new(key, answer)?.expiring(record.created_at + ANSWER_LIFETIME))
    }

    /// What a provider answered, sealed; `None` where it wasn't kept, or isn't any more.
    pub async fn sign_in_answer(
        &self,
        organization: OrganizationId,
        id: SignInId,
    ) -> Result<Option<Sealed>, StoreError> {
        Ok(self.read_one(&keys::sign_in_answer(organization, id)).await?.map(|read| read.value))
    }

    /// An entry of an organization's log, consistently.
    pub async fn sign_in_of(
        &self,
        organization: OrganizationId,
        id: SignInId,
    ) -> Result<Option<SignInRecord>, StoreError> {
        Ok(self.read_one(&keys::sign_in(organization, id)).await?.map(|read| read.value))
    }

    /// Remembers a refusal; with it the event, where the application is waiting for an answer, and what the provider
    /// answered, where an admin may look at that.
    pub async fn record_refusal(
        &self,
        record: &SignInRecord,
        answer: Option<&Sealed>,
        event: Option<NewEvent>,
    ) -> Result<(), StoreError> {
        let item = self.sign_in_item(record)?;
        if answer.is_none() && event.is_none() {
            return self.put(item).await;
        }
        let mut transaction = Transaction::<()>::new(self);
        transaction.put(item);
        if let Some(answer) = answer {
            transaction.put(self.answer_item(record, answer)?);
        }
        event.into_iter().for_each(|event| transaction.event(event));
        match transaction.commit().await {
            Ok(_) => Ok(()),
            Err(CommitError::Refused(())) => Err(StoreError::Conflict),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// An entry by its reference number alone, which is all that somebody's page shows. From the index: a record is there
    /// a moment after it was written.
    pub async fn sign_in(&self, id: SignInId) -> Result<Option<SignInRecord>, StoreError> {
        let first = PageRequest { limit: 1, ..PageRequest::default() };
        let page = self.list_children(&keys::sign_in_reference(id), &first, |_| true).await?;
        Ok(page.items.into_iter().next())
    }

    /// A page of the log, straight from the table. The cursor must be a `sign_in_` id.
    pub async fn sign_ins(
        &self,
        organization: OrganizationId,
        request: &PageRequest,
    ) -> Result<Page<SignInRecord>, StoreError> {
        let backwards = request.before.is_some();
        let descending = (request.order == Order::Desc) != backwards;
        let cursor = request.before.as_deref().or(request.after.as_deref());
        let (lowest, highest) =
            (SignInId::from_bytes([0; 16]).to_string(), SignInId::from_bytes([255; 16]).to_string());
        // BETWEEN takes both ends in, so the cursor's own entry is read and left out.
        let bounds = match cursor {
            None => (lowest.as_str(), highest.as_str()),
            Some(cursor) if descending => (lowest.as_str(), cursor),
            Some(cursor) => (cursor, highest.as_str()),
        };
        let rows =
            self.read_range(&keys::sign_ins(organization), bounds, request.limit + 2, descending).await?;
        let mut records: Vec<SignInRecord> = Vec::new();
        for row in rows {
            records.extend(item::read(row, self.clock.now())?.map(|found| found.value));
        }
        records.retain(|record| cursor != Some(record.id.to_string().as_str()));
        let more = records.len() > request.limit;
        records.truncate(request.limit);
        let far = records.last().map(|record| record.id.to_string()).filter(|_| more);
        let near = records.first().map(|record| record.id.to_string()).filter(|_| cursor.is_some());
        if backwards {
            records.reverse();
            return Ok(Page { items: records, before: far, after: near });
        }
        Ok(Page { items: records, before: near, after: far })
    }
}
