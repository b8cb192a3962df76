//! Sign-ins that succeed, and whom they make.

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::event::EventName;
use portico_shared::domain::organization::Policy;
use portico_shared::domain::person::Profile;
use portico_shared::domain::sign_in::{Outcome, Surface};
use portico_testing::Bench;

use crate::support::{Throttle, World, cookie, create_connection, create_organization};

fn outside() -> Policy {
    Policy { allow_profiles_outside_organization: true, ..Policy::default() }
}

/// Signs somebody in at the world's connection.
async fn sign_in_as(world: &World, subject: &str, email: &str) -> Profile {
    let begun = world.begin().await;
    let mut claims = world.claims(Some(&begun.request));
    subject.clone_into(&mut claims.name_id);
    email.clone_into(&mut claims.email);
    let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    world.code_of(&answer).await.profile
}

/// The same organization with one more connection.
async fn at_another_connection(world: World) -> World {
    let saml = world.connection.saml.clone();
    let connection =
        create_connection(&world.bench, world.organization, ConnectionState::Active, saml, &world.idp.pair)
            .await;
    World { connection, ..world }
}

#[tokio::test]
async fn a_verified_answer_takes_a_code_and_the_state_as_it_came_to_the_application() {
    let world = World::start().await;
    let begun = world.begin().await;
    let answer = world.sign_in(&begun).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(answer.parameter("from").as_deref(), Some("portico"));
    assert_eq!(answer.parameter("state").as_deref(), Some("a state&with=signs"));
    assert_eq!(answer.parameter("iss"), None);
    assert_eq!(answer.headers["cache-control"], "no-store");

    let code = world.code_of(&answer).await;
    let profile = &code.profile;
    assert_eq!((profile.idp_id.as_str(), profile.email.as_str()), ("ada-1", "ada@acme.com"));
    assert!(profile.email_verified);
    assert_eq!((profile.role.as_str(), profile.first_name.as_deref()), ("member", Some("Ada")));

    let log = world.log().await;
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].outcome, Outcome::Succeeded { profile_id: profile.id });
    assert_eq!(log[0].ip_address.as_deref(), Some("203.0.113.7"));
    assert_eq!(log[0].user_agent.as_deref(), Some("Browser/1.0"));
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event, EventName::AuthenticationSsoSucceeded);
    assert_eq!(events[0].data["user_id"], profile.person_id.to_string());
    assert_eq!(events[0].data["sso"]["session_id"], log[0].id.to_string());
    assert_eq!((world.counted("SignInSucceeded"), world.counted("SignInRefused")), (1, 0));
}

#[tokio::test]
async fn an_openid_connect_answer_names_its_issuer() {
    let world = World::start().await;
    let begun = world.begin_with(|request| request.surface = Surface::OpenId).await;
    let answer = world.sign_in(&begun).await;
    assert_eq!(answer.parameter("iss").as_deref(), Some("http://127.0.0.1:4400"));
}

#[tokio::test]
async fn a_subject_stays_the_same_person_when_the_address_changes() {
    let world = World::start().await;
    let first = world.sign_in(&world.begin().await).await;
    let begun = world.begin().await;
    let mut claims = world.claims(Some(&begun.request));
    claims.email = "ada.lovelace@acme.com".to_owned();
    let second = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    let (first, second) = (world.code_of(&first).await.profile, world.code_of(&second).await.profile);
    assert_eq!((first.id, first.person_id), (second.id, second.person_id));
    assert_eq!(second.email, "ada.lovelace@acme.com");
}

#[tokio::test]
async fn a_known_address_of_a_verified_domain_is_the_same_person_at_another_connection() {
    let world = World::start().await;
    let first = sign_in_as(&world, "ada-1", "ada@acme.com").await;
    let world = at_another_connection(world).await;
    for _ in 0..2 {
        let second = sign_in_as(&world, "ada-2", "ADA@acme.com").await;
        assert_ne!(first.id, second.id);
        assert_eq!(first.person_id, second.person_id);
    }
    assert_eq!(world.log().await[0].warnings, Vec::<String>::new());

    // From now on the address is known of that connection, too.
    let third = sign_in_as(&world, "ada-3", "ada@acme.com").await;
    assert_ne!(third.person_id, first.person_id);
}

