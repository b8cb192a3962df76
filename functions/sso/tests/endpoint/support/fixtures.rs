//! What stands in a site's table from the start, and what a test adds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portico_protocol::saml::{IdpCertificate, SpKeyPair};
use portico_shared::app::App;
use portico_shared::domain::api_key::ApiKey;
use portico_shared::domain::connection::{
    Connection, ConnectionCertificate, ConnectionState, ConnectionType, SamlSettings,
};
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::*;
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, Organization, OrganizationDomain, Policy,
};
use portico_shared::domain::person::{Person, PersonStatus, Profile};
use portico_shared::domain::redirect_uri::{ClientKind, RedirectUri};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::{NewDomain, SealedSpKeys};

pub(crate) async fn add_api_key(app: &App) -> PlainToken {
    let plain = PlainToken::api_key(app.rng());
    let now = app.clock().now();
    let key = ApiKey {
        id: ApiKeyId::mint(now, app.rng()),
        name: "test".to_owned(),
        hash: plain.hashed(),
        last_four: plain.reveal()[plain.reveal().len() - 4..].to_owned(),
        created_at: now,
        revoked_at: None,
    };
    app.store().create_api_key(&key).await.unwrap();
    plain
}

pub(crate) async fn add_redirect_uri(app: &App, uri: &str, kind: ClientKind) {
    add_redirect_uri_with(app, uri, |uri| uri.kind = kind).await;
}

/// A redirect URI of a confidential application, which `change` may alter.
pub(crate) async fn add_redirect_uri_with(app: &App, uri: &str, change: impl FnOnce(&mut RedirectUri)) {
    let now = app.clock().now();
    let mut uri = RedirectUri {
        id: RedirectUriId::mint(now, app.rng()),
        uri: uri.to_owned(),
        kind: ClientKind::Confidential,
        default: false,
        initiate_login_uri: None,
        created_at: now,
        updated_at: now,
    };
    change(&mut uri);
    app.store().create_redirect_uri(uri).await.unwrap();
}

pub(crate) async fn add_organization(app: &App, domain: &str, policy: Policy) -> OrganizationId {
    let now = app.clock().now();
    let id = OrganizationId::mint(now, app.rng());
    let organization = Organization {
        id,
        name: domain.to_owned(),
        external_id: None,
        metadata: std::collections::BTreeMap::default(),
        stripe_customer_id: None,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let claimed = OrganizationDomainId::mint(now, app.rng());
    let domain = DomainName::parse(domain).unwrap();
    let domain = OrganizationDomain::claim(claimed, id, domain, now, app.rng());
    let domain = domain.turned(DomainState::Verified, DomainStrategy::Manual, now);
    let domains = [NewDomain::new(domain, Vec::new(), now)];
    app.store().create_organization(&organization, &policy, &domains, created(id)).await.unwrap();
    id
}

pub(super) fn created(organization: OrganizationId) -> NewEvent {
    NewEvent::new(EventName::OrganizationCreated, organization, serde_json::json!({}))
}

/// A connection whose own settings `change` may alter.
pub(crate) async fn add_connection(
    app: &App,
    organization: OrganizationId,
    state: ConnectionState,
    change: impl FnOnce(&mut SamlSettings),
) -> ConnectionId {
    let now = app.clock().now();
    let id = ConnectionId::mint(now, app.rng());
    let pair = SpKeyPair::generate("test", now).unwrap();
    let certificate = STANDARD.encode(pair.certificate_der());
    let mut saml = SamlSettings {
        idp_entity_id: Some("https://idp.example.com".to_owned()),
        idp_sso_redirect_url: Some("https://idp.example.com/sso".to_owned()),
        certificates: vec![ConnectionCertificate {
            id: CertificateId::mint(now, app.rng()),
            certificate: IdpCertificate::parse(&certificate).unwrap(),
            created_at: now,
        }],
        ..SamlSettings::default()
    };
    change(&mut saml);
    let connection = Connection {
        id,
        organization_id: organization,
        name: "Acme".to_owned(),
        external_id: None,
        connection_type: ConnectionType::OktaSAML,
        attribute_map: Default::default(),
        saml,
        oidc: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let sealed = app.vault().seal_sp_key(id, CertificateId::mint(now, app.rng()), &pair, now).await.unwrap();
    let sealed = SealedSpKeys { pairs: vec![sealed] };
    app.store().create_connection(&connection, state, &sealed, Vec::new()).await.unwrap();
    id
}

pub(super) fn ada(organization: OrganizationId, now: chrono::DateTime<chrono::Utc>) -> Person {
    Person {
        id: PersonId::from_bytes([7; 16]),
        organization_id: organization,
        email: "ada@acme.com".to_owned(),
        status: PersonStatus::Active,
        role: "member".to_owned(),
        revoked_before: None,
        created_at: now,
        updated_at: now,
    }
}

pub(super) fn ada_profile(connection: &Connection, person_id: PersonId) -> Profile {
    Profile {
        id: ProfileId::derive(connection.id, "00u1"),
        person_id,
        organization_id: connection.organization_id,
        connection_id: connection.id,
        connection_type: connection.connection_type,
        idp_id: "00u1".to_owned(),
        email: "Ada@acme.com".to_owned(),
        email_verified: true,
        first_name: Some("Ada".to_owned()),
        last_name: Some("Lovelace".to_owned()),
        name: None,
        role: "member".to_owned(),
        groups: Some(vec!["Engines".to_owned()]),
        custom_attributes: serde_json::Map::new(),
        raw_attributes: serde_json::Map::from_iter([("mail".to_owned(), "Ada@acme.com".into())]),
    }
}
