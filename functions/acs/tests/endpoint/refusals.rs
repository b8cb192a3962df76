//! Answers that sign nobody in: each with its reason, in the log, in the event log, on the page.

use chrono::Duration;
use portico_shared::domain::connection::{ConnectionState, ConnectionType};
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::ConnectionId;
use portico_shared::domain::organization::{Features, Policy};
use portico_shared::domain::sign_in::{Outcome, SignInRequest};
use portico_shared::domain::token::PlainToken;

use crate::support::{Answer, Claims, FORM, World, cookie, create_connection, create_organization, refusal};

/// Ada's answer with one thing changed.
async fn answer_with(world: &World, change: impl FnOnce(&mut Claims)) -> Answer {
    let begun = world.begin().await;
    let mut claims = world.claims(Some(&begun.request));
    change(&mut claims);
    world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await
}

async fn assert_refused(world: &World, answer: &Answer, reason: &str) {
    assert_eq!(world.last_reason().await.as_deref(), Some(reason), "{answer:?}");
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(answer.parameter("code"), None);
    let reference = world.log().await[0].id.to_string();
    assert!(answer.body.contains(&reference), "{}", answer.body);
    assert!(world.counted("SignInRefused") > 0);
}

#[tokio::test]
async fn a_refusal_is_explained_logged_and_told_to_the_application_that_waits() {
    let world = World::start().await;
    let answer = answer_with(&world, |claims| claims.audience = "https://other.example.com".to_owned()).await;
    assert_refused(&world, &answer, "audience_mismatch").await;
    assert!(answer.body.contains("Set the audience (SP entity ID)"), "{}", answer.body);
    assert!(answer.body.contains("Where in the sign-in service</span>"), "{}", answer.body);
    assert!(answer.body.contains("relying party identifier"), "{}", answer.body);
    assert!(!answer.body.contains("other.example.com"), "what came is for the log, not for the page");

    let back = answer.button().unwrap();
    let pairs: Vec<_> = back.query_pairs().into_owned().collect();
    let has = |name: &str, value: &str| pairs.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("from", "portico") && has("error", "access_denied") && has("state", "a state&with=signs"));

    let log = world.log().await;
    let Outcome::Refused { message, setting, connection_type, expected, received, personal, .. } =
        &log[0].outcome
    else {
        panic!("{log:?}")
    };
    assert!(message.starts_with("The assertion is for another audience."));
    assert_eq!((setting.as_str(), *connection_type), ("audience", Some(ConnectionType::GenericSAML)));
    assert!(!personal);
    assert!(expected.as_deref().unwrap().contains("/sso/saml/metadata/"));
    assert_eq!(received.as_deref(), Some("https://other.example.com"));
    let events = world.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event, EventName::AuthenticationSsoFailed);
    assert_eq!(events[0].data["error"]["code"], "audience_mismatch");
    assert_eq!(events[0].data["sso"]["connection_id"], world.connection.id.to_string());
}

#[tokio::test]
async fn an_unknown_connection_is_not_found() {
    let world = World::start().await;
    let unknown = ConnectionId::mint(world.bench.clock.now(), world.bench.app.rng()).to_string();
    for connection in [unknown.as_str(), "conn_", "..", "%00", "x"] {
        let answer = world.post_body(connection, FORM, "SAMLResponse=eA%3D%3D", &[]).await;
        assert_eq!(answer.status, 404, "{connection}: {answer:?}");
    }
}

#[tokio::test]
async fn a_deleted_connection_is_not_found() {
    let world = World::start().await;
    let begun = world.begin().await;
    let store = world.bench.app.store();
    let kept = store.connection(world.connection.id).await.unwrap().unwrap();
    let event = NewEvent::new(EventName::ConnectionDeleted, world.organization, serde_json::json!({}));
    store.delete_connection(&kept, event).await.unwrap();
    assert_eq!(world.sign_in(&begun).await.status, 404);
}

