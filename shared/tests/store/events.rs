use chrono::Duration;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::event::{Event, EventName};
use portico_shared::domain::organization::Policy;
use portico_shared::domain::portal::ItContact;
use portico_shared::store::EventQuery;
use portico_shared::store::page::Order;
use portico_testing::Bench;

use crate::sample::{self, event};

async fn make_organizations(bench: &Bench, many: usize, every: Duration) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..many {
        let organization = sample::organization(bench, None);
        let created = event(EventName::OrganizationCreated, organization.id);
        bench.app.store().create_organization(&organization, &Policy::default(), &[], created).await.unwrap();
        made.push(organization.id.to_string());
        bench.clock.advance(every);
    }
    made
}

async fn walk(bench: &Bench, mut query: EventQuery) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..100 {
        let page = bench.app.store().events(&query).await.unwrap();
        assert!(page.events.len() <= query.limit);
        events.extend(page.events);
        match page.after {
            Some(after) => query.after = Some(after),
            None => return events,
        }
    }
    panic!("the walk doesn't end");
}

fn about(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.data["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_log_is_read_in_order_over_days_and_partitions_in_both_directions() {
    let bench = Bench::start().await;
    let mut made = make_organizations(&bench, 30, Duration::hours(7)).await;
    for limit in [1, 4, 30, 100] {
        let query = EventQuery { limit, order: Order::Asc, ..EventQuery::default() };
        assert_eq!(about(&walk(&bench, query).await), made, "limit {limit}");
    }
    made.reverse();
    let query = EventQuery { limit: 4, order: Order::Desc, ..EventQuery::default() };
    assert_eq!(about(&walk(&bench, query).await), made);
}

#[tokio::test]
async fn the_log_is_filtered_by_kind_time_and_organization() {
    let bench = Bench::start().await;
    let start = bench.clock.now();
    let made = make_organizations(&bench, 10, Duration::hours(1)).await;
    let base = EventQuery { limit: 3, order: Order::Asc, ..EventQuery::default() };
    let none = EventQuery { names: vec![EventName::ConnectionDeleted], ..base.clone() };
    assert!(walk(&bench, none).await.is_empty());
    let window = EventQuery {
        from: Some(start + Duration::minutes(90)),
        until: Some(start + Duration::minutes(270)),
        ..base.clone()
    };
    assert_eq!(about(&walk(&bench, window).await), made[2..5]);
    let own = EventQuery { organization_id: Some(made[4].parse().unwrap()), ..base };
    assert_eq!(about(&walk(&bench, own).await), made[4..5]);
}

#[tokio::test]
async fn a_reader_stops_behind_now_so_that_a_slow_writer_is_not_passed_by() {
    let bench = Bench::start().await;
    make_organizations(&bench, 1, Duration::zero()).await;
    let query = EventQuery { limit: 10, order: Order::Asc, ..EventQuery::default() };
    assert!(bench.app.store().events(&query).await.unwrap().events.is_empty());
    bench.clock.advance(Duration::seconds(2));
    assert_eq!(bench.app.store().events(&query).await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn an_event_is_hidden_once_its_time_is_over_though_the_table_still_has_it() {
    let bench = Bench::start().await;
    make_organizations(&bench, 1, Duration::days(91)).await;
    let query = EventQuery { limit: 10, order: Order::Asc, ..EventQuery::default() };
    assert!(walk(&bench, query).await.is_empty());
}

#[tokio::test]
async fn one_call_reads_a_bounded_number_of_days_and_the_next_goes_on() {
    let bench = Bench::start().await;
    make_organizations(&bench, 25, Duration::days(1)).await;
    let seldom = vec![EventName::ConnectionDeleted];
    for order in [Order::Asc, Order::Desc] {
        let query = EventQuery { limit: 5, order, names: seldom.clone(), ..EventQuery::default() };
        let first = bench.app.store().events(&query).await.unwrap();
        assert!(first.events.is_empty() && first.after.is_some(), "a short page with a cursor");
        assert!(walk(&bench, query).await.is_empty());
        let all = EventQuery { limit: 100, order, ..EventQuery::default() };
        assert_eq!(walk(&bench, all).await.len(), 25);
    }
}

#[tokio::test]
async fn an_entitys_events_stay_in_order_though_another_instances_clock_is_behind() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    let organization = sample::kept_organization(&bench).await;
    let connection = sample::kept_connection(&bench, organization.id, ConnectionState::Draft).await;
    for (name, state) in [
        (EventName::ConnectionActivated, ConnectionState::Active),
        (EventName::ConnectionDeactivated, ConnectionState::Inactive),
    ] {
        bench.clock.advance(Duration::seconds(-3));
        let read = store.connection(connection.id).await.unwrap().unwrap();
        let event = Some(event(name, organization.id));
        store.update_connection(&read, &connection, state, event.into_iter().collect()).await.unwrap();
    }
    bench.clock.advance(Duration::seconds(-3));
    let read = store.connection(connection.id).await.unwrap().unwrap();
    store.delete_connection(&read, event(EventName::ConnectionDeleted, organization.id)).await.unwrap();
    let read = store.organization(organization.id).await.unwrap().unwrap();
    let updated = event(EventName::OrganizationUpdated, organization.id);
    let same = (&organization, &Policy::default());
    store.update_organization(&read, same, (&[], &[]), updated).await.unwrap();
    let read = store.organization(organization.id).await.unwrap().unwrap();
    let told = |_: &ItContact| event(EventName::ItContactDeleted, organization.id);
    store
        .delete_organization(&read, told, event(EventName::OrganizationDeleted, organization.id))
        .await
        .unwrap();

    bench.clock.advance(Duration::minutes(1));
    let query = EventQuery { limit: 100, order: Order::Asc, ..EventQuery::default() };
    let names: Vec<_> = walk(&bench, query).await.iter().map(|event| event.event.as_str()).collect();
    let of = |kind: &str| names.iter().filter(|name| name.starts_with(kind)).copied().collect::<Vec<_>>();
    assert_eq!(of("connection."), ["connection.activated", "connection.deactivated", "connection.deleted"]);
    assert_eq!(of("organization."), ["organization.created", "organization.updated", "organization.deleted"]);
}
