use chrono::Duration;
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::domain_name::{DomainName, EmailAddress};
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::ProfileId;
use portico_shared::domain::person::{AddressHolder, Person};
use portico_shared::domain::sign_in::{AccessToken, SignInRequest};
use portico_shared::domain::token::{Bearer, PlainToken, TokenSalt};
use portico_shared::store::page::PageRequest;
use portico_shared::store::{CompletedSignIn, HeldAddress, SignInHints, SignInRefused, Store, TradeRefused};
use portico_testing::Bench;

use crate::sample::{self, event, kept_connection, kept_organization};

struct Begun {
    connection: Connection,
    request: SignInRequest,
    email: EmailAddress,
    domain: DomainName,
}

async fn begin(bench: &Bench, state: ConnectionState) -> Begun {
    let organization = kept_organization(bench).await;
    let connection = kept_connection(bench, organization.id, state).await;
    let request = sample::request(bench, &connection);
    bench.app.store().begin_sign_in(&request).await.unwrap();
    let email = EmailAddress::parse("ada@acme.com").unwrap();
    Begun { connection, request, domain: email.domain().clone(), email }
}

/// Reads what the answer is held against and completes the sign-in as `person`.
async fn complete(
    bench: &Bench,
    begun: &Begun,
    person: &Person,
    new: bool,
) -> Result<portico_shared::domain::sign_in::AuthorizationCode, SignInRefused> {
    let store = bench.app.store();
    let context = store
        .sign_in_context(begun.connection.id, SignInHints::plain(Some(&begun.request.id)))
        .await
        .unwrap();
    let (connection, request) = (context.connection.unwrap(), context.request.unwrap());
    finish(bench, store, begun, (&connection, &request), person, new).await
}

async fn finish(
    bench: &Bench,
    store: &Store,
    begun: &Begun,
    (connection, request): (
        &portico_shared::store::ConnectionWithStatus,
        &portico_shared::store::Versioned<SignInRequest>,
    ),
    person: &Person,
    new: bool,
) -> Result<portico_shared::domain::sign_in::AuthorizationCode, SignInRefused> {
    let profile = sample::profile(&begun.connection, person.id);
    let record = sample::record(bench, &begun.request, &profile);
    let code = sample::code(bench, &begun.request, &profile, &record);
    let done = CompletedSignIn {
        connection,
        request,
        profile: &profile,
        known_profile: None,
        new_person: new.then_some(person),
        held: new.then(|| HeldAddress { email: &begun.email, holder: holder(person, begun), read: None }),
        holds_idp_id: false,
        released: None,
        domain: Some(&begun.domain),
        code: &code,
        record: &record,
        activated: None,
        event: event(EventName::AuthenticationSsoSucceeded, begun.connection.organization_id),
    };
    store.complete_sign_in(done).await.unwrap().map(|()| code)
}

fn holder(person: &Person, begun: &Begun) -> AddressHolder {
    AddressHolder {
        person_id: person.id,
        connections: vec![begun.connection.id],
        directories: vec![],
        among_several: false,
    }
}

#[tokio::test]
async fn a_first_sign_in_keeps_person_profile_code_and_record() {
    let bench = Bench::start().await;
    let begun = begin(&bench, ConnectionState::Active).await;
    let person = sample::person(&bench, begun.connection.organization_id);
    let code = complete(&bench, &begun, &person, true).await.unwrap();
    let store = bench.app.store();
    let profile = ProfileId::derive(begun.connection.id, "ada");
    let known =
        store.identity(begun.connection.organization_id, (profile, "ada"), &begun.email).await.unwrap();
    assert_eq!(known.address_holder.unwrap().value, holder(&person, &begun));
    assert_eq!(known.profile.unwrap().value.person_id, person.id);
    assert_eq!(known.domain_owner.unwrap().organization_id, begun.connection.organization_id);
    assert_eq!(store.authorization_code(&code.code).await.unwrap().unwrap().value, code);
    let log = store.sign_ins(begun.connection.organization_id, &PageRequest::default()).await.unwrap();
    assert_eq!(log.items.len(), 1);
}

#[tokio::test]
async fn of_ten_answers_to_one_request_at_the_same_time_one_is_accepted() {
    let bench = Bench::start().await;
    let begun = begin(&bench, ConnectionState::Active).await;
    let store = bench.app.store();
    let context = store
        .sign_in_context(begun.connection.id, SignInHints::plain(Some(&begun.request.id)))
        .await
        .unwrap();
    let (connection, request) = (context.connection.unwrap(), context.request.unwrap());
    let people: Vec<_> = (0..10).map(|_| sample::person(&bench, begun.connection.organization_id)).collect();
    let attempts =
        people.iter().map(|person| finish(&bench, store, &begun, (&connection, &request), person, true));
    let mut accepted = 0;
    for result in futures_join(attempts).await {
        match result {
            Ok(_) => accepted += 1,
            Err(refused) => assert_eq!(refused, SignInRefused::RequestConsumed),
        }
    }
    assert_eq!(accepted, 1);
}

