//! A customer with a connection, an application with its redirect URIs, and a hand that calls the router.

mod calls;

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use axum::Router;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use portico_protocol::saml::{IdpCertificate, SpKeyPair};
use portico_shared::app::App;
use portico_shared::domain::api_key::ApiKey;
use portico_shared::domain::connection::{
    Connection, ConnectionCertificate, ConnectionState, ConnectionType, SamlSettings,
};
use portico_shared::domain::domain_name::{DomainName, EmailAddress};
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::*;
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, Organization, OrganizationDomain, Policy,
};
use portico_shared::domain::person::{Person, PersonStatus, Profile};
use portico_shared::domain::redirect_uri::{ClientKind, RedirectUri};
use portico_shared::domain::sign_in::{AuthorizationCode, CODE_LIFETIME, Outcome, SignInRecord};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::{CompletedSignIn, NewDomain, SealedSpKey, SignInRefused};
use portico_shared::vault::Class;
use portico_testing::Bench;
use serde_json::Value;
use tower::ServiceExt;
use url::Url;

pub(crate) use calls::Calls;

pub(crate) const CALLBACK: &str = "https://app.example.com/callback";
pub(crate) const PUBLIC_CALLBACK: &str = "https://spa.example.com/callback";
/// RFC 7636, Appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> Url {
        assert_eq!(self.status, StatusCode::FOUND, "{self:?}");
        Url::parse(self.header("location")).unwrap()
    }

    /// A parameter of the address that the browser is sent to.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let location = self.location();
        location.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }
}

