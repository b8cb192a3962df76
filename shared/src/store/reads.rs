//! Bounded reads: several items by key in one round trip, a part of a partition, a list under a parent.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use serde::de::DeserializeOwned;

use super::item::{self, Attributes, Versioned};
use super::keys::Key;
use super::page::{Order, Page, PageRequest};
use super::{Store, StoreError};

/// How often keys that DynamoDB left unprocessed are asked for again.
const UNPROCESSED_RETRIES: u32 = 4;
/// The most index pages that a filtered list walks through; then it returns what it has, with a cursor.
const LIST_WALK: usize = 10;
/// How many children a list that goes on reads at once; the first read takes what a page without a filter needs.
const LIST_BATCH: usize = 100;

/// What a read of several keys found.
pub(super) struct Found(HashMap<Key, Attributes>);

impl Found {
    /// Takes one of the items out; `None` where there is none, or it has expired.
    pub(super) fn take<T: DeserializeOwned>(
        &mut self,
        store: &Store,
        key: &Key,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        self.0.remove(key).map_or(Ok(None), |attributes| item::read(attributes, store.clock.now()))
    }

    /// Takes one of the items out as it is.
    pub(super) fn take_raw(&mut self, key: &Key) -> Option<Attributes> {
        self.0.remove(key)
    }
}

/// Which part of a range is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// Behind this sort key, in the order of reading.
    pub(super) after: Option<&'a str>,
    /// At most so many.
    pub(super) limit: usize,
    /// Largest first.
    pub(super) descending: bool,
}

impl Store {
    /// Several items by key, consistently, in one round trip. At most 100 keys, each once.
    pub(super) async fn read_many(&self, keys: &[Key]) -> Result<Found, StoreError> {
        self.read_by_key(keys, None).await
    }

    /// Which items are there, and nothing more of them.
    pub(super) async fn read_keys(&self, keys: &[Key]) -> Result<Found, StoreError> {
        self.read_by_key(keys, Some("pk, sk")).await
    }

    async fn read_by_key(&self, keys: &[Key], projection: Option<&str>) -> Result<Found, StoreError> {
        let mut found = HashMap::new();
        // DynamoDB refuses a key that is named twice.
        let distinct: HashSet<&Key> = keys.iter().collect();
        let mut wanted: Vec<Attributes> = distinct.into_iter().map(item::key_attributes).collect();
        for attempt in 0.. {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .set_projection_expression(projection.map(str::to_owned))
                .consistent_read(true)
                .build()
                .map_err(StoreError::shape)?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&*self.table, request)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            for attributes in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                if let (Some(pk), Some(sk)) = (item::text(&attributes, "pk"), item::text(&attributes, "sk")) {
                    found.insert(Key { pk: pk.to_owned(), sk: sk.to_owned() }, attributes);
                }
            }
            let left = answer.unprocessed_keys.unwrap_or_default();
            wanted = left.into_values().flat_map(|keys| keys.keys).collect();
            if wanted.is_empty() {
                break;
            }
            if attempt >= UNPROCESSED_RETRIES {
                return Err(StoreError::Throttled);
            }
            self.back_off(attempt).await;
        }
        Ok(Found(found))
    }

    /// One item by key, consistently.
    pub(super) async fn read_one<T: DeserializeOwned>(
        &self,
        key: &Key,
    ) -> Result<Option<Versioned<T>>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(item::key_attributes(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        answer.item.map_or(Ok(None), |attributes| item::read(attributes, self.clock.now()))
    }

    /// The items of a partition whose sort key lies in `from..=to`, consistently, at most `limit`, smallest first
    /// unless `descending`.
    pub(super) async fn read_range(
        &self,
        pk: &str,
        range: (&str, &str),
        limit: usize,
        descending: bool,
    ) -> Result<Vec<Attributes>, StoreError> {
        Ok(self.read_part(pk, range, Part { after: None, limit, descending }).await?.0)
    }

    /// The same behind a sort key; and whether there may be more.
    pub(super) async fn read_part(
        &self,
        pk: &str,
        (from, to): (&str, &str),
        part: Part<'_>,
    ) -> Result<(Vec<Attributes>, bool), StoreError> {
        let mut items = Vec::new();
        let behind = |sk: &str| item::key_attributes(&Key { pk: pk.to_owned(), sk: sk.to_owned() });
        let mut start = part.after.map(behind);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
                .expression_attribute_values(":from", AttributeValue::S(from.to_owned()))
                .expression_attribute_values(":to", AttributeValue::S(to.to_owned()))
                .consistent_read(true)
                .scan_index_forward(!part.descending)
                .limit(i32::try_from(part.limit - items.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() >= part.limit {
                return Ok((items, start.is_some()));
            }
        }
    }

    /// A page of what is listed under `parent`, for people: eventually consistent. `keep` filters; a filtered page may
    /// be short and still have a cursor.
    pub(super) async fn list_children<T: DeserializeOwned>(
        &self,
        parent: &str,
        request: &PageRequest,
        keep: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, StoreError> {
        let backwards = request.before.is_some();
        let descending = (request.order == Order::Desc) != backwards;
        let mut cursor = request.before.clone().or_else(|| request.after.clone());
        let started = cursor.is_some();
        let mut kept: Vec<(String, T)> = Vec::new();
        let mut more = true;
        for step in 0..LIST_WALK {
            let size = if step == 0 { request.limit + 1 } else { LIST_BATCH };
            let (batch, last) = self.children(parent, cursor.as_deref(), descending, size).await?;
            more = last;
            for attributes in batch {
                cursor = item::text(&attributes, "child").map(str::to_owned);
                let read = item::read::<T>(attributes, self.clock.now())?;
                if let (Some(child), Some(found)) = (&cursor, read)
                    && keep(&found.value)
                {
                    kept.push((child.clone(), found.value));
                }
            }
            if !more || kept.len() > request.limit {
                break;
            }
        }
        let beyond = more || kept.len() > request.limit;
        // Where the walk ended before the page was full, the cursor is where it ended, kept or not.
        let resume = if kept.len() < request.limit && more { cursor } else { None };
        kept.truncate(request.limit);
        let far = resume.or_else(|| kept.last().map(|(child, _)| child.clone())).filter(|_| beyond);
        let near = kept.first().map(|(child, _)| child.clone()).filter(|_| started);
        let mut items: Vec<T> = kept.into_iter().map(|(_, value)| value).collect();
        if backwards {
            items.reverse();
            return Ok(Page { items, before: far, after: near });
        }
        Ok(Page { items, before: near, after: far })
    }

    async fn children(
        &self,
        parent: &str,
        cursor: Option<&str>,
        descending: bool,
        size: usize,
    ) -> Result<(Vec<Attributes>, bool), StoreError> {
        let condition = match cursor {
            None => "parent = :parent",
            Some(_) if descending => "parent = :parent AND child < :cursor",
            Some(_) => "parent = :parent AND child > :cursor",
        };
        let answer = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("by_parent")
            .key_condition_expression(condition)
            .expression_attribute_values(":parent", AttributeValue::S(parent.to_owned()));
        let answer = match cursor {
            Some(cursor) => {
                answer.expression_attribute_values(":cursor", AttributeValue::S(cursor.to_owned()))
            }
            None => answer,
        };
        let answer = answer
            .scan_index_forward(!descending)
            .limit(i32::try_from(size).unwrap_or(i32::MAX))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await?;
        let more = answer.last_evaluated_key.is_some();
        Ok((answer.items.unwrap_or_default(), more))
    }
}