async fn futures_join<F: Future>(attempts: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = attempts.map(|attempt| (Box::pin(attempt), None)).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (attempt, output) in pending.iter_mut().filter(|(_, output)| output.is_none()) {
            match attempt.as_mut().poll(cx) {
                std::task::Poll::Ready(value) => *output = Some(value),
                std::task::Poll::Pending => waiting = true,
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    pending.into_iter().map(|(_, output)| output.unwrap()).collect()
}

#[tokio::test]
async fn a_sign_in_fails_when_what_it_rested_on_has_changed_meanwhile() {
    let bench = Bench::start().await;
    let begun = begin(&bench, ConnectionState::Active).await;
    let store = bench.app.store();
    let context = store
        .sign_in_context(begun.connection.id, SignInHints::plain(Some(&begun.request.id)))
        .await
        .unwrap();
    let (connection, request) = (context.connection.unwrap(), context.request.unwrap());
    let person = sample::person(&bench, begun.connection.organization_id);
    let missing = finish(&bench, store, &begun, (&connection, &request), &person, false).await;
    assert_eq!(missing.unwrap_err(), SignInRefused::PersonInactive, "a person that isn't there isn't active");

    // Whatever was changed: the caller reads it again, and decides.
    let off = ConnectionState::Inactive;
    store.update_connection(&connection, &begun.connection, off, Vec::new()).await.unwrap();
    let changed = finish(&bench, store, &begun, (&connection, &request), &person, true).await;
    assert_eq!(changed.unwrap_err(), SignInRefused::ConnectionChanged);
    let read = store.connection(begun.connection.id).await.unwrap().unwrap();
    let inactive = finish(&bench, store, &begun, (&read, &request), &person, true).await;
    assert_eq!(inactive.unwrap_err(), SignInRefused::ConnectionInactive);
}

#[tokio::test]
async fn a_validating_connection_becomes_active_by_its_first_sign_in() {
    let bench = Bench::start().await;
    let begun = begin(&bench, ConnectionState::Validating).await;
    let store = bench.app.store();
    assert!(store.active_of(vec![begun.connection.clone()]).await.unwrap().is_empty());
    let person = sample::person(&bench, begun.connection.organization_id);
    complete(&bench, &begun, &person, true).await.unwrap();
    assert_eq!(
        store.connection_states(&[begun.connection.id]).await.unwrap(),
        [Some(ConnectionState::Active)]
    );
    let active = store.active_of(vec![begun.connection.clone()]).await.unwrap();
    assert_eq!(active, [(begun.connection, None)]);
}

#[tokio::test]
async fn a_request_is_gone_after_ten_minutes_though_the_table_still_has_it() {
    let bench = Bench::start().await;
    let begun = begin(&bench, ConnectionState::Active).await;
    bench.clock.advance(Duration::minutes(10));
    let context = bench
        .app
        .store()
        .sign_in_context(begun.connection.id, SignInHints::plain(Some(&begun.request.id)))
        .await
        .unwrap();
    assert!(context.request.is_none());
    assert!(context.connection.is_some());
}

#[tokio::test]
async fn a_code_is_traded_once_and_its_token_leads_to_the_person() {
    let bench = Bench::start().await;
    let begun = begin(&bench, ConnectionState::Active).await;
    let person = sample::person(&bench, begun.connection.organization_id);
    let code = complete(&bench, &begun, &person, true).await.unwrap();
    let store = bench.app.store();
    let read = store.authorization_code(&code.code).await.unwrap().unwrap();
    let bearer = read.value.profile.bearer();
    let salt = TokenSalt::random(bench.app.rng());
    let plain = PlainToken::access(bearer, &PlainToken::random(bench.app.rng()), &salt);
    let token = AccessToken {
        token: plain.hashed(),
        profile: read.value.profile.clone(),
        sign_in_id: read.value.sign_in_id,
        scope: String::new(),
        surface: read.value.surface,
        auth_time: read.value.auth_time,
        signed_in_at: read.value.created_at,
        issued_at: bench.clock.now(),
        expires_at: bench.clock.now() + Duration::minutes(5),
    };
    store.trade_code(&read, &token, &salt).await.unwrap().unwrap();
    assert_eq!(store.trade_code(&read, &token, &salt).await.unwrap(), Err(TradeRefused::AlreadyTraded));

    let found = store.access_token(&plain.hashed(), plain.claimed_bearer().unwrap()).await.unwrap().unwrap();
    assert_eq!(found.token, token);
    assert!(found.standing.honours(token.signed_in_at));
    let other = sample::person(&bench, begun.connection.organization_id).id;
    let stranger = Bearer { person: other, ..bearer };
    assert!(store.access_token(&plain.hashed(), stranger).await.unwrap().is_none());
    bench.clock.advance(Duration::minutes(5));
    assert!(store.access_token(&plain.hashed(), bearer).await.unwrap().is_none());
}