/// A deployment with one customer, Acme.
pub(crate) struct Site {
    pub(crate) bench: Bench,
    pub(crate) router: Router,
    pub(crate) calls: Calls,
    pub(crate) organization: OrganizationId,
    pub(crate) connection: ConnectionId,
    pub(crate) secret: PlainToken,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let calls = Calls::start().await;
        let bench = Bench::with_interceptor(Some(SharedInterceptor::new(calls.clone()))).await;
        let router = portico_sso::router(&bench.app);
        let secret = add_api_key(&bench.app).await;
        add_redirect_uri(&bench.app, CALLBACK, ClientKind::Confidential).await;
        add_redirect_uri(&bench.app, PUBLIC_CALLBACK, ClientKind::Public).await;
        let organization = add_organization(&bench.app, "acme.com", Policy::default()).await;
        let connection = add_connection(&bench.app, organization, ConnectionState::Active, |_| {}).await;
        Self { bench, router, calls, organization, connection, secret }
    }

    pub(crate) fn app(&self) -> &App {
        &self.bench.app
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send_to(&self.router, request).await
    }

    /// A router with caches of its own, over the same table: another Lambda instance.
    pub(crate) fn another_instance(&mut self) {
        self.router = portico_sso::router(&self.bench.another_instance());
    }

    /// Deactivates Ada, as a directory does.
    pub(crate) fn deactivate(&self) {
        let person = ada(self.organization, self.bench.clock.now()).id;
        let request = serde_json::json!({
            "TableName": "portico",
            "Key": { "pk": { "S": format!("person#{person}") }, "sk": { "S": "person" } },
            "UpdateExpression": "SET body.#status = :deactivated",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": { "#status": "status" },
            "ExpressionAttributeValues": { ":deactivated": { "S": "deactivated" } },
        });
        self.bench.database.update_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.send(Request::get(address).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn get_as(&self, address: &str, bearer: &str) -> Answer {
        let request = Request::get(address).header("authorization", format!("Bearer {bearer}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, address: &str, parameters: &[(&str, &str)]) -> Answer {
        self.post_as(address, None, parameters).await
    }

    pub(crate) async fn post_as(
        &self,
        address: &str,
        authorization: Option<&str>,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::post(address).header("content-type", "application/x-www-form-urlencoded");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        self.send(request.body(Body::from(query(parameters))).unwrap()).await
    }

    /// `GET path` with the parameters of an ordinary authorization request, and those given over them; an empty value
    /// leaves one out.
    pub(crate) async fn authorize(&self, path: &str, over: &[(&str, &str)]) -> Answer {
        let connection = self.connection.to_string();
        let usual = [
            ("client_id", "client_test"),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("connection", &connection),
            ("state", "the state"),
            ("scope", "openid email"),
        ];
        let mut parameters: Vec<(&str, &str)> =
            usual.into_iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name)).collect();
        parameters.extend(over.iter().filter(|(_, value)| !value.is_empty()));
        self.get(&format!("{path}?{}", query(&parameters))).await
    }

    /// Begins a sign-in at `path` and does what the assertion consumer service does when the provider answers: gives
    /// the code.
    pub(crate) async fn code(&self, path: &str, over: &[(&str, &str)]) -> PlainToken {
        let sent = self.authorize(path, over).await;
        let request = SignInRequestId::parse(&sent.parameter("RelayState").unwrap()).unwrap();
        self.complete(&request).await.unwrap()
    }

    /// Completes a sign-in of Ada's, who is made by the first one.
    pub(crate) async fn complete(&self, request: &SignInRequestId) -> Result<PlainToken, SignInRefused> {
        let (app, now) = (self.app(), self.app().clock().now());
        let context = app.store().sign_in_context(self.connection, Some(request)).await.unwrap();
        let (connection, request) = (context.connection.unwrap(), context.request.unwrap());
        let person = ada(self.organization, now);
        let profile = ada_profile(&connection.connection.value, person.id);
        let email = EmailAddress::parse(&profile.email).unwrap();
        let known = app.store().identity(self.organization, profile.id, &email).await.unwrap().profile;
        let code = PlainToken::random(app.rng());
        let sign_in_id = SignInId::mint(now, app.rng());
        let record = SignInRecord {
            id: sign_in_id,
            organization_id: self.organization,
            connection_id: self.connection,
            request_id: Some(request.value.id.clone()),
            outcome: Outcome::Succeeded { profile_id: profile.id },
            email: Some(profile.email.clone()),
            ip_address: None,
            user_agent: None,
            created_at: now,
        };
        let issued = AuthorizationCode {
            code: code.hashed(),
            redirect_uri: request.value.redirect_uri.clone(),
            client_kind: request.value.client_kind,
            code_challenge: request.value.code_challenge.clone(),
            nonce: request.value.nonce.clone(),
            scope: request.value.scope.clone(),
            surface: request.value.surface,
            profile: profile.clone(),
            sign_in_id,
            auth_time: now,
            created_at: now,
            expires_at: now + CODE_LIFETIME,
            traded_for: None,
        };
        let done = CompletedSignIn {
            connection: &connection,
            request: &request,
            profile: &profile,
            known_profile: known.as_ref(),
            new_person: known.is_none().then_some(&person),
            new_email: None,
            domain: None,
            code: &issued,
            record: &record,
            events: Vec::new(),
        };
        app.store().complete_sign_in(done).await.unwrap().map(|()| code)
    }

    pub(crate) async fn trade(&self, path: &str, code: &PlainToken, more: &[(&str, &str)]) -> Answer {
        let mut parameters =
            vec![("grant_type", "authorization_code"), ("client_id", "client_test"), ("code", code.reveal())];
        parameters.extend(more);
        self.post(path, &parameters).await
    }

    /// Trades with the client's secret.
    pub(crate) async fn trade_with_secret(
        &self,
        path: &str,
        code: &PlainToken,
        more: &[(&str, &str)],
    ) -> Answer {
        let mut parameters = vec![("client_secret", self.secret.reveal())];
        parameters.extend(more);
        self.trade(path, code, &parameters).await
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.bench.clock.advance(by);
    }
}

/// What a router answers.
pub(crate) async fn send_to(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

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
    let now = app.clock().now();
    let uri = RedirectUri {
        id: RedirectUriId::mint(now, app.rng()),
        uri: uri.to_owned(),
        kind,
        default: false,
        initiate_login_uri: None,
        created_at: now,
        updated_at: now,
    };
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
    let domain = OrganizationDomain {
        id: OrganizationDomainId::mint(now, app.rng()),
        organization_id: id,
        domain: DomainName::parse(domain).unwrap(),
        state: DomainState::Verified,
        strategy: DomainStrategy::Manual,
        verification_token: None,
        created_at: now,
        updated_at: now,
    };
    let domains = [NewDomain { domain, events: Vec::new() }];
    let name = EventName::OrganizationCreated;
    let event = NewEvent { name, organization_id: Some(id), data: serde_json::json!({}), after: None };
    app.store().create_organization(&organization, &policy, &domains, event).await.unwrap();
    id
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
        revision: 1,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let key = app.vault().seal(Class::SpKeys, &id.to_string(), pair.pkcs8()).await.unwrap();
    let sealed = SealedSpKey { key, certificate };
    app.store().create_connection(&connection, state, &sealed, None).await.unwrap();
    id
}

fn ada(organization: OrganizationId, now: chrono::DateTime<chrono::Utc>) -> Person {
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

fn ada_profile(connection: &Connection, person_id: PersonId) -> Profile {
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
