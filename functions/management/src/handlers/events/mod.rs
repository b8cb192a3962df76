//! The event log, for the application to follow.

mod names;

use axum::Json;
use chrono::{DateTime, Utc};
use portico_shared::domain::event::{Event, EventName};
use portico_shared::domain::ids::{EventId, OrganizationId};
use portico_shared::store::page::Order;
use portico_shared::store::{EventPage, EventQuery};
use portico_shared::web::auth::ApiKeyAuth;
use portico_shared::web::list::ListQuery;
use portico_shared::web::timestamp;
use serde_json::{Value, json};

use crate::error::RouteError;
use crate::input::Problems;

/// `GET /events`: oldest first, unless `order=desc`.
pub(crate) async fn list(ApiKeyAuth(app): ApiKeyAuth, query: ListQuery) -> Result<Json<Value>, RouteError> {
    let Some(wanted) = read(&query)? else {
        return Ok(Json(view(EventPage { events: Vec::new(), after: None })));
    };
    let mut page = app.store().events(&wanted).await?;
    if query.before.is_some() {
        // Walked towards the beginning; what lies behind the page is what the caller has seen.
        page.events.reverse();
        page.after = page.events.last().map(|event| event.id);
    }
    Ok(Json(view(page)))
}

/// What a query asks for; `None` where it names only events that never happen here.
fn read(query: &ListQuery) -> Result<Option<EventQuery>, RouteError> {
    let mut problems = Problems::default();
    let named = query.filters("events");
    let named: Vec<&str> =
        named.iter().flat_map(|text| text.split(',')).filter(|text| !text.is_empty()).collect();
    for name in named.iter().filter(|name| !names::is_known(name)) {
        let shown: String = name.chars().take(100).collect();
        problems.add("events", "unknown_event", format!("events: there is no event '{shown}'."));
    }
    let organization_id = query.filter("organization_id").map(OrganizationId::parse).transpose();
    let organization_id = organization_id.unwrap_or_else(|error| {
        problems.add("organization_id", "invalid", format!("organization_id: {error}."));
        None
    });
    let from = instant(query, "range_start", &mut problems);
    let until = instant(query, "range_end", &mut problems);
    problems.finish()?;
    // Unlike other lists, this one begins with the oldest entry.
    let order = if query.filter("order") == Some("desc") { Order::Desc } else { Order::Asc };
    let (order, after) = match cursor("before", query.before.as_deref())? {
        Some(before) => (opposite(order), Some(before)),
        None => (order, cursor("after", query.after.as_deref())?),
    };
    let names: Vec<EventName> =
        EventName::ALL.iter().copied().filter(|name| named.contains(&name.as_str())).collect();
    if names.is_empty() && !named.is_empty() {
        return Ok(None);
    }
    Ok(Some(EventQuery { after, limit: query.limit, order, names, organization_id, from, until }))
}

fn opposite(order: Order) -> Order {
    match order {
        Order::Asc => Order::Desc,
        Order::Desc => Order::Asc,
    }
}

fn cursor(name: &'static str, text: Option<&str>) -> Result<Option<EventId>, RouteError> {
    text.map(EventId::parse).transpose().map_err(|_| RouteError::EventCursor(name))
}

/// An instant in UTC, as the contract has it: with `Z`, not with an offset.
fn instant(query: &ListQuery, name: &str, problems: &mut Problems) -> Option<DateTime<Utc>> {
    let text = query.filter(name)?;
    let parsed = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.ends_with('Z'));
    if parsed.is_none() {
        let message = format!("{name} must be an instant in UTC, such as 2026-01-15T12:00:00.000Z.");
        problems.add(name, "invalid", message);
    }
    parsed.map(|instant| instant.to_utc())
}

fn view(page: EventPage) -> Value {
    json!({
        "object": "list",
        "data": page.events.iter().map(event_view).collect::<Vec<_>>(),
        "list_metadata": {"before": null, "after": page.after},
    })
}

fn event_view(event: &Event) -> Value {
    json!({
        "object": "event",
        "id": event.id,
        "event": event.event.as_str(),
        "data": event.data,
        "created_at": timestamp::text(event.created_at),
        "context": event.context.clone().unwrap_or_else(|| json!({})),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> ListQuery {
        ListQuery::parse(Some(text)).unwrap()
    }

    fn asked(text: &str) -> EventQuery {
        read(&query(text)).unwrap().unwrap()
    }

    #[test]
    fn both_sdks_way_of_naming_events_is_read() {
        for text in [
            "events=connection.activated%2Corganization.created",
            "events=organization.created&events=connection.activated",
            "events%5B%5D=organization.created&events[]=connection.activated",
        ] {
            let names = asked(text).names;
            assert_eq!(names, [EventName::ConnectionActivated, EventName::OrganizationCreated], "{text}");
        }
    }

    #[test]
    fn an_event_of_the_contract_that_never_happens_here_is_no_error() {
        assert!(read(&query("events=invitation.created")).unwrap().is_none());
        assert_eq!(
            asked("events=invitation.created,organization.deleted").names,
            [EventName::OrganizationDeleted]
        );
    }

    #[test]
    fn an_unknown_event_and_a_time_with_an_offset_are_named() {
        let Err(RouteError::Invalid(errors)) =
            read(&query("events=connection.exploded&range_start=2026-01-15T12:00:00%2B00:00"))
        else {
            panic!("accepted")
        };
        assert!(errors[0].message.contains("'connection.exploded'"));
        assert_eq!(errors[1].field, "range_start");
    }

    #[test]
    fn a_cursor_must_be_an_events_id() {
        assert!(matches!(read(&query("after=org_01")), Err(RouteError::EventCursor("after"))));
        assert!(matches!(read(&query("before=x")), Err(RouteError::EventCursor("before"))));
    }

    #[test]
    fn the_log_is_read_from_its_beginning_unless_asked_otherwise() {
        assert_eq!(asked("").order, Order::Asc);
        assert_eq!(asked("order=desc").order, Order::Desc);
        let id = EventId::from_bytes([7; 16]);
        let before = asked(&format!("before={id}"));
        assert_eq!((before.order, before.after), (Order::Desc, Some(id)));
    }
}
