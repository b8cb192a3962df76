//! Counts the sequential round trips to DynamoDB, and what they consume.
//!
//! A request that starts after another has ended may have waited for it: it is one round trip further. Requests under way
//! at the same time count as one. Attempts after the first are the SDK's retries and don't count.

use std::fmt;
use std::ops::AddAssign;
use std::sync::{Arc, Mutex};

use aws_smithy_types::config_bag::{Storable, StoreReplace};
use serde_json::Value;
use tokio::sync::Notify;

/// What a piece of work cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Sequential round trips.
    pub round_trips: u32,
    /// Requests, parallel ones counted one by one.
    pub requests: u32,
    /// Read request units.
    pub read_units: f64,
    /// Write request units.
    pub write_units: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round_trips, requests, read_units, write_units } = self;
        write!(
            f,
            "{round_trips} round trips ({requests} requests), {read_units} read units, {write_units} write units"
        )
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.round_trips += other.round_trips;
        self.requests += other.requests;
        self.read_units += other.read_units;
        self.write_units += other.write_units;
    }
}

/// The counter of one deployment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RoundTrips(Arc<Mutex<Spent>>);

#[derive(Debug, Default)]
struct Spent {
    cost: Cost,
    /// The operations that have ended.
    ended: Vec<String>,
    /// How many haven't.
    under_way: usize,
    /// Who waits for one of them.
    waiting: Arc<Notify>,
}

/// A request under way: how many round trips deep it is.
#[derive(Debug)]
pub(crate) struct Begun {
    depth: u32,
    counter: RoundTrips,
}

impl Drop for Begun {
    fn drop(&mut self) {
        let mut spent = self.counter.0.lock().unwrap();
        spent.under_way -= 1;
        spent.waiting.notify_one();
    }
}

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

impl RoundTrips {
    /// What was spent since the last taking.
    pub fn take(&self) -> Cost {
        let mut spent = self.0.lock().unwrap();
        spent.ended.clear();
        std::mem::take(&mut spent.cost)
    }

    /// The same once an operation has ended since the last taking: for what is done after an answer.
    pub async fn take_after(&self, operation: &str) -> Cost {
        let waiting = self.0.lock().unwrap().waiting.clone();
        loop {
            let ended = waiting.notified();
            if self.0.lock().unwrap().ended.iter().any(|one| one.ends_with(operation)) {
                return self.take();
            }
            ended.await;
        }
    }

    /// Waits until no request is under way.
    pub async fn quiet(&self) {
        let waiting = self.0.lock().unwrap().waiting.clone();
        loop {
            let ended = waiting.notified();
            if self.0.lock().unwrap().under_way == 0 {
                return;
            }
            ended.await;
        }
    }

    pub(crate) fn begin(&self) -> Begun {
        let mut spent = self.0.lock().unwrap();
        spent.under_way += 1;
        Begun { depth: spent.cost.round_trips + 1, counter: self.clone() }
    }

    pub(crate) fn end(&self, begun: &Begun, operation: &str, answer: &[u8]) {
        let mut spent = self.0.lock().unwrap();
        spent.ended.push(operation.to_owned());
        // One that waits and one that begins to: `notified` above is asked for before the list is looked at.
        spent.waiting.notify_one();
        let cost = &mut spent.cost;
        cost.requests += 1;
        cost.round_trips = cost.round_trips.max(begun.depth);
        let writes = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"];
        let units = units(answer);
        if writes.iter().any(|write| operation.ends_with(write)) {
            cost.write_units += units;
        } else {
            cost.read_units += units;
        }
    }
}

/// The capacity units of an answer: one table's, or a list for several.
fn units(answer: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let consumed = &answer["ConsumedCapacity"];
    let tables = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
    tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_at_the_same_time_are_one_round_trip_and_one_after_another_are_two() {
        let counter = RoundTrips::default();
        let (one, other) = (counter.begin(), counter.begin());
        counter.end(&one, "X.GetItem", b"{}");
        let follows = counter.begin();
        counter.end(&other, "X.GetItem", b"{}");
        counter.end(&follows, "X.GetItem", b"{}");
        assert_eq!((counter.take().round_trips, counter.take().round_trips), (2, 0));
    }

    #[test]
    fn units_are_read_from_the_answers_of_one_table_and_of_several() {
        let counter = RoundTrips::default();
        let read = counter.begin();
        counter.end(
            &read,
            "X.BatchGetItem",
            br#"{"ConsumedCapacity":[{"CapacityUnits":1.5},{"CapacityUnits":1.0}]}"#,
        );
        let write = counter.begin();
        counter.end(&write, "X.PutItem", br#"{"ConsumedCapacity":{"CapacityUnits":4.0}}"#);
        let cost = counter.take();
        assert_eq!((cost.requests, cost.read_units, cost.write_units), (2, 2.5, 4.0));
    }
}
