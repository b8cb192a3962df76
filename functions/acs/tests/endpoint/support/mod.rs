//! A deployment with one organization and one connection, and a browser to post with.

mod encrypt;
mod idp;
mod throttle;
mod written;

use std::collections::BTreeMap;

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use portico_protocol::saml::SpKeyPair;
use portico_shared::domain::connection::{
    Connection, ConnectionCertificate, ConnectionState, ConnectionType, SamlSettings,
};
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::{Event, EventName, NewEvent};
use portico_shared::domain::ids::{
    CertificateId, ConnectionId, OrganizationDomainId, OrganizationId, PersonId, RedirectUriId,
    SignInRequestId,
};
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, Organization, OrganizationDomain, Policy,
};
use portico_shared::domain::redirect_uri::{ClientKind, RedirectUri};
use portico_shared::domain::sign_in::{
    AuthorizationCode, Outcome, REQUEST_LIFETIME, SignInRecord, SignInRequest, Surface,
};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::page::{Order, PageRequest};
use portico_shared::store::{EventQuery, NewDomain, SealedSpKeys};
use portico_shared::web::lambda::answer;
use portico_testing::Bench;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

pub(crate) use encrypt::{Encrypted, Spoil};
pub(crate) use idp::{Claims, ENTITY_ID, Idp, refusal};
pub(crate) use throttle::Throttle;
pub(crate) use written::Written;

pub(crate) const REDIRECT_URI: &str = "https://app.example.com/callback?from=portico";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) router: Router,
    pub(crate) idp: Idp,
    pub(crate) organization: OrganizationId,
    pub(crate) connection: Connection,
}

/// A browser that began a sign-in.
pub(crate) struct Begun {
    pub(crate) request: SignInRequest,
    pub(crate) browser: PlainToken,
}

