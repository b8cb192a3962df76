//! The portal as an admin's browser meets it: links, cookies, forms and pages, over an embedded table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a failure here is a failed test

mod contacts;
mod directory;
mod domains;
mod foreign;
mod links;
mod serving;
mod sso;

use axum::Router;
use axum::body::Body;
use chrono::Duration;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::OrganizationId;
use portico_shared::domain::organization::{Organization, Policy};
use portico_shared::domain::portal::{Grant, Intent, LinkKind};
use portico_shared::operations::portal::make_link;
use portico_shared::store::EventQuery;
use portico_testing::Bench;
use serde_json::json;
use tower::ServiceExt;

const ORIGIN: &str = "http://127.0.0.1:4400";

/// A deployment with one organization.
pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) router: Router,
    pub(crate) organization: OrganizationId,
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) cookie: Option<String>,
    pub(crate) policy: String,
    pub(crate) text: String,
}

impl Page {
    #[track_caller]
    pub(crate) fn shows(&self, part: &str) -> &Self {
        assert!(self.text.contains(part), "{part:?} is not in {}: {}", self.status, self.text);
        self
    }

    #[track_caller]
    pub(crate) fn hides(&self, part: &str) -> &Self {
        assert!(!self.text.contains(part), "{part:?} is in {}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{:?} {}", self.location, self.text);
        self
    }

    #[track_caller]
    pub(crate) fn leads_to(&self, path: &str) -> &Self {
        assert_eq!((self.status, self.location.as_deref()), (303, Some(path)), "{}", self.text);
        self
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> Option<String> {
        let behind = self.text.split_once(&format!("name=\"{name}\" value=\""))?.1;
        Some(behind.split_once('"')?.0.to_owned())
    }
}

/// A browser in which a visit has begun.
pub(crate) struct Admin<'w> {
    world: &'w World,
    pub(crate) cookie: String,
    pub(crate) form_token: String,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::on(Bench::start().await, &Policy::default()).await
    }

    pub(crate) async fn on(bench: Bench, policy: &Policy) -> Self {
        let organization = organization(&bench, "Acme & Söhne", policy).await;
        Self { router: portico_portal::router(&bench.app), bench, organization }
    }

    pub(crate) fn grant(&self, intents: &[Intent], kind: LinkKind) -> Grant {
        Grant {
            organization_id: self.organization,
            intents: intents.to_vec(),
            kind,
            return_url: Some("https://harbor.example/settings".to_owned()),
            success_url: Some("https://harbor.example/done".to_owned()),
            contact: None,
            external_user_id: Some("user-7".to_owned()),
            inviter: None,
        }
    }

    /// The path of a new link.
    pub(crate) async fn link(&self, intents: &[Intent], kind: LinkKind) -> String {
        let made = make_link(&self.bench.app, self.grant(intents, kind)).await.unwrap();
        made.url.strip_prefix(ORIGIN).unwrap().to_owned()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Page {
        self.bench.clock.advance(Duration::milliseconds(1));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, cookie) = (header("location"), header("set-cookie"));
        let policy = header("content-security-policy").unwrap_or_default();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
        Page { status: status.as_u16(), location, cookie, policy, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Opens a link, as a browser does by its one button.
    pub(crate) async fn open(&self, path: &str) -> Page {
        self.send(Request::post(path).header("origin", ORIGIN).body(Body::empty()).unwrap()).await
    }

    /// An admin whom a link for this has let in.
    pub(crate) async fn admin(&self, intents: &[Intent]) -> Admin<'_> {
        self.admin_by(intents, LinkKind::InApp).await
    }

    pub(crate) async fn admin_by(&self, intents: &[Intent], kind: LinkKind) -> Admin<'_> {
        let path = self.link(intents, kind).await;
        let opened = self.open(&path).await;
        let cookie = opened.is(303).cookie.clone().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut admin = Admin { world: self, cookie, form_token: String::new() };
        admin.form_token = admin.get("/portal").await.hidden("form_token").unwrap();
        admin
    }

    /// The names of the organization's events, oldest first, and what they say beside their object.
    pub(crate) async fn events(&self) -> Vec<(EventName, serde_json::Value)> {
        self.bench.clock.advance(Duration::seconds(2));
        let wanted = EventQuery {
            limit: 100,
            organization_id: Some(self.organization),
            order: portico_shared::store::page::Order::Asc,
            ..EventQuery::default()
        };
        let page = self.bench.app.store().events(&wanted).await.unwrap();
        page.events.into_iter().map(|event| (event.event, event.context.unwrap_or_default())).collect()
    }
}

pub(crate) async fn organization(bench: &Bench, name: &str, policy: &Policy) -> OrganizationId {
    let now = bench.clock.now();
    let id = OrganizationId::mint(now, bench.app.rng());
    let organization = Organization {
        id,
        name: name.to_owned(),
        external_id: None,
        metadata: Default::default(),
        stripe_customer_id: None,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let event = NewEvent::new(EventName::OrganizationCreated, id, json!({ "id": id }));
    bench.app.store().create_organization(&organization, policy, &[], event).await.unwrap();
    id
}

impl Admin<'_> {
    pub(crate) async fn get(&self, path: &str) -> Page {
        let request = Request::get(path).header("cookie", &self.cookie);
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    /// Posts a form of the visit's own.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let own = [("form_token", self.form_token.as_str())];
        self.post_as(path, ORIGIN, &[&own, fields].concat()).await
    }

    pub(crate) async fn post_as(&self, path: &str, origin: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("cookie", &self.cookie)
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(Body::from(body.finish())).unwrap()).await
    }

    /// Posts a form with files, as `multipart/form-data`.
    pub(crate) async fn upload(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = String::new();
        let own = [("form_token", self.form_token.as_str())];
        for (name, value) in [&own, fields].concat() {
            let file = if name.ends_with("-file") { "; filename=\"metadata.xml\"" } else { "" };
            body.push_str(&format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str("--edge--\r\n");
        let request = Request::post(path)
            .header("cookie", &self.cookie)
            .header("origin", ORIGIN)
            .header("content-type", "multipart/form-data; boundary=edge");
        self.world.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Posts a form with the version that its page carries.
    pub(crate) async fn save(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let version = self.get(path).await.hidden("version").unwrap();
        let versioned = [("version", version.as_str())];
        self.upload(path, &[&versioned, fields].concat()).await
    }
}
