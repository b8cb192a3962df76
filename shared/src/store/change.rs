//! A change of a part of an item, without reading the item first.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use super::item::key_attributes;
use super::keys::Key;

/// The value that stands for the id of the event that goes along.
const EVENT: &str = ":event";

/// A change of a part of an item.
pub(super) struct Change {
    key: Key,
    set: Vec<String>,
    add: Vec<String>,
    conditions: Vec<&'static str>,
    names: Vec<(String, String)>,
    values: Vec<(String, AttributeValue)>,
}

impl Change {
    fn new(key: Key) -> Self {
        Self {
            key,
            set: Vec::new(),
            add: Vec::new(),
            conditions: Vec::new(),
            names: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Adds to numbers beside the body of an item, which is made where it isn't there.
    pub(super) fn count(key: Key, numbers: &[(&str, i64)]) -> Self {
        let mut change = Self::new(key);
        for (name, by) in numbers.iter().filter(|(_, by)| *by != 0) {
            change.add.push(format!("#{name} :{name}"));
            change.names.push((format!("#{name}"), (*name).to_owned()));
            change.values.push((format!(":{name}"), AttributeValue::N(by.to_string())));
        }
        change
    }

    /// The next version of an item that is there, with other texts under `body`.
    pub(super) fn body(key: Key, texts: &[(&str, String)]) -> Self {
        let mut change = Self::new(key);
        change.set.push("version = version + :one".to_owned());
        change.values.push((":one".to_owned(), AttributeValue::N("1".to_owned())));
        change.conditions.push("attribute_exists(pk)");
        for (index, (name, text)) in texts.iter().enumerate() {
            // By a placeholder: DynamoDB keeps words such as `status` for itself.
            change.set.push(format!("body.#{name} = :{index}"));
            change.names.push((format!("#{name}"), (*name).to_owned()));
            change.values.push((format!(":{index}"), AttributeValue::S(text.clone())));
        }
        change
    }

    /// Goes through only while the item's last event is smaller than the one that goes along, which it keeps. The event is
    /// added by `event_of_last`.
    pub(super) fn keeping_event(mut self) -> Self {
        self.set.push(format!("body.last_event_id = {EVENT}"));
        self.conditions.push("body.last_event_id < :event");
        self
    }

    /// Goes through only while the item has this version.
    pub(super) fn of_version(mut self, version: u64) -> Self {
        self.values.push((":known".to_owned(), AttributeValue::N(version.to_string())));
        self.conditions.push("version = :known");
        self
    }

    pub(super) fn into_update(self, table: &str) -> Result<Update, BuildError> {
        let mut expression = String::new();
        for (word, parts) in [("SET ", &self.set), (" ADD ", &self.add)] {
            if !parts.is_empty() {
                expression.push_str(word);
                expression.push_str(&parts.join(", "));
            }
        }
        let condition = (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "));
        Update::builder()
            .table_name(table)
            .set_key(Some(key_attributes(&self.key)))
            .update_expression(expression.trim())
            .set_condition_expression(condition)
            .set_expression_attribute_names(Some(self.names.into_iter().collect()))
            .set_expression_attribute_values(Some(self.values.into_iter().collect()))
            .build()
    }
}

/// Gives a change that keeps its event the event's id.
pub(super) fn keep_event(update: &mut Update, id: AttributeValue) {
    update.expression_attribute_values.get_or_insert_default().insert(EVENT.to_owned(), id);
}
