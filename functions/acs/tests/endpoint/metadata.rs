//! What an identity provider is told about us.

use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::organization::Policy;

use crate::support::World;

#[tokio::test]
async fn the_metadata_of_a_connection_names_entity_acs_and_certificate_also_of_a_draft() {
    for state in [ConnectionState::Draft, ConnectionState::Active] {
        let world = World::with(state, |_| {}, Policy::default()).await;
        let path = format!("/sso/saml/metadata/{}", world.connection.id);
        let answer = world.send("GET", &path, &[], b"", &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/samlmetadata+xml");
        let entity_id = format!("entityID=\"http://127.0.0.1:4400{path}\"");
        let acs = format!("Location=\"{}\"", world.acs_url());
        let kept = world.bench.app.store().sp_keys(world.connection.id).await.unwrap().unwrap().value;
        for part in [entity_id, acs, kept.pairs[0].certificate.clone()] {
            assert!(answer.body.contains(&part), "{part} is not in {}", answer.body);
        }
    }
}

#[tokio::test]
async fn an_entity_id_that_a_migration_brought_stands_in_the_metadata() {
    let older = |saml: &mut portico_shared::domain::connection::SamlSettings| {
        saml.sp_entity_id = Some("urn:older:entity".to_owned());
    };
    let world = World::with(ConnectionState::Active, older, Policy::default()).await;
    let path = format!("/sso/saml/metadata/{}", world.connection.id);
    let answer = world.send("GET", &path, &[], b"", &[]).await;
    assert!(answer.body.contains("entityID=\"urn:older:entity\""), "{}", answer.body);
}

#[tokio::test]
async fn the_metadata_of_an_unknown_connection_is_not_found() {
    let world = World::start().await;
    for connection in ["conn_01M3250V000W3GE1R70W3GE1R7", "conn_", "x"] {
        let answer = world.send("GET", &format!("/sso/saml/metadata/{connection}"), &[], b"", &[]).await;
        assert_eq!(answer.status, 404, "{connection}");
    }
}
