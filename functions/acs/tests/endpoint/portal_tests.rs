//! Tests that an admin has begun in the portal.

use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{ConnectionId, ItContactId, OrganizationId};
use portico_shared::domain::organization::Policy;
use portico_shared::domain::portal::{Grant, Intent, LinkContact, LinkKind, PortalSession};
use portico_shared::domain::sign_in::{Outcome, PortalTest};
use portico_shared::domain::token::PlainToken;
use portico_shared::operations::portal::{make_link, open_link, revoke_links};
use portico_shared::web::origin::Origin;
use serde_json::json;

use super::support::{Begun, World, cookie, create_connection, create_organization, saml};

/// A connection that has never served.
async fn validating() -> World {
    World::with(ConnectionState::Validating, |_| {}, Policy::default()).await
}

/// A test that an admin begins in a visit of theirs, told of what serves.
async fn begin(world: &World, serving: &[ConnectionId]) -> Begun {
    let visit = visit(world).await;
    let test = PortalTest { session_id: visit.id, by: visit.who(), serving: serving.to_vec() };
    world.begin_with(|request| request.test = Some(test)).await
}

async fn visit(world: &World) -> PortalSession {
    let app = &world.bench.app;
    let contact = LinkContact {
        id: ItContactId::mint(world.bench.clock.now(), app.rng()),
        email: "it@acme.com".to_owned(),
    };
    let grant = Grant {
        organization_id: world.organization,
        intents: vec![Intent::Sso],
        kind: LinkKind::InApp,
        return_url: None,
        success_url: None,
        contact: Some(contact),
        external_user_id: None,
        inviter: None,
    };
    let made = make_link(app, grant).await.unwrap();
    let read = app.store().portal_link(world.organization, made.link.id).await.unwrap().unwrap();
    open_link(app, &read, Origin::default()).await.unwrap().0
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
    let begun = begin(&world, &[]).await;
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
    let begun = begin(&world, &[old.id]).await;
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
    let begun = begin(&world, &[old.id]).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    assert_eq!(states(&world, &both).await, [ConnectionState::Active, ConnectionState::Active]);
}

#[tokio::test]
async fn another_organizations_connection_goes_on_serving() {
    let world = validating().await;
    let other = create_organization(&world.bench, "Other", "other.com", &Policy::default()).await;
    let theirs = another(&world, other).await;
    let begun = begin(&world, &[theirs.id]).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    let both = [world.connection.id, theirs.id];
    assert_eq!(states(&world, &both).await, [ConnectionState::Active, ConnectionState::Active]);
}

#[tokio::test]
async fn a_test_that_fails_changes_nothing() {
    let world = validating().await;
    let old = another(&world, world.organization).await;
    let begun = begin(&world, &[old.id]).await;
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
    let begun = begin(&world, &[]).await;
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
    let begun = begin(&world, &[]).await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    let stranger = PlainToken::random(world.bench.app.rng());
    world.post(&response, &[&cookie(&stranger)]).await;
    let record = world.log().await.remove(0);
    assert!(record.test, "{record:?}");
    let events = world.events().await;
    assert!(!events.iter().any(|event| event.event == EventName::AuthenticationSsoFailed), "{events:?}");
}

#[tokio::test]
async fn a_test_ends_with_the_visit_in_which_it_was_begun() {
    let world = validating().await;
    let old = another(&world, world.organization).await;
    let begun = begin(&world, &[old.id]).await;
    revoke_links(&world.bench.app, world.organization, |_| true).await.unwrap();
    assert_eq!(world.sign_in(&begun).await.status, 303);
    assert_eq!(world.last_reason().await.as_deref(), Some("request_unknown"));
    let both = [world.connection.id, old.id];
    assert_eq!(states(&world, &both).await, [ConnectionState::Validating, ConnectionState::Active]);
}

#[tokio::test]
async fn what_has_come_to_serve_since_the_test_began_is_not_set_aside_by_it() {
    let world = validating().await;
    let begun = begin(&world, &[]).await;
    let new = another(&world, world.organization).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    assert_eq!(world.last_reason().await.as_deref(), Some("connection_changed"));
    let both = [world.connection.id, new.id];
    assert_eq!(states(&world, &both).await, [ConnectionState::Validating, ConnectionState::Active]);
}

#[tokio::test]
async fn beside_several_that_serve_it_serves_as_well() {
    let world = validating().await;
    let (one, two) = (another(&world, world.organization).await, another(&world, world.organization).await);
    let begun = begin(&world, &[one.id, two.id]).await;
    assert_eq!(world.sign_in(&begun).await.status, 303);
    assert_eq!(states(&world, &[world.connection.id, one.id, two.id]).await, [ConnectionState::Active; 3]);
}

#[tokio::test]
async fn a_provider_that_asks_nobody_again_fails_the_test_where_every_sign_in_has_to_be_fresh() {
    let world = validating().await;
    let visit = visit(&world).await;
    let test = PortalTest { session_id: visit.id, by: visit.who(), serving: Vec::new() };
    let begun = world
        .begin_with(|request| {
            request.test = Some(test);
            request.force_authn = true;
        })
        .await;
    let mut claims = world.claims(Some(&begun.request));
    claims.authn_instant -= chrono::Duration::hours(3);
    world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    assert_eq!(world.last_reason().await.as_deref(), Some("authentication_not_fresh"));
    assert_eq!(states(&world, &[world.connection.id]).await, [ConnectionState::Validating]);
}