/// What the browser is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) location: Option<Url>,
    pub(crate) headers: Value,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    /// A parameter that the answer takes to the application.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.location
            .as_ref()?
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The link of the page's button.
    pub(crate) fn button(&self) -> Option<Url> {
        let href = self.body.split_once("class=\"button\" href=\"")?.1.split_once('"')?.0;
        Url::parse(&href.replace("&#38;", "&").replace("&amp;", "&")).ok()
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(ConnectionState::Active, |_| {}, Policy::default()).await
    }

    pub(crate) async fn with(
        state: ConnectionState,
        change: impl FnOnce(&mut SamlSettings),
        policy: Policy,
    ) -> Self {
        Self::on(Bench::start().await, state, change, policy).await
    }

    pub(crate) async fn on(
        bench: Bench,
        state: ConnectionState,
        change: impl FnOnce(&mut SamlSettings),
        policy: Policy,
    ) -> Self {
        let idp = Idp::new(bench.clock.now());
        let organization = create_organization(&bench, "Acme", "acme.com", &policy).await;
        let mut saml = saml(&bench, &idp);
        change(&mut saml);
        let connection = create_connection(&bench, organization, state, saml, &idp.pair).await;
        let router = portico_acs::router(&bench.app);
        Self { bench, router, idp, organization, connection }
    }

    /// A request of a browser's, begun at the application.
    pub(crate) async fn begin(&self) -> Begun {
        self.begin_with(|_| {}).await
    }

    pub(crate) async fn begin_with(&self, change: impl FnOnce(&mut SignInRequest)) -> Begun {
        let now = self.bench.clock.now();
        let browser = PlainToken::random(self.bench.app.rng());
        let mut request = SignInRequest {
            id: SignInRequestId::mint(self.bench.app.rng()),
            connection_id: self.connection.id,
            organization_id: self.organization,
            connection_revision: self.connection.revision,
            redirect_uri: REDIRECT_URI.to_owned(),
            client_kind: ClientKind::Confidential,
            state: Some("a state&with=signs".to_owned()),
            nonce: None,
            code_challenge: None,
            scope: String::new(),
            surface: Surface::Sso,
            max_age: None,
            force_authn: false,
            is_passive: false,
            test: None,
            browser: browser.hashed(),
            created_at: now,
            expires_at: now + REQUEST_LIFETIME,
            consumed_by: None,
        };
        change(&mut request);
        self.bench.app.store().begin_sign_in(&request).await.unwrap();
        Begun { request, browser }
    }

    pub(crate) fn acs_url(&self) -> String {
        self.bench.app.config().public_url.acs_url(&self.connection.id)
    }

    /// What Ada's assertion says, in answer to `request`.
    pub(crate) fn claims(&self, request: Option<&SignInRequest>) -> Claims {
        let now = self.bench.clock.now();
        Claims {
            acs_url: self.acs_url(),
            audience: self.bench.app.config().public_url.sp_entity_id(&self.connection.id, None),
            in_response_to: request.map(|request| request.id.to_string()),
            name_id: "ada-1".to_owned(),
            email: "ada@acme.com".to_owned(),
            attributes: vec![("firstName".to_owned(), "Ada".to_owned())],
            authn_instant: now,
            now,
        }
    }

    /// Posts Ada's answer with the cookie of the browser that began.
    pub(crate) async fn sign_in(&self, begun: &Begun) -> Answer {
        let response = self.idp.respond(&self.claims(Some(&begun.request)));
        self.post(&response, &[&cookie(&begun.browser)]).await
    }

    pub(crate) async fn post(&self, saml_response: &str, cookies: &[&str]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("SAMLResponse", saml_response)
            .append_pair("RelayState", "x")
            .finish();
        self.post_body(&self.connection.id.to_string(), FORM, &form, cookies).await
    }

    pub(crate) async fn post_body(
        &self,
        connection: &str,
        content_type: &str,
        body: &str,
        cookies: &[&str],
    ) -> Answer {
        let path = format!("/sso/saml/acs/{connection}");
        self.send("POST", &path, &[("content-type", content_type)], body.as_bytes(), cookies).await
    }

    /// One request, as API Gateway sends it.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        cookies: &[&str],
    ) -> Answer {
        let headers: BTreeMap<_, _> =
            headers.iter().copied().chain([("user-agent", "Browser/1.0")]).collect();
        let event = json!({
            "version": "2.0", "routeKey": "ANY /sso/saml/{proxy+}", "rawPath": path, "rawQueryString": "",
            "headers": headers, "cookies": cookies, "isBase64Encoded": true, "body": STANDARD.encode(body),
            "requestContext": {
                "requestId": "req-1", "stage": "$default", "timeEpoch": 0,
                "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x" },
            },
        });
        let event = serde_json::from_value(event).unwrap();
        let answer = read(answer(self.router.clone(), event).await.unwrap().payload);
        // What happens next happens later: the log is in the order of time.
        self.bench.clock.advance(Duration::milliseconds(1));
        answer
    }

    /// The sign-in log, newest first.
    pub(crate) async fn log(&self) -> Vec<SignInRecord> {
        let page = PageRequest { limit: 100, ..PageRequest::default() };
        self.bench.app.store().sign_ins(self.organization, &page).await.unwrap().items
    }

    /// The reason of the newest entry of the log.
    pub(crate) async fn last_reason(&self) -> Option<String> {
        match self.log().await.into_iter().next()?.outcome {
            Outcome::Refused { reason, .. } => Some(reason),
            Outcome::Succeeded { .. } | Outcome::Tested => None,
        }
    }

    /// The events of the organization so far, oldest first, without those of its making.
    pub(crate) async fn events(&self) -> Vec<Event> {
        self.bench.clock.advance(Duration::seconds(2));
        let query = EventQuery {
            after: None,
            limit: 100,
            order: Order::Asc,
            names: vec![
                EventName::AuthenticationSsoSucceeded,
                EventName::AuthenticationSsoFailed,
                EventName::ConnectionActivated,
                EventName::ConnectionDeactivated,
            ],
            organization_id: Some(self.organization),
            from: None,
            until: None,
        };
        self.bench.app.store().events(&query).await.unwrap().events
    }

    /// Registers where the application lets people be sent; the first is the default.
    pub(crate) async fn register(&self, uri: &str, kind: ClientKind, initiate_login_uri: Option<&str>) {
        let now = self.bench.clock.now();
        let uri = RedirectUri {
            id: RedirectUriId::mint(now, self.bench.app.rng()),
            uri: uri.to_owned(),
            kind,
            default: false,
            initiate_login_uri: initiate_login_uri.map(str::to_owned),
            created_at: now,
            updated_at: now,
        };
        self.bench.app.store().create_redirect_uri(uri).await.unwrap();
    }

    /// Deactivates a person, as a directory does.
    pub(crate) fn deactivate(&self, person: PersonId) {
        let request = json!({
            "TableName": "portico",
            "Key": { "pk": { "S": format!("person#{person}") }, "sk": { "S": "person" } },
            "UpdateExpression": "SET body.#status = :deactivated",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": { "#status": "status" },
            "ExpressionAttributeValues": { ":deactivated": { "S": "deactivated" } },
        });
        self.bench.database.update_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// The code that an answer takes to the application, as it is kept.
    pub(crate) async fn code_of(&self, answer: &Answer) -> AuthorizationCode {
        let code = PlainToken::presented(&answer.parameter("code").unwrap()).unwrap();
        self.bench.app.store().authorization_code(&code.hashed()).await.unwrap().unwrap().value
    }

    /// How often a metric was counted.
    pub(crate) fn counted(&self, metric: &str) -> usize {
        let written = String::from_utf8(self.bench.metrics.lock().unwrap().clone()).unwrap();
        written.lines().filter(|line| line.contains(&format!("\"{metric}\":1"))).count()
    }
}

