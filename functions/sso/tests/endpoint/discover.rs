//! `GET /sso/discover`.

use http::StatusCode;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::organization::{Features, Policy};
use serde_json::json;

use crate::support::{Site, add_connection, add_organization};

#[tokio::test]
async fn an_address_leads_to_its_organizations_active_connection() {
    let site = Site::start().await;
    let answer = site.get_as("/sso/discover?email=Bob@ACME.com", site.secret.reveal()).await;
    let expected = json!({
        "organization_id": site.organization, "connection_id": site.connection, "required": false,
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn what_is_not_found_costs_the_same_round_trips_as_what_is() {
    let site = Site::start().await;
    let free = Policy { features: Features { sso: false, ..Features::default() }, ..Policy::default() };
    let no_plan = add_organization(site.app(), "free.example.com", free).await;
    add_connection(site.app(), no_plan, ConnectionState::Active, |_| {}).await;
    add_organization(site.app(), "empty.example.com", Policy::default()).await;
    let draft = add_organization(site.app(), "draft.example.com", Policy::default()).await;
    add_connection(site.app(), draft, ConnectionState::Validating, |_| {}).await;
    let ask = async |domain: &str| {
        site.get_as(&format!("/sso/discover?email=a@{domain}"), site.secret.reveal()).await
    };
    ask("acme.com").await;
    site.calls.take();
    ask("acme.com").await;
    let trips = site.calls.take();
    assert_eq!(trips, 3);
    let nothing = json!({ "organization_id": null, "connection_id": null, "required": null });
    for domain in ["unknown.example.com", "free.example.com", "empty.example.com", "draft.example.com"] {
        assert_eq!(ask(domain).await.json(), nothing, "{domain}");
        assert_eq!(site.calls.take(), trips, "{domain}");
    }
}

#[tokio::test]
async fn it_needs_an_api_key_and_an_address() {
    let site = Site::start().await;
    assert_eq!(site.get("/sso/discover?email=a@acme.com").await.status, StatusCode::UNAUTHORIZED);
    for query in ["", "?email=", "?email=acme.com", "?email=a@localhost"] {
        let answer = site.get_as(&format!("/sso/discover{query}"), site.secret.reveal()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.json()["errors"][0]["field"], "email");
    }
}
