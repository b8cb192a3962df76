use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::ItContactId;
use portico_shared::domain::organization::{Organization, Policy};
use portico_shared::domain::portal::{ItContact, SetupProgress};
use portico_shared::store::page::{Order, PageRequest};
use portico_shared::store::{DeleteOrganizationError, WriteConnectionError, WriteOrganizationError};
use portico_testing::Bench;

use crate::sample::{self, event, kept_connection, kept_organization, verified};

#[tokio::test]
async fn an_organization_is_read_back_with_its_domains_and_policy() {
    let bench = Bench::start().await;
    let kept = kept_organization(&bench).await;
    kept_connection(&bench, kept.id, ConnectionState::Active).await;
    let read = bench.app.store().organization(kept.id).await.unwrap().unwrap().value;
    let created = read.organization.last_event_id;
    assert!(created.is_some());
    assert_eq!(read.organization, Organization { last_event_id: created, ..kept });
    assert_eq!(read.domains.len(), 1);
    assert_eq!(read.policy, Policy::default());
}

#[tokio::test]
async fn of_twenty_organizations_that_verify_one_domain_at_once_one_owns_it() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let organization = sample::organization(&bench, None);
        let domain = verified(&bench, organization.id, "acme.com");
        let (store, created) = (store.clone(), event(EventName::OrganizationCreated, organization.id));
        racing.spawn(async move {
            store.create_organization(&organization, &Policy::default(), &[domain], created).await
        });
    }
    let results = racing.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let refused = |result: &&Result<_, _>| matches!(result, Err(WriteOrganizationError::DomainTaken(0)));
    assert_eq!(results.iter().filter(refused).count(), 19);
    let everybody = PageRequest { limit: 100, ..PageRequest::default() };
    assert_eq!(store.list_organizations(&everybody, |_| true).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn an_external_id_is_unique_and_free_again_once_given_up() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    let (one, two) = (sample::organization(&bench, Some("7")), sample::organization(&bench, Some("7")));
    let policy = Policy::default();
    store
        .create_organization(&one, &policy, &[], event(EventName::OrganizationCreated, one.id))
        .await
        .unwrap();
    let second =
        store.create_organization(&two, &policy, &[], event(EventName::OrganizationCreated, two.id)).await;
    assert!(matches!(second, Err(WriteOrganizationError::ExternalIdTaken)), "{second:?}");
    assert!(store.organization(two.id).await.unwrap().is_none());

    let read = store.organization(one.id).await.unwrap().unwrap();
    let mut changed = one.clone();
    changed.external_id = None;
    let updated = event(EventName::OrganizationUpdated, one.id);
    store
        .update_organization(&read, (&changed, &read.value.policy), (&[], &[]), updated.clone())
        .await
        .unwrap();
    assert_eq!(store.organization_by_external_id("7").await.unwrap(), None);
    let stale = store.update_organization(&read, (&one, &read.value.policy), (&[], &[]), updated).await;
    assert!(matches!(stale, Err(WriteOrganizationError::Raced)), "{stale:?}");
    store
        .create_organization(&two, &policy, &[], event(EventName::OrganizationCreated, two.id))
        .await
        .unwrap();
    assert_eq!(store.organization_by_external_id("7").await.unwrap(), Some(two.id));
}

