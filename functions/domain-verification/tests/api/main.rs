//! Domains as their callers and their admins meet them: requests and schedules in, answers and events out, over an
//! embedded table and name servers on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod claims;
mod contests;
mod life;
mod races;
mod sweeps;

use axum::Router;
use axum::body::Body;
use chrono::{DateTime, Duration, Utc};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use portico_shared::domain::api_key::ApiKey;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::{ApiKeyId, OrganizationDomainId, OrganizationId};
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, Organization, OrganizationDomain, Policy,
};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::page::Order;
use portico_shared::store::{EventQuery, NewDomain};
use portico_testing::Bench;
use portico_testing::dns::TestDns;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The function with one API key, and name servers of which acme.com has the first.
struct Api {
    bench: Bench,
    dns: TestDns,
    router: Router,
    key: String,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The stable code of a refusal.
    #[track_caller]
    fn refused(self, status: u16) -> String {
        self.expect(status)["code"].as_str().unwrap().to_owned()
    }
}

impl Api {
    async fn start() -> Self {
        let dns = TestDns::start(3).await;
        dns.delegate("acme.com", &[TestDns::server(0)]);
        let bench = Bench::with_dns(&dns).await;
        let plain = PlainToken::api_key(bench.app.rng());
        let key = ApiKey {
            id: ApiKeyId::mint(bench.clock.now(), bench.app.rng()),
            name: "test".to_owned(),
            hash: plain.hashed(),
            last_four: plain.reveal()[plain.reveal().len() - 4..].to_owned(),
            created_at: bench.clock.now(),
            revoked_at: None,
        };
        bench.app.store().create_api_key(&key).await.unwrap();
        let router = portico_domain_verification::router(&bench.app);
        Self { bench, dns, router, key: plain.reveal().to_owned() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, body }
    }

    async fn get(&self, id: &str) -> Value {
        self.call(Method::GET, &format!("/organization_domains/{id}"), None).await.expect(200)
    }

    async fn verify(&self, id: &str) -> Answer {
        self.call(Method::POST, &format!("/organization_domains/{id}/verify"), None).await
    }

    async fn create(&self, organization: OrganizationId, domain: &str) -> Answer {
        let body = json!({"organization_id": organization, "domain": domain});
        self.call(Method::POST, "/organization_domains", Some(body)).await
    }

    /// A claim to acme.com by a new organization.
    async fn claim(&self) -> Value {
        let organization = self.organization().await;
        self.create(organization, "acme.com").await.expect(201)
    }

    async fn organization(&self) -> OrganizationId {
        self.organization_with(&Policy::default(), None).await
    }

    /// An organization for which the SaaS team vouches that acme.com is its own.
    async fn manual_owner(&self) -> (OrganizationId, String) {
        let organization = self.organization_with(&Policy::default(), Some("acme.com")).await;
        let read = self.bench.app.store().organization(organization).await.unwrap().unwrap();
        (organization, read.value.domains[0].id.to_string())
    }

    async fn organization_with(&self, policy: &Policy, vouched: Option<&str>) -> OrganizationId {
        let (now, rng) = (self.bench.clock.now(), self.bench.app.rng());
        let id = OrganizationId::mint(now, rng);
        let organization = Organization {
            id,
            name: "Acme".to_owned(),
            external_id: None,
            metadata: Default::default(),
            stripe_customer_id: None,
            created_at: now,
            updated_at: now,
            last_event_id: None,
        };
        let vouched = vouched.map(|domain| {
            let domain = DomainName::parse(domain).unwrap();
            let claim = OrganizationDomain::claim(OrganizationDomainId::mint(now, rng), id, domain, now, rng);
            NewDomain::new(claim.turned(DomainState::Verified, DomainStrategy::Manual, now), Vec::new(), now)
        });
        let data = json!({});
        let event = NewEvent::new(EventName::OrganizationCreated, id, data);
        let domains: Vec<_> = vouched.into_iter().collect();
        self.bench.app.store().create_organization(&organization, policy, &domains, event).await.unwrap();
        id
    }

    /// Publishes a claim's TXT record at the servers of acme.com.
    fn publish(&self, claim: &Value) {
        let value = claim["dns_records"][0]["value"].as_str().unwrap();
        self.dns.txt(TestDns::server(0), "_portico.acme.com", &[value]);
    }

    /// Publishes what resolvers are told, too.
    fn publish_everywhere(&self, claim: &Value) {
        self.publish(claim);
        for resolver in [portico_testing::dns::RESOLVER, portico_testing::dns::SECOND_RESOLVER] {
            let value = claim["dns_records"][0]["value"].as_str().unwrap();
            self.dns.txt(resolver, "_portico.acme.com", &[value]);
        }
    }

    /// Removes every record of a claim from everybody's sight.
    fn withdraw(&self) {
        use portico_testing::dns::{RESOLVER, SECOND_RESOLVER};
        for server in [TestDns::server(0), RESOLVER, SECOND_RESOLVER] {
            self.dns.remove(server, "_portico.acme.com");
        }
    }

    /// One run of the schedule.
    async fn sweep(&self) -> portico_domain_verification::Swept {
        portico_domain_verification::sweep(&self.bench.app).await.unwrap()
    }

    /// The schedule, every step of time, until the end of it.
    async fn live(&self, whole: Duration, step: Duration) {
        let end = self.bench.clock.now() + whole;
        while self.bench.clock.now() < end {
            self.bench.clock.advance(step);
            self.sweep().await;
        }
    }

    /// An instant that everything so far came before.
    fn mark(&self) -> DateTime<Utc> {
        self.bench.clock.advance(Duration::seconds(1));
        self.bench.clock.now()
    }

    /// The owner of acme.com.
    async fn owner(&self) -> Option<OrganizationId> {
        let domain = DomainName::parse("acme.com").unwrap();
        self.bench.app.store().domain_owner(&domain).await.unwrap().map(|owner| owner.organization_id)
    }

    /// The names of an organization's events about domains since an instant, oldest first.
    async fn events(&self, organization: &Value, since: DateTime<Utc>) -> Vec<String> {
        self.bench.clock.advance(Duration::seconds(2));
        let query = EventQuery {
            limit: 100,
            order: Order::Asc,
            organization_id: Some(OrganizationId::parse(organization.as_str().unwrap()).unwrap()),
            from: Some(since),
            ..EventQuery::default()
        };
        let page = self.bench.app.store().events(&query).await.unwrap();
        let names = page.events.iter().map(|event| event.event.as_str());
        names.filter_map(|name| name.strip_prefix("organization_domain.").map(str::to_owned)).collect()
    }
}

fn id(body: &Value) -> String {
    body["id"].as_str().unwrap().to_owned()
}

fn status(body: &Value) -> &str {
    body["verification"]["status"].as_str().unwrap()
}
