//! Entities as tests need them.

use std::collections::BTreeMap;

use portico_shared::domain::connection::{Connection, ConnectionState, ConnectionType, SamlSettings};
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::{
    CertificateId, ConnectionId, OrganizationDomainId, OrganizationId, PersonId, ProfileId, SignInId,
    SignInRequestId,
};
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, Organization, OrganizationDomain, Policy,
};
use portico_shared::domain::person::{Person, PersonStatus, Profile};
use portico_shared::domain::redirect_uri::ClientKind;
use portico_shared::domain::sign_in::{
    AuthorizationCode, CODE_LIFETIME, Outcome, REQUEST_LIFETIME, SignInRecord, SignInRequest, Surface,
};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::{NewDomain, Sealed, SealedSpKey, SealedSpKeys};
use portico_testing::Bench;
use serde_json::json;

pub(crate) fn event(name: EventName, organization: OrganizationId) -> NewEvent {
    NewEvent::new(name, organization, json!({ "id": organization }))
}

pub(crate) fn organization(bench: &Bench, external_id: Option<&str>) -> Organization {
    let now = bench.clock.now();
    Organization {
        id: OrganizationId::mint(now, bench.app.rng()),
        name: "Acme".to_owned(),
        external_id: external_id.map(str::to_owned),
        metadata: BTreeMap::new(),
        stripe_customer_id: None,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    }
}

pub(crate) fn verified(bench: &Bench, organization: OrganizationId, domain: &str) -> NewDomain {
    let now = bench.clock.now();
    let claimed = OrganizationDomainId::mint(now, bench.app.rng());
    let domain = DomainName::parse(domain).unwrap();
    let domain = OrganizationDomain::claim(claimed, organization, domain, now, bench.app.rng());
    let domain = domain.turned(DomainState::Verified, DomainStrategy::Manual, now);
    NewDomain::new(domain, vec![event(EventName::OrganizationDomainVerified, organization)], now)
}

/// An organization that is kept, with acme.com.
pub(crate) async fn kept_organization(bench: &Bench) -> Organization {
    let organization = organization(bench, None);
    let domains = [verified(bench, organization.id, "acme.com")];
    let created = event(EventName::OrganizationCreated, organization.id);
    let store = bench.app.store();
    store.create_organization(&organization, &Policy::default(), &domains, created).await.unwrap();
    organization
}

pub(crate) fn connection(bench: &Bench, organization: OrganizationId) -> Connection {
    let now = bench.clock.now();
    Connection {
        id: ConnectionId::mint(now, bench.app.rng()),
        organization_id: organization,
        name: "Acme".to_owned(),
        external_id: None,
        connection_type: ConnectionType::GenericSAML,
        attribute_map: Default::default(),
        saml: SamlSettings::default(),
        oidc: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    }
}

/// A key pair that nobody opens.
pub(crate) fn sp_key(bench: &Bench) -> SealedSpKey {
    let now = bench.clock.now();
    SealedSpKey {
        id: CertificateId::mint(now, bench.app.rng()),
        key: Sealed("sealed".to_owned()),
        certificate: "certificate".to_owned(),
        created_at: now,
    }
}

/// A connection that is kept, in this state.
pub(crate) async fn kept_connection(
    bench: &Bench,
    organization: OrganizationId,
    state: ConnectionState,
) -> Connection {
    let connection = connection(bench, organization);
    let keys = SealedSpKeys { pairs: vec![sp_key(bench)] };
    bench.app.store().create_connection(&connection, state, &keys, Vec::new()).await.unwrap();
    connection
}

pub(crate) fn request(bench: &Bench, connection: &Connection) -> SignInRequest {
    let now = bench.clock.now();
    SignInRequest {
        id: SignInRequestId::mint(bench.app.rng()),
        connection_id: connection.id,
        organization_id: connection.organization_id,
        connection_revision: connection.revision,
        redirect_uri: "https://app.example.com/callback".to_owned(),
        client_kind: ClientKind::Confidential,
        state: None,
        nonce: None,
        code_challenge: None,
        scope: String::new(),
        surface: Surface::Sso,
        max_age: None,
        force_authn: false,
        is_passive: false,
        test: None,
        browser: PlainToken::random(bench.app.rng()).hashed(),
        created_at: now,
        expires_at: now + REQUEST_LIFETIME,
        consumed_by: None,
    }
}

pub(crate) fn person(bench: &Bench, organization: OrganizationId) -> Person {
    let now = bench.clock.now();
    Person {
        id: PersonId::mint(now, bench.app.rng()),
        organization_id: organization,
        email: "ada@acme.com".to_owned(),
        status: PersonStatus::Active,
        role: "member".to_owned(),
        revoked_before: None,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn profile(connection: &Connection, person: PersonId) -> Profile {
    Profile {
        id: ProfileId::derive(connection.id, "ada"),
        person_id: person,
        organization_id: connection.organization_id,
        connection_id: connection.id,
        connection_type: connection.connection_type,
        idp_id: "ada".to_owned(),
        email: "ada@acme.com".to_owned(),
        email_verified: true,
        first_name: Some("Ada".to_owned()),
        last_name: None,
        name: None,
        role: "member".to_owned(),
        groups: None,
        custom_attributes: Default::default(),
        raw_attributes: Default::default(),
    }
}

pub(crate) fn record(bench: &Bench, request: &SignInRequest, profile: &Profile) -> SignInRecord {
    let now = bench.clock.now();
    SignInRecord {
        id: SignInId::mint(now, bench.app.rng()),
        organization_id: profile.organization_id,
        connection_id: profile.connection_id,
        request_id: Some(request.id.clone()),
        test: false,
        outcome: Outcome::Succeeded { profile_id: profile.id },
        warnings: Vec::new(),
        email: Some(profile.email.clone()),
        ip_address: None,
        user_agent: None,
        created_at: now,
    }
}

pub(crate) fn code(
    bench: &Bench,
    request: &SignInRequest,
    profile: &Profile,
    record: &SignInRecord,
) -> AuthorizationCode {
    let now = bench.clock.now();
    AuthorizationCode {
        code: PlainToken::random(bench.app.rng()).hashed(),
        redirect_uri: request.redirect_uri.clone(),
        client_kind: request.client_kind,
        code_challenge: None,
        nonce: None,
        scope: String::new(),
        surface: request.surface,
        profile: profile.clone(),
        sign_in_id: record.id,
        auth_time: now,
        created_at: now,
        expires_at: now + CODE_LIFETIME,
        traded_for: None,
        token_salt: None,
        traded_at: None,
        traded_again: false,
    }
}