/// The cookie header of a browser.
pub(crate) fn cookie(browser: &PlainToken) -> String {
    format!("portico_browser={}", browser.reveal())
}

fn read(answer: Value) -> Answer {
    let body = answer["body"].as_str().unwrap_or_default();
    let cookies = answer["cookies"].as_array().cloned().unwrap_or_default();
    let ours = Url::parse("http://127.0.0.1:4400").unwrap();
    Answer {
        status: answer["statusCode"].as_u64().unwrap(),
        location: answer["headers"]["location"].as_str().map(|uri| ours.join(uri).unwrap()),
        headers: answer["headers"].clone(),
        cookies: cookies.iter().filter_map(|cookie| cookie.as_str().map(str::to_owned)).collect(),
        // Of a page, what it says: a failed assertion shows it.
        body: body.split_once("<main>").map_or(body, |(_, content)| content).to_owned(),
    }
}

pub(crate) fn saml(bench: &Bench, idp: &Idp) -> SamlSettings {
    let now = bench.clock.now();
    let certificate = ConnectionCertificate {
        id: CertificateId::mint(now, bench.app.rng()),
        certificate: idp.certificate.clone(),
        created_at: now,
    };
    SamlSettings {
        idp_entity_id: Some(ENTITY_ID.to_owned()),
        idp_sso_redirect_url: Some("https://idp.acme.com/sso".to_owned()),
        certificates: vec![certificate],
        ..SamlSettings::default()
    }
}

pub(crate) async fn create_organization(
    bench: &Bench,
    name: &str,
    domain: &str,
    policy: &Policy,
) -> OrganizationId {
    let now = bench.clock.now();
    let id = OrganizationId::mint(now, bench.app.rng());
    let organization = Organization {
        id,
        name: name.to_owned(),
        external_id: None,
        metadata: BTreeMap::new(),
        stripe_customer_id: None,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let claimed = OrganizationDomainId::mint(now, bench.app.rng());
    let domain = DomainName::parse(domain).unwrap();
    let domain = OrganizationDomain::claim(claimed, id, domain, now, bench.app.rng());
    let domain = domain.turned(DomainState::Verified, DomainStrategy::Manual, now);
    let domains = [NewDomain::new(domain, Vec::new(), now)];
    let data = json!({ "id": id });
    let event = NewEvent::new(EventName::OrganizationCreated, id, data);
    bench.app.store().create_organization(&organization, policy, &domains, event).await.unwrap();
    id
}

pub(crate) async fn create_connection(
    bench: &Bench,
    organization: OrganizationId,
    state: ConnectionState,
    saml: SamlSettings,
    sp_key: &SpKeyPair,
) -> Connection {
    let now = bench.clock.now();
    let connection = Connection {
        id: ConnectionId::mint(now, bench.app.rng()),
        organization_id: organization,
        name: "Acme Okta".to_owned(),
        external_id: None,
        connection_type: ConnectionType::GenericSAML,
        attribute_map: Default::default(),
        saml,
        oidc: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let id = CertificateId::mint(now, bench.app.rng());
    let sealed = bench.app.vault().seal_sp_key(connection.id, id, sp_key, now).await.unwrap();
    let sp_keys = SealedSpKeys { pairs: vec![sealed] };
    bench.app.store().create_connection(&connection, state, &sp_keys, Vec::new()).await.unwrap();
    connection
}
