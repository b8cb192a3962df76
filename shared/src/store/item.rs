//! An item of the table: keys and bookkeeping at the top, the entity under `body`.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, to_attribute_value};

use super::StoreError;
use super::keys::Key;

/// The attributes of an item.
pub(super) type Attributes = HashMap<String, AttributeValue>;

/// The shape of items that this version writes.
const SHAPE: u32 = 1;

/// An entity as it was read, with the version that a write must find unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    /// The entity.
    pub value: T,
    /// How often the item has been written.
    pub version: u64,
}

/// An item to be written.
pub(super) struct Item {
    key: Key,
    body: AttributeValue,
    version: u64,
    parent: Option<(String, String)>,
    due: Option<(String, DateTime<Utc>)>,
    expires_at: Option<DateTime<Utc>>,
}

impl Item {
    /// The first version of an entity.
    pub(super) fn new<T: Serialize>(key: Key, entity: &T) -> Result<Self, StoreError> {
        let body = to_attribute_value(entity).map_err(StoreError::shape)?;
        Ok(Self { key, body, version: 1, parent: None, due: None, expires_at: None })
    }

    /// The version after the one that was read.
    pub(super) fn after(mut self, read: u64) -> Self {
        self.version = read + 1;
        self
    }

    /// Lists the item under `parent`, in the order of `child`.
    pub(super) fn listed(mut self, parent: String, child: impl ToString) -> Self {
        self.parent = Some((parent, child.to_string()));
        self
    }

    /// Shows the item in the `due` index from `at` on.
    pub(super) fn due(mut self, shard: String, at: DateTime<Utc>) -> Self {
        self.due = Some((shard, at));
        self
    }

    /// Lets the item go some time after `instant`, and hides it from reads at once.
    pub(super) fn expiring(mut self, instant: DateTime<Utc>) -> Self {
        self.expires_at = Some(instant);
        self
    }

    pub(super) fn into_attributes(self) -> Attributes {
        let mut attributes = key_attributes(&self.key);
        attributes.insert("body".to_owned(), self.body);
        attributes.insert("shape".to_owned(), AttributeValue::N(SHAPE.to_string()));
        attributes.insert("version".to_owned(), AttributeValue::N(self.version.to_string()));
        if let Some((parent, child)) = self.parent {
            attributes.insert("parent".to_owned(), AttributeValue::S(parent));
            attributes.insert("child".to_owned(), AttributeValue::S(child));
        }
        if let Some((shard, at)) = self.due {
            attributes.insert("due_shard".to_owned(), AttributeValue::S(shard));
            attributes.insert("due_at".to_owned(), AttributeValue::S(due_time(at)));
        }
        if let Some(instant) = self.expires_at {
            attributes.insert("expires_at".to_owned(), AttributeValue::N(instant.timestamp().to_string()));
        }
        attributes
    }
}

pub(super) fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

/// An instant as it stands under `body`.
pub(super) fn body_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// An instant as the `due` index sorts it.
pub(super) fn due_time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A number beside the body.
pub(super) fn number(attributes: &Attributes, name: &str) -> Option<i64> {
    attributes.get(name)?.as_n().ok()?.parse().ok()
}

/// A text attribute, such as a key.
pub(super) fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name)?.as_s().ok().map(String::as_str)
}

/// Reads an item back; `None` where it has expired (DynamoDB may remove it days later).
pub(super) fn read<T: DeserializeOwned>(
    mut attributes: Attributes,
    now: DateTime<Utc>,
) -> Result<Option<Versioned<T>>, StoreError> {
    if number(&attributes, "expires_at").is_some_and(|end| end <= now.timestamp()) {
        return Ok(None);
    }
    let version = number(&attributes, "version").and_then(|version| u64::try_from(version).ok()).unwrap_or(1);
    let body = attributes.remove("body").unwrap_or(AttributeValue::Null(true));
    let value = from_attribute_value(body).map_err(StoreError::shape)?;
    Ok(Some(Versioned { value, version }))
}