#[tokio::test]
async fn a_connection_that_does_not_serve_signs_nobody_in() {
    for state in [ConnectionState::Draft, ConnectionState::Inactive] {
        let world = World::with(state, |_| {}, Policy::default()).await;
        let answer = world.sign_in(&world.begin().await).await;
        assert_refused(&world, &answer, "connection_not_active").await;
    }
}

#[tokio::test]
async fn a_browser_without_the_cookie_or_with_anothers_is_refused_and_shown_no_way_back() {
    let world = World::start().await;
    let other = PlainToken::random(world.bench.app.rng());
    for (cookies, reason) in [(vec![], "browser_cookie_missing"), (vec![cookie(&other)], "browser_mismatch")]
    {
        let begun = world.begin().await;
        let response = world.idp.respond(&world.claims(Some(&begun.request)));
        let cookies: Vec<&str> = cookies.iter().map(String::as_str).collect();
        let answer = world.post(&response, &cookies).await;
        assert_refused(&world, &answer, reason).await;
        assert_eq!(answer.button(), None);
        // Nothing was used up: the browser that began can still finish.
        assert_eq!(world.post(&response, &[&cookie(&begun.browser)]).await.status, 303);
    }
}

#[tokio::test]
async fn an_address_outside_of_the_verified_domains_is_refused() {
    let world = World::start().await;
    create_organization(&world.bench, "Globex", "globex.com", &Policy::default()).await;
    for email in ["ada@globex.com", "ada@nobodys.com", "ada@sub.acme.com", "ada@acme.com.evil.com"] {
        let answer = answer_with(&world, |claims| claims.email = email.to_owned()).await;
        assert_refused(&world, &answer, "email_outside_domains").await;
        assert_eq!(world.log().await[0].email.as_deref(), Some(email));
    }
}

#[tokio::test]
async fn the_policy_of_the_organization_is_kept() {
    let no_jit = Policy { jit: false, ..Policy::default() };
    let no_sso = Policy { features: Features { sso: false, ..Features::default() }, ..Policy::default() };
    for (policy, reason) in [(no_jit, "jit_disabled"), (no_sso, "sso_not_in_plan")] {
        let world = World::with(ConnectionState::Active, |_| {}, policy).await;
        let answer = world.sign_in(&world.begin().await).await;
        assert_refused(&world, &answer, reason).await;
    }
}

#[tokio::test]
async fn a_deactivated_person_is_refused() {
    let world = World::start().await;
    let first = world.sign_in(&world.begin().await).await;
    world.deactivate(world.code_of(&first).await.profile.person_id);
    let answer = world.sign_in(&world.begin().await).await;
    assert_refused(&world, &answer, "person_deactivated").await;
}

#[tokio::test]
async fn an_older_authentication_than_the_application_asked_for_is_refused() {
    let world = World::start().await;
    for (minutes, status) in [(10, 403), (2, 303)] {
        let begun = world.begin_with(|request| request.max_age = Some(60)).await;
        let mut claims = world.claims(Some(&begun.request));
        claims.authn_instant -= Duration::minutes(minutes);
        let answer = world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 403 {
            assert_refused(&world, &answer, "authentication_too_old").await;
        }
    }
}

/// Ada's answer to a request that is `change`d, authenticated `minutes` before now.
async fn authenticated(world: &World, minutes: i64, change: impl FnOnce(&mut SignInRequest)) -> Answer {
    let begun = world.begin_with(change).await;
    let mut claims = world.claims(Some(&begun.request));
    claims.authn_instant -= Duration::minutes(minutes);
    world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await
}

