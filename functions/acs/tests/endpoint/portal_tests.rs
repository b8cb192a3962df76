//! Tests that an admin has begun in the portal.

use portico_shared::domain::actor::Who;
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{ConnectionId, OrganizationId, PortalSessionId};
use portico_shared::domain::organization::Policy;
use portico_shared::domain::sign_in::{Outcome, PortalTest};
use portico_shared::domain::token::PlainToken;
use serde_json::json;

use super::support::{Begun, World, cookie, create_connection, create_organization, saml};

/// A connection that has never served.
async fn validating() -> World {
    World::with(ConnectionState::Validating, |_| {}, Policy::default()).await
}

async fn begin(world: &World, replaces: Option<ConnectionId>) -> Begun {
    let by = Who::PortalSession {
        id: PortalSessionId::from_bytes([7; 16]),
        contact: Some("it@acme.com".to_owned()),
        external_user_id: None,
    };
    world.begin_with(|request| request.test = Some(PortalTest { by, replaces })).await
}

async fn another(world: &World, organization: OrganizationId) -> Connection {
    let settings = saml(&world.bench, &world.idp);
    create_connection(&world.bench, organization, ConnectionState::Active, settings, &world.idp.pair).await
}

async fn states(world: &World, ids: &[ConnectionId]) -> Vec<ConnectionState> {
    let states = world.bench.app.store().connection_states(ids).await.unwrap();
    states.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_first_success_activates_and_says_who_has_done_it() {
    let world = validating().await;
    let begun = begin(&world, None).await;
    let answer = world.sign_in(&begun).await;
    assert_eq!(answer.status, 303);
    let record = world.log().await.remove(0);
    assert_eq!(answer.location.unwrap().path(), format!("/portal/sso/test/{}", record.id));
    assert_eq!((&record.outcome, record.test), (&Outcome::Tested, true));
    assert_eq!(states(&world, &[world.connection.id]).await, [ConnectionState::Active]);
    let events = world.events().await;
    let activated = events.iter().find(|event| event.event == EventName::ConnectionActivated).unwrap();
    let context = activated.context.clone().unwrap();
    assert_eq!(context["actor"]["name"], "it@acme.com");
    assert_eq!(
        (&context["before"]["state"], &context["after"]["state"]),
        (&json!("validating"), &json!("active"))
    );
}

#[tokio::test]
async fn the_first_success_beside_a_connection_that_serves_takes_its_place() {
    let world = validating().await;
    let old = another(&world, world.organization).await;
    let begun = begin(&world, Some(old.id)).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    let both = [world.connection.id, old.id];
    assert_eq!(states(&world, &both).await, [ConnectionState::Active, ConnectionState::Inactive]);
    let events = world.events().await;
    let off = events.iter().find(|event| event.event == EventName::ConnectionDeactivated).unwrap();
    assert_eq!(off.data["id"], json!(old.id));
    assert_eq!(off.context.clone().unwrap()["actor"]["name"], "it@acme.com");

    // Tested once more, it is active already, and nothing else changes.
    let store = world.bench.app.store();
    let read = store.connection(old.id).await.unwrap().unwrap();
    store.update_connection(&read, &old, ConnectionState::Active, Vec::new()).await.unwrap();
    let begun = begin(&world, Some(old.id)).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    assert_eq!(states(&world, &both).await, [ConnectionState::Active, ConnectionState::Active]);
}

#[tokio::test]
async fn another_organizations_connection_goes_on_serving() {
    let world = validating().await;
    let other = create_organization(&world.bench, "Other", "other.com", &Policy::default()).await;
    let theirs = another(&world, other).await;
    let begun = begin(&world, Some(theirs.id)).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    let both = [world.connection.id, theirs.id];
    assert_eq!(states(&world, &both).await, [ConnectionState::Active, ConnectionState::Active]);
}

#[tokio::test]
async fn a_test_that_fails_changes_nothing() {
    let world = validating().await;
    let old = another(&world, world.organization).await;
    let begun = begin(&world, Some(old.id)).await;
    let mut claims = world.claims(Some(&begun.request));
    claims.audience = "https://somebody-else.test".to_owned();
    let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    assert_eq!(answer.status, 303);
    let both = [world.connection.id, old.id];
    assert_eq!(states(&world, &both).await, [ConnectionState::Validating, ConnectionState::Active]);
}

#[tokio::test]
async fn an_answer_that_is_too_long_to_keep_succeeds_all_the_same() {
    let world = validating().await;
    let begun = begin(&world, None).await;
    let mut claims = world.claims(Some(&begun.request));
    claims.attributes.push(("story".to_owned(), "x".repeat(110_000)));
    let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(states(&world, &[world.connection.id]).await, [ConnectionState::Active]);
    let record = world.log().await.remove(0);
    let kept = world.bench.app.store().sign_in_answer(world.organization, record.id).await.unwrap();
    assert!(kept.is_none());
}

#[tokio::test]
async fn a_test_that_another_browser_brings_is_no_failure_of_the_applications() {
    let world = validating().await;
    let begun = begin(&world, None).await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    let stranger = PlainToken::random(world.bench.app.rng());
    world.post(&response, &[&cookie(&stranger)]).await;
    let record = world.log().await.remove(0);
    assert!(record.test, "{record:?}");
    let events = world.events().await;
    assert!(!events.iter().any(|event| event.event == EventName::AuthenticationSsoFailed), "{events:?}");
}
