//! The event log: read in the order of ids, some seconds behind now, a bounded amount of work a call.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::item::{self, Item};
use super::keys;
use super::page::Order;
use super::{Store, StoreError};
use crate::domain::event::{EVENT_LIFETIME, Event, EventName};
use crate::domain::ids::{EventId, OrganizationId};

/// The most items that one call reads; a page may then be short and have a cursor all the same.
const MOST_READ: usize = 1000;
/// How many days' markers are read: more than the log keeps.
const MOST_DAYS: usize = 100;
/// The most days that one call reads.
const MOST_DAYS_A_CALL: usize = 10;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Those behind this one, in the order asked for.
    pub after: Option<EventId>,
    /// At most so many.
    pub limit: usize,
    /// Oldest first (`Asc`) or newest first.
    pub order: Order,
    /// Only these kinds; all where empty.
    pub names: Vec<EventName>,
    /// Only this organization's.
    pub organization_id: Option<OrganizationId>,
    /// Not before this instant.
    pub from: Option<DateTime<Utc>>,
    /// Not from this instant on.
    pub until: Option<DateTime<Utc>>,
}

/// A part of the event log.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Where to go on; `None` where there is nothing more for now.
    pub after: Option<EventId>,
}

/// The ids that a call may read, both inclusive.
struct Range {
    first: EventId,
    last: EventId,
}

impl EventQuery {
    fn range(&self, horizon: DateTime<Utc>) -> Range {
        let mut first = self.from.map(EventId::floor_of).unwrap_or(EventId::from_bytes([0; 16]));
        let until = self.until.map_or(horizon, |until| until.min(horizon));
        let mut last = previous(EventId::floor_of(until));
        match (self.after, self.order) {
            (Some(after), Order::Asc) => first = first.max(next(after)),
            (Some(after), Order::Desc) => last = last.min(previous(after)),
            (None, _) => {}
        }
        Range { first, last }
    }

    fn keeps(&self, event: &Event) -> bool {
        self.names.is_empty() || self.names.contains(&event.event)
    }
}

/// The last id of a day, in the order of reading: a cursor behind all that the day has.
fn far_end(day: &str, order: Order) -> EventId {
    let midnight = midnight_of(day).unwrap_or(DateTime::<Utc>::MIN_UTC);
    match order {
        Order::Asc => previous(EventId::floor_of(midnight + chrono::Duration::days(1))),
        Order::Desc => EventId::floor_of(midnight),
    }
}

fn midnight_of(day: &str) -> Option<DateTime<Utc>> {
    NaiveDate::parse_from_str(day, "%Y%m%d").ok()?.and_hms_opt(0, 0, 0).map(|midnight| midnight.and_utc())
}

fn next(id: EventId) -> EventId {
    EventId::from_bytes(u128::from_be_bytes(id.to_bytes()).saturating_add(1).to_be_bytes())
}

fn previous(id: EventId) -> EventId {
    EventId::from_bytes(u128::from_be_bytes(id.to_bytes()).saturating_sub(1).to_be_bytes())
}

impl Store {
    /// A page of the log. Ids are minted before their transaction commits, so a reader stops some seconds behind now:
    /// otherwise a slower writer's smaller id could appear behind a cursor that has gone by.
    pub async fn events(&self, query: &EventQuery) -> Result<EventPage, StoreError> {
        let range = query.range(self.clock.now() - self.event_lag);
        if range.first > range.last {
            return Ok(EventPage { events: Vec::new(), after: None });
        }
        match query.organization_id {
            Some(organization) => {
                let batch = self.events_in(&keys::organization_events(organization), &range, query).await?;
                Ok(page(query, batch.0, batch.1))
            }
            None => self.events_by_day(query, &range).await,
        }
    }

    async fn events_by_day(&self, query: &EventQuery, range: &Range) -> Result<EventPage, StoreError> {
        let mut days = self.days_between(range).await?;
        if query.order == Order::Desc {
            days.reverse();
        }
        let mut events: Vec<Event> = Vec::new();
        let (mut read, mut kept) = (0, 0);
        let last_day = days.last().cloned();
        let mut reached_so_far = None;
        for day in days.into_iter().take(MOST_DAYS_A_CALL) {
            let (found, whole) = self.events_of_day(&day, range, query).await?;
            read += found.len();
            kept += found.iter().filter(|event| query.keeps(event)).count();
            let reached =
                if whole { Some(far_end(&day, query.order)) } else { found.last().map(|event| event.id) };
            events.extend(found);
            let ended = whole && last_day.as_ref() == Some(&day);
            if ended || !whole || kept > query.limit || read >= MOST_READ {
                return Ok(page(query, events, reached.filter(|_| !ended)));
            }
            reached_so_far = reached;
        }
        Ok(page(query, events, reached_so_far))
    }