#[tokio::test]
async fn another_subject_of_the_same_connection_is_never_taken_for_the_holder_of_the_address() {
    let world = World::start().await;
    let first = sign_in_as(&world, "ada-1", "ada@acme.com").await;
    for _ in 0..2 {
        let second = sign_in_as(&world, "ada-2", "ada@acme.com").await;
        assert_ne!(second.person_id, first.person_id);
        assert_eq!(world.log().await[0].warnings, ["address_of_another_person"]);
    }
    assert_eq!(sign_in_as(&world, "ada-1", "ada@acme.com").await.person_id, first.person_id);
    assert_eq!(world.log().await[0].warnings, Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_was_given_up_leads_to_whoever_has_it_next() {
    let world = World::start().await;
    let ada = sign_in_as(&world, "ada-1", "ada@acme.com").await;
    let renamed = sign_in_as(&world, "ada-1", "ada.lovelace@acme.com").await;
    let hired = sign_in_as(&world, "ada-2", "ada@acme.com").await;
    assert_eq!(renamed.person_id, ada.person_id);
    assert_ne!(hired.person_id, ada.person_id);
    assert_eq!(world.log().await[0].warnings, Vec::<String>::new());

    let world = at_another_connection(world).await;
    assert_eq!(sign_in_as(&world, "a", "ada@acme.com").await.person_id, hired.person_id);
    assert_eq!(sign_in_as(&world, "b", "ada.lovelace@acme.com").await.person_id, ada.person_id);
}

#[tokio::test]
async fn an_address_that_has_passed_on_stays_with_its_new_holder() {
    let old = World::start().await;
    let ada = sign_in_as(&old, "ada-1", "ada@acme.com").await;
    let connection = old.connection.clone();
    let new = at_another_connection(old).await;
    sign_in_as(&new, "ada-n", "ada@acme.com").await;
    // Ada is renamed at one connection, the address passes on, and only then does the other one know.
    sign_in_as(&new, "ada-n", "ada.lovelace@acme.com").await;
    let hired = sign_in_as(&new, "hired", "ada@acme.com").await;
    let old = World { connection, ..new };
    let renamed = sign_in_as(&old, "ada-1", "ada.lovelace@acme.com").await;
    assert_eq!(renamed.person_id, ada.person_id);
    let again = at_another_connection(old).await;
    assert_eq!(sign_in_as(&again, "x", "ada@acme.com").await.person_id, hired.person_id);
}

#[tokio::test]
async fn a_link_in_place_of_the_groups_is_a_warning_in_the_log() {
    let world = World::start().await;
    let begun = world.begin().await;
    let mut claims = world.claims(Some(&begun.request));
    let link = "http://schemas.microsoft.com/claims/groups.link";
    claims.attributes.push((link.to_owned(), "https://graph.microsoft.com/x".to_owned()));
    let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
    assert_eq!(world.code_of(&answer).await.profile.groups, None);
    assert_eq!(world.log().await[0].warnings, ["groups_overage"]);
}

#[tokio::test]
async fn an_address_outside_of_the_verified_domains_never_links_though_it_is_let_in() {
    let world = World::with(ConnectionState::Active, |_| {}, outside()).await;
    // Somebody else's domain: an identity provider may write any address.
    create_organization(&world.bench, "Globex", "globex.com", &Policy::default()).await;
    let mut people = Vec::new();
    for subject in ["one", "two"] {
        let begun = world.begin().await;
        let mut claims = world.claims(Some(&begun.request));
        claims.name_id = subject.to_owned();
        claims.email = "ada@globex.com".to_owned();
        let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
        let profile = world.code_of(&answer).await.profile;
        assert!(!profile.email_verified);
        people.push(profile.person_id);
    }
    assert_ne!(people[0], people[1]);
}

#[tokio::test]
async fn the_same_subject_at_another_connection_of_another_organization_is_somebody_else() {
    let world = World::start().await;
    let first = world.sign_in(&world.begin().await).await;
    let person = world.code_of(&first).await.profile.person_id;
    let other = create_organization(&world.bench, "Globex", "globex.com", &outside()).await;
    let saml = world.connection.saml.clone();
    let connection =
        create_connection(&world.bench, other, ConnectionState::Active, saml, &world.idp.pair).await;
    let world = World { connection, organization: other, ..world };
    let second = world.sign_in(&world.begin().await).await;
    assert_ne!(world.code_of(&second).await.profile.person_id, person);
}

#[tokio::test]
async fn the_first_sign_in_activates_a_connection_that_is_being_validated() {
    let world = World::with(ConnectionState::Validating, |_| {}, Policy::default()).await;
    for _ in 0..2 {
        let answer = world.sign_in(&world.begin().await).await;
        assert_eq!(answer.status, 303, "{answer:?}");
    }
    let kept = world.bench.app.store().connection(world.connection.id).await.unwrap().unwrap();
    assert_eq!(kept.status.value.state, ConnectionState::Active);
    let events = world.events().await;
    let names: Vec<_> = events.iter().map(|event| event.event).collect();
    let signed_in = EventName::AuthenticationSsoSucceeded;
    assert_eq!(names, [EventName::ConnectionActivated, signed_in, signed_in]);
    assert_eq!(events[0].data["state"], "active");
    assert_eq!(events[0].data["domains"][0]["domain"], "acme.com");
}

#[tokio::test]
async fn two_browsers_that_sign_in_for_the_first_time_at_once_are_one_person() {
    let world = World::with(ConnectionState::Validating, |_| {}, Policy::default()).await;
    let (one, two) = (world.begin().await, world.begin().await);
    let (first, second) = tokio::join!(world.sign_in(&one), world.sign_in(&two));
    let (first, second) = (world.code_of(&first).await.profile, world.code_of(&second).await.profile);
    assert_eq!((first.id, first.person_id), (second.id, second.person_id));
    let activated = world.events().await;
    let activated = activated.iter().filter(|event| event.event == EventName::ConnectionActivated);
    assert_eq!(activated.count(), 1);
}

#[tokio::test]
async fn a_sign_in_takes_three_round_trips_the_first_and_every_later_time() {
    let throttle = Throttle::start().await;
    let bench = Bench::with_interceptor(Some(SharedInterceptor::new(throttle.clone()))).await;
    let world = World::on(bench, ConnectionState::Active, |_| {}, Policy::default()).await;
    for _ in 0..2 {
        let begun = world.begin().await;
        throttle.take_sent();
        assert_eq!(world.sign_in(&begun).await.status, 303);
        assert_eq!(throttle.take_sent(), ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]);
    }
}

#[tokio::test]
async fn an_audience_with_entras_prefix_and_an_entity_id_of_a_migration_are_ours() {
    let world = World::with(
        ConnectionState::Active,
        |saml| saml.sp_entity_id = Some("urn:older:entity".to_owned()),
        Policy::default(),
    )
    .await;
    for audience in ["urn:older:entity", "spn:urn:older:entity"] {
        let begun = world.begin().await;
        let mut claims = world.claims(Some(&begun.request));
        claims.audience = audience.to_owned();
        let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
    }
}
