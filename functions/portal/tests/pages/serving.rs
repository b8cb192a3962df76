//! What serves already: an invitation doesn't change it, and another connection comes beside it.

use super::sso::{certificate, metadata, ready, state};
use super::*;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::directory::DirectoryState;
use portico_shared::store::ConnectionWithStatus;

const METADATA: &str = "/portal/sso/steps/metadata";
const ATTRIBUTES: &str = "/portal/sso/steps/attributes";

async fn connections(world: &World) -> Vec<ConnectionWithStatus> {
    let store = world.bench.app.store();
    let mut read = Vec::new();
    for known in store.connections_of(world.organization).await.unwrap() {
        read.push(store.connection(known.id).await.unwrap().unwrap());
    }
    read
}

/// Has the first connection stand in a state.
async fn turn(world: &World, state: ConnectionState) {
    let first = connections(world).await.remove(0);
    let connection = &first.connection.value;
    world.bench.app.store().update_connection(&first, connection, state, Vec::new()).await.unwrap();
}

/// A world in which people sign in with Okta.
async fn active(world: &World, admin: &Admin<'_>) {
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    let xml = metadata(&certificate(world));
    admin.save(METADATA, &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(303);
    turn(world, ConnectionState::Active).await;
}

#[tokio::test]
async fn an_invitation_changes_nothing_of_what_serves_or_has_served() {
    let world = ready().await;
    let invited = world.admin_by(&[Intent::Settings], LinkKind::Shareable).await;
    let admin = world.admin(&[Intent::Settings]).await;
    active(&world, &admin).await;
    for state in [ConnectionState::Active, ConnectionState::Inactive] {
        turn(&world, state).await;
        let before = connections(&world).await;
        invited
            .get("/portal/sso")
            .await
            .is(200)
            .shows("An invitation is not enough")
            .hides("Choose another provider");
        invited
            .save(ATTRIBUTES, &[("map-email", "nickname")])
            .await
            .is(403)
            .shows("An invitation is not enough");
        let xml = metadata(&certificate(&world));
        invited.save(METADATA, &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(403);
        invited.get("/portal/sso/provider").await.is(403);
        invited.post("/portal/sso/provider", &[("provider", "entra")]).await.is(403);
        invited.post("/portal/sso/provider", &[("provider", "okta-oidc")]).await.is(403);
        assert_eq!(connections(&world).await, before, "{state:?}");
    }
    let contacts = admin.get("/portal/contacts").await;
    let id = contacts.text.split("/portal/contacts/it_contact_").nth(1).unwrap().split('/').next().unwrap();
    let remove = format!("/portal/contacts/it_contact_{id}/remove");
    invited.get("/portal/contacts").await.shows("it@acme.com").hides(&remove);
    invited.post(&remove, &[]).await.is(403);
    let domain = world
        .bench
        .app
        .store()
        .organization(world.organization)
        .await
        .unwrap()
        .unwrap()
        .value
        .domains
        .remove(0);
    let remove = format!("/portal/domains/{}/remove", domain.id);
    invited.get("/portal/domains").await.shows("acme.com").hides(&remove);
    invited.post(&remove, &[]).await.is(403);
    admin.get("/portal/domains").await.shows(&remove);
    admin.post(&remove, &[]).await.is(303);
    admin.get("/portal/domains").await.hides("acme.com</h2>");
}

#[tokio::test]
async fn another_provider_is_set_up_beside_the_one_that_serves_or_left_again() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    let invited = world.admin_by(&[Intent::Sso], LinkKind::Shareable).await;
    active(&world, &admin).await;
    let okta = connections(&world).await.remove(0);
    admin.get("/portal/sso/provider").await.shows("Single sign-on with Okta is active and stays so");
    admin.post("/portal/sso/provider", &[("provider", "entra")]).await.is(303);
    let xml = metadata(&certificate(&world));
    invited.save(METADATA, &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(403);
    admin.save(METADATA, &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(303);
    let [first, second] = connections(&world).await.try_into().unwrap();
    assert_eq!(first, okta);
    assert_eq!(second.status.value.state, ConnectionState::Validating);
    admin.get("/portal/sso/steps/test").await.shows("This test ends single sign-on with Okta");
    invited.post("/portal/sso/test", &[]).await.is(403);
    admin.post("/portal/sso/test", &[]).await.is(302);
    let summary = admin.get("/portal/sso").await;
    summary
        .is(200)
        .shows("Your people sign in to Harbor with Okta")
        .shows("Another provider is being set up");
    summary.shows("Continue with Microsoft Entra ID").hides("Change these values");
    invited.post("/portal/sso/stay", &[]).await.is(403);
    admin.post("/portal/sso/stay", &[]).await.leads_to("/portal/sso");
    admin.get("/portal/sso").await.shows("Change these values").hides("Another provider is being set up");
    admin.get(METADATA).await.shows("Okta");
    // A test that was going on comes to nothing, and the draft is there for another try.
    assert_eq!(connections(&world).await[1].status.value.state, ConnectionState::Draft);
    admin.post("/portal/sso/provider", &[("provider", "google")]).await.is(303);
    let known = connections(&world).await;
    assert_eq!((known.len(), known[1].connection.value.connection_type.as_str()), (2, "GoogleSAML"));
}

#[tokio::test]
async fn what_is_switched_off_stays_as_it_is_when_another_provider_is_chosen() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    active(&world, &admin).await;
    turn(&world, ConnectionState::Inactive).await;
    let off = connections(&world).await.remove(0);
    admin.get("/portal/sso").await.shows("switched off").hides("Test sign-in");
    admin.get("/portal/sso/provider").await.shows("Okta is switched off and stays as it is");
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    let known = connections(&world).await;
    assert_eq!((known.len(), &known[0]), (2, &off));
    // Nor does an invitation put another one in its place.
    let invited = world.admin_by(&[Intent::Sso], LinkKind::Shareable).await;
    let xml = metadata(&certificate(&world));
    invited.save(METADATA, &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(403);
    admin.save(METADATA, &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(303);
    invited.post("/portal/sso/test", &[]).await.is(403);
    assert_eq!(state(&world).await, ConnectionState::Validating);
}

#[tokio::test]
async fn two_clicks_on_a_provider_make_one_draft() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    let choose = || admin.post("/portal/sso/provider", &[("provider", "okta")]);
    let (one, two) = tokio::join!(choose(), choose());
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!((statuses, connections(&world).await.len()), ([303, 303], 1));
}

#[tokio::test]
async fn an_invitation_changes_no_token_of_a_directory_that_is_fed() {
    let world = World::start().await;
    let invited = world.admin_by(&[Intent::Dsync], LinkKind::Shareable).await;
    invited.post("/portal/directory/provider", &[("provider", "okta")]).await.is(303);
    invited.post("/portal/directory/token", &[]).await.is(200);
    let store = world.bench.app.store();
    let id = store.directories_of(world.organization).await.unwrap().remove(0);
    let read = store.directory(id).await.unwrap().unwrap();
    let mut fed = read.value.clone();
    fed.state = DirectoryState::Active;
    let event = NewEvent::new(EventName::DsyncActivated, world.organization, json!({ "id": id }));
    store.replace_directory(&read, &fed, event).await.unwrap();
    invited.post("/portal/directory/token", &[]).await.is(403).shows("An invitation is not enough");
    invited.post("/portal/directory/provider", &[("provider", "entra")]).await.is(403);
    let token = store.directory_tokens(id).await.unwrap().remove(0).id;
    let revoke = format!("/portal/directory/tokens/{token}/revoke");
    invited.post(&revoke, &[]).await.is(403);
    invited.get("/portal/directory").await.shows("An invitation is not enough").hides(&revoke);
    let admin = world.admin(&[Intent::Dsync]).await;
    // Beside it, another one would have the last word.
    admin.post("/portal/directory/provider", &[("provider", "entra")]).await.is(303);
    invited.post("/portal/directory/token", &[]).await.is(403);
    admin.post("/portal/directory/token", &[]).await.is(200);
    let second = store.directories_of(world.organization).await.unwrap().remove(1);
    let read = store.directory(second).await.unwrap().unwrap();
    let mut going = read.value.clone();
    going.state = DirectoryState::Deleting;
    let event = NewEvent::new(EventName::DsyncDeleted, world.organization, json!({ "id": second }));
    store.replace_directory(&read, &going, event).await.unwrap();
    admin.get("/portal/directory").await.shows(&revoke).shows("Create another token");
    admin.post(&revoke, &[]).await.leads_to("/portal/directory");
    assert!(store.directory_tokens(id).await.unwrap().is_empty());
}