#[tokio::test]
async fn where_fresh_credentials_were_wanted_an_earlier_authentication_is_refused() {
    let world = World::start().await;
    let forced = |request: &mut SignInRequest| request.force_authn = true;
    let at_once = |request: &mut SignInRequest| request.max_age = Some(0);
    for wanted in [forced, at_once] as [fn(&mut SignInRequest); 2] {
        let answer = authenticated(&world, 3, wanted).await;
        assert_refused(&world, &answer, "authentication_not_fresh").await;
        let Outcome::Refused { expected, received, .. } = &world.log().await[0].outcome else { panic!() };
        assert!(expected.as_deref().unwrap().starts_with("AuthnInstant not before 2026-11-02T09:00:0"));
        assert!(received.as_deref().unwrap().starts_with("AuthnInstant 2026-11-02T08:57:0"));
    }
    // Two clocks may differ by two minutes, and the person may take their time after the request.
    assert_eq!(authenticated(&world, 1, forced).await.status, 303);
    let earlier = |request: &mut SignInRequest| {
        request.force_authn = true;
        request.created_at -= Duration::minutes(5);
    };
    assert_eq!(authenticated(&world, 3, earlier).await.status, 303);
    assert_eq!(authenticated(&world, 3, |_| {}).await.status, 303);
}

#[tokio::test]
async fn a_silent_attempt_comes_back_with_an_error_and_shows_no_page() {
    let world = World::start().await;
    let silent = |request: &mut SignInRequest| request.is_passive = true;
    let too_old = authenticated(&world, 60, |request| {
        silent(request);
        request.max_age = Some(60);
    });
    let not_fresh = authenticated(&world, 60, |request| {
        silent(request);
        request.force_authn = true;
    });
    let changed = authenticated(&world, 0, |request| {
        silent(request);
        request.connection_revision = 0;
    });
    let elsewhere = async {
        let begun = world.begin_with(silent).await;
        let mut claims = world.claims(Some(&begun.request));
        claims.email = "ada@nobodys.com".to_owned();
        world.post(&world.idp.respond(&claims), &[&cookie(&begun.browser)]).await
    };
    for (answer, error, reason) in [
        (too_old.await, "login_required", "authentication_too_old"),
        (not_fresh.await, "login_required", "authentication_not_fresh"),
        (changed.await, "login_required", "connection_changed"),
        (elsewhere.await, "access_denied", "email_outside_domains"),
    ] {
        assert_eq!(answer.status, 303, "{reason}: {answer:?}");
        assert_eq!(answer.parameter("error").as_deref(), Some(error), "{reason}");
        assert_eq!(answer.parameter("state").as_deref(), Some("a state&with=signs"));
    }

    // What isn't this browser's own attempt can't come back.
    let begun = world.begin_with(silent).await;
    let response = world.idp.respond(&world.claims(Some(&begun.request)));
    assert_refused(&world, &world.post(&response, &[]).await, "browser_cookie_missing").await;
}

/// Posts what anybody can write.
async fn junk(world: &World, status: &str) -> Answer {
    world.post(&refusal(&world.claims(None), status), &[]).await
}