    /// A day's events in order, and whether that is all of them. The partitions are read side by side; what one of
    /// them cut short bounds what the others may contribute.
    async fn events_of_day(
        &self,
        day: &str,
        range: &Range,
        query: &EventQuery,
    ) -> Result<(Vec<Event>, bool), StoreError> {
        let partitions: Vec<String> =
            (0..keys::EVENT_SHARDS).map(|shard| keys::event_shard(day, shard)).collect();
        let [a, b, c, d] = partitions.as_slice() else { return Ok((Vec::new(), true)) };
        let shards = tokio::try_join!(
            self.events_in(a, range, query),
            self.events_in(b, range, query),
            self.events_in(c, range, query),
            self.events_in(d, range, query),
        )?;
        let shards = [shards.0, shards.1, shards.2, shards.3];
        let cuts = shards.iter().filter_map(|(_, cut)| *cut);
        let cut = if query.order == Order::Asc { cuts.min() } else { cuts.max() };
        let mut merged: BTreeMap<EventId, Event> = BTreeMap::new();
        for (found, _) in shards {
            merged.extend(found.into_iter().map(|event| (event.id, event)));
        }
        let within = |event: &Event| match (cut, query.order) {
            (None, _) => true,
            (Some(cut), Order::Asc) => event.id <= cut,
            (Some(cut), Order::Desc) => event.id >= cut,
        };
        let mut events: Vec<Event> = merged.into_values().filter(within).collect();
        if query.order == Order::Desc {
            events.reverse();
        }
        Ok((events, cut.is_none()))
    }

    /// The events of a partition within the range, and the last id read where there is more.
    async fn events_in(
        &self,
        pk: &str,
        range: &Range,
        query: &EventQuery,
    ) -> Result<(Vec<Event>, Option<EventId>), StoreError> {
        let limit = if query.names.is_empty() { query.limit + 1 } else { MOST_READ };
        let bounds = (range.first.to_string(), range.last.to_string());
        let descending = query.order == Order::Desc;
        let rows = self.read_range(pk, (&bounds.0, &bounds.1), limit, descending).await?;
        let whole = rows.len() < limit;
        let mut events = Vec::new();
        let mut last = None;
        for row in rows {
            last = item::text(&row, "sk").and_then(|id| EventId::parse(id).ok());
            events.extend(item::read::<Event>(row, self.clock.now())?.map(|found| found.value));
        }
        Ok((events, last.filter(|_| !whole)))
    }

    async fn days_between(&self, range: &Range) -> Result<Vec<String>, StoreError> {
        let from = keys::day_of(range.first.minted_at());
        let to = keys::day_of(range.last.minted_at());
        let rows = self.read_range(&keys::event_days(), (&from, &to), MOST_DAYS, false).await?;
        Ok(rows.iter().filter_map(|row| item::text(row, "sk").map(str::to_owned)).collect())
    }

    /// Marks the days of events that are about to be written: before the transaction, so that no reader misses a day,
    /// and once a day and instance. The day after is marked along with it, so that the first sign-in after midnight
    /// doesn't wait for a marker; an empty day costs a reader nothing but a look.
    pub(super) async fn mark_days(&self, ids: &[EventId]) -> Result<(), StoreError> {
        for minted_at in ids.iter().map(|id| id.minted_at()) {
            let days = [minted_at, minted_at + chrono::Duration::days(1)].map(keys::day_of);
            let [today, tomorrow] = &days;
            let marked = self.marked_days.lock().map(|marked| marked.contains(today)).unwrap_or(false);
            if !marked {
                tokio::try_join!(self.mark_day(today), self.mark_day(tomorrow))?;
                if let Ok(mut marked) = self.marked_days.lock() {
                    marked.extend(days);
                }
            }
        }
        Ok(())
    }

    async fn mark_day(&self, day: &str) -> Result<(), StoreError> {
        let midnight = midnight_of(day).unwrap_or_else(|| self.clock.now());
        let end = midnight + EVENT_LIFETIME + chrono::Duration::days(2);
        self.put(Item::new(keys::event_day(day), &day)?.expiring(end)).await
    }
}

fn page(query: &EventQuery, read: Vec<Event>, more: Option<EventId>) -> EventPage {
    let mut events: Vec<Event> = read.into_iter().filter(|event| query.keeps(event)).collect();
    let cut = events.len() > query.limit;
    events.truncate(query.limit);
    let after = if cut || (more.is_some() && events.len() == query.limit) {
        events.last().map(|event| event.id)
    } else {
        more
    };
    EventPage { events, after }
}
