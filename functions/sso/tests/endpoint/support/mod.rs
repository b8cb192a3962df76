//! A customer with a connection, an application with its redirect URIs, and a hand that calls the router.

mod calls;
mod fixtures;

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use axum::Router;
use axum::body::Body;
use chrono::Duration;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use portico_shared::app::App;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::*;
use portico_shared::domain::organization::Policy;
use portico_shared::domain::redirect_uri::ClientKind;
use portico_shared::domain::sign_in::{AuthorizationCode, CODE_LIFETIME, Outcome, SignInRecord};
use portico_shared::domain::token::PlainToken;
use portico_shared::store::{CompletedSignIn, SignInHints, SignInRefused};
use portico_shared::web::after_answer::AfterAnswer;
use portico_testing::Bench;
use serde_json::Value;
use tower::ServiceExt;
use url::Url;

pub(crate) use calls::Calls;
use fixtures::{ada, ada_profile, created};
pub(crate) use fixtures::{
    add_api_key, add_connection, add_organization, add_redirect_uri, add_redirect_uri_with,
};

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

    /// Sends a request whose answer never arrives: the process dies when it is made.
    pub(crate) async fn send_and_lose(&self, request: Request<Body>) -> StatusCode {
        self.router.clone().oneshot(request).await.unwrap().status()
    }

    /// A router with caches of its own, over the same table: another Lambda instance.
    pub(crate) fn another_instance(&mut self) {
        self.router = portico_sso::router(&self.bench.another_instance());
    }

    /// Deactivates Ada, as a directory does.
    pub(crate) fn deactivate(&self) {
        self.set_of_ada("status", "deactivated");
    }

    /// Ends what came of Ada's sign-ins until now.
    pub(crate) fn revoke_what_came_before(&self) {
        let now = serde_json::to_value(self.bench.clock.now()).unwrap();
        self.set_of_ada("revoked_before", now.as_str().unwrap());
    }

    pub(crate) async fn delete_connection(&self) {
        let store = self.app().store();
        let read = store.connection(self.connection).await.unwrap().unwrap();
        store.delete_connection(&read, created(self.organization)).await.unwrap();
    }

    fn set_of_ada(&self, attribute: &str, value: &str) {
        let person = ada(self.organization, self.bench.clock.now()).id;
        let request = serde_json::json!({
            "TableName": "portico",
            "Key": { "pk": { "S": format!("person#{person}") }, "sk": { "S": "person" } },
            "UpdateExpression": "SET body.#attribute = :value",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": { "#attribute": attribute },
            "ExpressionAttributeValues": { ":value": { "S": value } },
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
        self.send(form(address, authorization, parameters)).await
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
        let context =
            app.store().sign_in_context(self.connection, SignInHints::plain(Some(request))).await.unwrap();
        let (connection, request) = (context.connection.unwrap(), context.request.unwrap());
        let person = ada(self.organization, now);
        let profile = ada_profile(&connection.connection.value, person.id);
        let email = EmailAddress::parse(&profile.email).unwrap();
        let known = app
            .store()
            .identity(self.organization, (profile.id, &profile.idp_id), &email)
            .await
            .unwrap()
            .profile;
        let code = PlainToken::random(app.rng());
        let sign_in_id = SignInId::mint(now, app.rng());
        let record = SignInRecord {
            id: sign_in_id,
            organization_id: self.organization,
            connection_id: self.connection,
            request_id: Some(request.value.id.clone()),
            test: false,
            outcome: Outcome::Succeeded { profile_id: profile.id },
            warnings: Vec::new(),
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
            token_salt: None,
            traded_at: None,
            traded_again: false,
        };
        let done = CompletedSignIn {
            connection: &connection,
            request: &request,
            profile: &profile,
            known_profile: known.as_ref(),
            new_person: known.is_none().then_some(&person),
            held: None,
            holds_idp_id: false,
            released: None,
            domain: None,
            code: &issued,
            record: &record,
            activated: None,
            event: NewEvent::new(
                EventName::AuthenticationSsoSucceeded,
                self.organization,
                serde_json::Value::Null,
            ),
        };
        app.store().complete_sign_in(done).await.unwrap().map(|()| code)
    }

    /// Trades with the parameters of an ordinary request, and those given over them; an empty value leaves one out.
    pub(crate) async fn trade(&self, path: &str, code: &PlainToken, over: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("client_id", "client_test"),
            ("code", code.reveal()),
            ("redirect_uri", CALLBACK),
        ];
        let mut parameters: Vec<(&str, &str)> =
            usual.into_iter().filter(|(name, _)| !over.iter().any(|(other, _)| other == name)).collect();
        parameters.extend(over.iter().filter(|(_, value)| !value.is_empty()));
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

/// A POST of a form.
pub(crate) fn form(address: &str, authorization: Option<&str>, parameters: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::post(address).header("content-type", "application/x-www-form-urlencoded");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(Body::from(query(parameters))).unwrap()
}

/// What a router answers.
pub(crate) async fn send_to(router: &Router, request: Request<Body>) -> Answer {
    let mut response = router.clone().oneshot(request).await.unwrap();
    let after = AfterAnswer::detach(&mut response);
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    if let Some(after) = after {
        after.run().await;
    }
    Answer { status: parts.status, headers: parts.headers, body }
}

pub(crate) fn query(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}