#[tokio::test]
async fn of_what_anybody_can_post_a_minute_leaves_one_entry_per_reason_and_none_of_its_words() {
    let world = World::start().await;
    for _ in 0..3 {
        let answer = junk(&world, "Call-0900").await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let log = world.log().await;
        assert_eq!(log.len(), 1, "{log:?}");
        assert!(answer.body.contains(&log[0].id.to_string()), "{}", answer.body);
        // By its number alone, too, however often it was written.
        assert_eq!(world.bench.app.store().sign_in(log[0].id).await.unwrap().as_ref(), Some(&log[0]));
        let Outcome::Refused { reason, received, .. } = &log[0].outcome else { panic!("{log:?}") };
        assert_eq!((reason.as_str(), received), ("status_not_success", &None));
    }
    assert_eq!(world.counted("SignInRefused"), 3);
    junk(&world, "AuthnFailed").await;
    assert_eq!(world.log().await.len(), 2);
    world.bench.clock.advance(Duration::minutes(1));
    junk(&world, "AuthnFailed").await;
    assert_eq!(world.log().await.len(), 3);

    // What answers a request, or is signed, has an entry of its own.
    for _ in 0..2 {
        answer_with(&world, |claims| claims.audience = "https://other.example.com".to_owned()).await;
        let mut claims = world.claims(None);
        claims.audience = "https://other.example.com".to_owned();
        world.post(&world.idp.respond(&claims), &[]).await;
    }
    let log = world.log().await;
    assert_eq!(log.len(), 7);
    let Outcome::Refused { received, .. } = &log[0].outcome else { panic!("{log:?}") };
    assert_eq!(received.as_deref(), Some("https://other.example.com"));
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_logged_with_its_address() {
    let world = World::start().await;
    for entries in 1..=2 {
        let begun = world.begin().await;
        world.bench.clock.advance(Duration::minutes(10));
        let answer = world.sign_in(&begun).await;
        assert_refused(&world, &answer, "request_unknown").await;
        assert_eq!(world.log().await[0].email.as_deref(), Some("ada@acme.com"));
        assert_eq!(world.log().await.len(), entries);
    }
}

#[tokio::test]
async fn a_request_that_is_unknown_expired_or_of_another_connection_is_refused() {
    let world = World::start().await;
    let answer =
        answer_with(&world, |claims| claims.in_response_to = Some(format!("req_{}", "0".repeat(40)))).await;
    assert_refused(&world, &answer, "request_unknown").await;
    let answer =
        answer_with(&world, |claims| claims.in_response_to = Some("id-of-somebody".to_owned())).await;
    assert_refused(&world, &answer, "request_unknown").await;

    let begun = world.begin().await;
    world.bench.clock.advance(Duration::minutes(10));
    let answer = world.sign_in(&begun).await;
    assert_refused(&world, &answer, "request_unknown").await;

    let saml = world.connection.saml.clone();
    let other =
        create_connection(&world.bench, world.organization, ConnectionState::Active, saml, &world.idp.pair)
            .await;
    let begun = world.begin_with(|request| request.connection_id = other.id).await;
    let answer = world.sign_in(&begun).await;
    assert_refused(&world, &answer, "request_of_other_connection").await;
    assert_eq!(answer.button(), None);
}

#[tokio::test]
async fn a_connection_that_was_changed_in_between_is_refused() {
    let world = World::start().await;
    let begun = world.begin_with(|request| request.connection_revision = 0).await;
    let answer = world.sign_in(&begun).await;
    assert_refused(&world, &answer, "connection_changed").await;
}

#[tokio::test]
async fn what_the_provider_itself_refuses_goes_to_the_application_at_once() {
    let world = World::start().await;
    for (status, error, reason) in [
        ("NoPassive", "login_required", "no_passive"),
        ("AuthnFailed", "access_denied", "authn_failed"),
        ("RequestDenied", "access_denied", "request_denied"),
    ] {
        let begun = world.begin_with(|request| request.is_passive = status == "NoPassive").await;
        let response = refusal(&world.claims(Some(&begun.request)), status);
        let answer = world.post(&response, &[&cookie(&begun.browser)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        assert_eq!(answer.parameter("error").as_deref(), Some(error));
        assert_eq!(answer.parameter("state").as_deref(), Some("a state&with=signs"));
        let description = answer.parameter("error_description").unwrap();
        assert!(description.contains(&world.log().await[0].id.to_string()), "{description}");
        assert_eq!(world.last_reason().await.as_deref(), Some(reason));

        let elsewhere = world.post(&response, &[]).await;
        assert_refused(&world, &elsewhere, reason).await;
    }
}

#[tokio::test]
async fn more_attributes_than_are_kept_are_refused_by_name() {
    let world = World::start().await;
    let long = "x".repeat(90_000);
    let attributes = ["groups", "memberOf"].map(|name| (name.to_owned(), long.clone()));
    let answer = answer_with(&world, |claims| claims.attributes = attributes.to_vec()).await;
    assert_refused(&world, &answer, "profile_too_large").await;
}

#[tokio::test]
async fn a_very_long_user_agent_is_cut() {
    let world = World::start().await;
    let path = format!("/sso/saml/acs/{}", world.connection.id);
    let agent = "\u{fc}".repeat(4000);
    let headers = [("content-type", FORM), ("user-agent", agent.as_str())];
    world.send("POST", &path, &headers, b"SAMLResponse=eA%3D%3D", &[]).await;
    let kept = world.log().await[0].user_agent.clone().unwrap();
    assert!(kept.chars().count() <= 256, "{}", kept.len());
}