#[tokio::test]
async fn a_deleted_organization_leaves_its_domain_to_others_and_goes_only_without_connections() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    let organization = kept_organization(&bench).await;
    let connection = kept_connection(&bench, organization.id, ConnectionState::Draft).await;
    let read = store.organization(organization.id).await.unwrap().unwrap();
    let gone = event(EventName::OrganizationDeleted, organization.id);
    let told = |contact: &ItContact| event(EventName::ItContactDeleted, contact.organization_id);
    let early = store.delete_organization(&read, told, gone.clone()).await;
    assert!(matches!(early, Err(DeleteOrganizationError::HasConnections)), "{early:?}");
    let now = bench.clock.now();
    let id = ItContactId::mint(now, bench.app.rng());
    let email = "it@acme.com".to_owned();
    let contact = ItContact { id, organization_id: organization.id, email, created_at: now };
    let named = event(EventName::ItContactCreated, organization.id);
    store.create_it_contacts(&read, vec![(&contact, named)]).await.unwrap();
    store.keep_progress(organization.id, 0, &SetupProgress::default()).await.unwrap();
    let read = store.organization(organization.id).await.unwrap().unwrap();

    let kept = store.connection(connection.id).await.unwrap().unwrap();
    store.delete_connection(&kept, event(EventName::ConnectionDeleted, organization.id)).await.unwrap();
    store.delete_organization(&read, told, gone).await.unwrap();
    assert_eq!(store.domain_owner(&DomainName::parse("acme.com").unwrap()).await.unwrap(), None);
    assert!(store.organization(organization.id).await.unwrap().is_none());
    // Nothing of it would be found by another one of its name.
    let created = event(EventName::OrganizationCreated, organization.id);
    store.create_organization(&organization, &Policy::default(), &[], created).await.unwrap();
    let setup = store.organization_setup(organization.id).await.unwrap().unwrap();
    assert!(setup.contacts.is_empty(), "{:?}", setup.contacts);
    assert_eq!((setup.progress.version, setup.details.value.domains.len()), (0, 0));
    kept_organization(&bench).await;
}

#[tokio::test]
async fn a_connection_needs_its_organization_and_two_changes_at_once_leave_one() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    let stranger = sample::organization(&bench, None);
    let connection = sample::connection(&bench, stranger.id);
    let key = portico_shared::store::SealedSpKeys { pairs: Vec::new() };
    let orphan = store.create_connection(&connection, ConnectionState::Draft, &key, Vec::new()).await;
    assert!(matches!(orphan, Err(WriteConnectionError::NoOrganization)), "{orphan:?}");

    let organization = kept_organization(&bench).await;
    let connection = kept_connection(&bench, organization.id, ConnectionState::Draft).await;
    let read = store.connection(connection.id).await.unwrap().unwrap();
    let mut changed = connection.clone();
    changed.revision += 1;
    store.update_connection(&read, &changed, ConnectionState::Active, Vec::new()).await.unwrap();
    let late = store.update_connection(&read, &changed, ConnectionState::Inactive, Vec::new()).await;
    assert!(matches!(late, Err(WriteConnectionError::Raced)), "{late:?}");
    let states =
        store.connection_states(&[connection.id, sample::connection(&bench, organization.id).id]).await;
    assert_eq!(states.unwrap(), [Some(ConnectionState::Active), None]);
    assert_eq!(store.connections_of(organization.id).await.unwrap(), [changed]);
}

#[tokio::test]
async fn a_list_goes_forth_and_back_through_every_entry_once() {
    let bench = Bench::start().await;
    let store = bench.app.store();
    for number in 0..7 {
        let mut organization = sample::organization(&bench, None);
        organization.name = number.to_string();
        let created = event(EventName::OrganizationCreated, organization.id);
        store.create_organization(&organization, &Policy::default(), &[], created).await.unwrap();
        bench.clock.advance(chrono::Duration::milliseconds(1));
    }
    for (order, all) in [(Order::Asc, "0123456"), (Order::Desc, "6543210")] {
        let mut request = PageRequest { limit: 3, order, after: None, before: None };
        let first = store.list_organizations(&request, |_| true).await.unwrap();
        assert_eq!(first.before, None);
        request.after = first.after.clone();
        let second = store.list_organizations(&request, |_| true).await.unwrap();
        request.after = second.after.clone();
        let third = store.list_organizations(&request, |_| true).await.unwrap();
        assert_eq!(third.after, None);
        let names =
            |page: &portico_shared::store::page::Page<portico_shared::domain::organization::Organization>| {
                page.items.iter().map(|organization| organization.name.as_str()).collect::<String>()
            };
        assert_eq!(names(&first) + &names(&second) + &names(&third), all);
        let back = PageRequest { limit: 3, order, after: None, before: third.before };
        let back = store.list_organizations(&back, |_| true).await.unwrap();
        assert_eq!(names(&back), names(&second));
        let one = PageRequest { limit: 1, order, ..PageRequest::default() };
        let seldom = store.list_organizations(&one, |organization| organization.name == "3").await.unwrap();
        assert_eq!(names(&seldom), "3");
    }
}
