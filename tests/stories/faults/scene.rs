//! A sign-in in three requests, each of which may meet with a fault, and what everybody does naturally when it does: the
//! person reloads, or begins again at the application where the page says so; the application trades again.

use std::time::Duration;

use portico_shared::aws::Patience;
use portico_tests::{Answer, Customer, Deployment, Page, Person, Plan, REDIRECT_URI, SamlIdp, Setup, query};
use serde_json::{Value, json};

/// Which request of the sign-in meets with the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Authorize,
    Acs,
    Token,
}

impl Phase {
    pub(super) const ALL: [Self; 3] = [Self::Authorize, Self::Acs, Self::Token];

    pub(super) fn function(self) -> &'static str {
        if self == Self::Acs { "acs" } else { "sso" }
    }
}

/// The two ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    Sso,
    OpenId,
}

/// A deployment, and a customer whose connection signs its requests, so that a cold start
/// needs KMS.
pub(super) struct Scene {
    pub(super) deployment: Deployment,
    acme: Customer,
    surface: Surface,
    /// Whether the instances are new with every sign-in.
    cold: bool,
}

/// How a sign-in went.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) code: String,
    pub(super) token: String,
    /// The request that met with the fault was answered as if nothing had been.
    pub(super) unharmed: bool,
    /// The calls that this request made, in order, those after its answer included.
    pub(super) calls: Vec<String>,
}

/// A deployment that tries again soon.
pub(super) fn setup() -> Setup {
    let patience = Patience { pause: Duration::from_millis(2), ..Patience::default() };
    Setup { patience, ..Setup::default() }
}

/// The same for faults that cost an attempt's whole patience.
pub(super) fn impatient_setup() -> Setup {
    let patience = Patience { attempt: Duration::from_millis(500), ..setup().patience };
    Setup { patience, ..Setup::default() }
}

impl Scene {
    pub(super) async fn start(surface: Surface) -> Self {
        Self::start_with(surface, setup()).await
    }

    pub(super) async fn start_with(surface: Surface, setup: Setup) -> Self {
        let deployment = Deployment::start_with(setup).await;
        let options = json!({ "sign_requests": true });
        let acme = Customer::with_options(&deployment, "acme.test", SamlIdp::samlp().await, options).await;
        let scene = Self { deployment, acme, surface, cold: false };
        // The person and the keys are there from now on.
        scene.sign_in(None).await;
        scene
    }

    /// New instances of all functions.
    pub(super) async fn restart(self) -> Self {
        Self { deployment: self.deployment.restart().await, cold: true, ..self }
    }

    /// The calls of each request of a sign-in in which nothing goes wrong, what follows the answer included.
    pub(super) async fn calls(&self, phase: Phase) -> Vec<String> {
        self.sign_in(Some((phase, None))).await.calls
    }

    /// Signs in; the request of `phase` meets with the planned fault.
    pub(super) async fn sign_in(&self, fault: Option<(Phase, Option<Plan>)>) -> Outcome {
        let mut ada = Person::default();
        let begins = |phase: Phase| {
            if let Some((at, plan)) = &fault
                && *at == phase
            {
                self.deployment.faults.take_calls("");
                self.deployment.round_trips.take();
                plan.iter().for_each(|plan| self.deployment.faults.inject(plan.clone()));
            }
        };
        let mut calls = Vec::new();
        let mut ends = |phase: Phase| {
            if let Some((at, _)) = &fault
                && *at == phase
            {
                self.all_is_well();
                calls = self.deployment.faults.take_calls(phase.function());
            }
        };
        let faulty = |phase: Phase| matches!(&fault, Some((at, Some(_))) if *at == phase);
        let mut unharmed = true;

        begins(Phase::Authorize);
        let mut asked = ada.visit(&self.authorize_url()).await;
        if faulty(Phase::Authorize) && !is_at_provider(&asked) {
            unharmed = false;
            self.all_is_well();
            if let Some(back) = asked.location() {
                assert!(back.as_str().contains("temporarily_unavailable"), "{back}");
            } else {
                has_a_reference(&asked);
            }
            asked = ada.visit(&self.authorize_url()).await;
        }
        ends(Phase::Authorize);
        assert!(is_at_provider(&asked), "{} {}", asked.status, asked.text);

        let form = ada.visit(asked.location().unwrap().as_str()).await.form().unwrap();
        begins(Phase::Acs);
        let mut back = ada.submit(&form.action, &form.fields).await;
        if faulty(Phase::Acs) && code_of(&back).is_none() {
            unharmed = false;
            self.all_is_well();
            has_a_reference(&back);
            let again = ada.submit(&form.action, &form.fields).await;
            back = if code_of(&again).is_some() {
                again
            } else {
                self.begin_again(&mut ada, &back, &again).await
            };
        }
        ends(Phase::Acs);
        let code = code_of(&back).unwrap_or_else(|| panic!("{} {}", back.status, back.text));

        if !self.cold {
            self.warm().await;
        }
        self.deployment.round_trips.take();
        begins(Phase::Token);
        let mut traded = self.trade(&code).await;
        if faulty(Phase::Token) && traded.status != 200 {
            unharmed = false;
            self.all_is_well();
            is_a_named_trouble(&traded);
            // No answer is on its way for so long.
            self.deployment.move_clock(3);
            traded = self.trade(&code).await;
        }
        let token = traded.ok()["access_token"].as_str().unwrap().to_owned();
        self.until_marked(fault.as_ref().and_then(|(_, plan)| plan.as_ref())).await;
        ends(Phase::Token);
        Outcome { code, token, unharmed, calls }
    }

    /// The answer to the first posting was lost together with its code. Posting again says so, or the page said it.
    async fn begin_again(&self, ada: &mut Person, first: &Page, again: &Page) -> Page {
        assert_eq!(again.status, 403, "{} then {}", first.text, again.text);
        assert!(again.text.contains("already used"), "{}", again.text);
        ada.follow(&self.authorize_url(), REDIRECT_URI).await
    }

    fn all_is_well(&self) {
        self.deployment.faults.end();
    }

    /// Has the function read what it keeps for some minutes: in these stories they pass quickly.
    async fn warm(&self) {
        self.deployment.api.get("/oauth2/jwks").await.ok();
        assert_eq!(self.session("at_unknown").await, None);
    }

    /// Waits for what follows the answer to a trade: until the mark is written, or the instance has died over it.
    async fn until_marked(&self, plan: Option<&Plan>) {
        if plan.is_some_and(Plan::is_crash) {
            self.deployment.faults.until_called("sso", "PutItem").await;
        } else {
            self.deployment.round_trips.take_after("PutItem").await;
        }
    }

    fn authorize_url(&self) -> String {
        let (path, scope) = match self.surface {
            Surface::Sso => ("/sso/authorize", ""),
            Surface::OpenId => ("/oauth2/authorize", "openid profile email"),
        };
        let all = [
            ("client_id", self.deployment.stack.client_id()),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("state", "st-1"),
            ("scope", scope),
            ("connection", &self.acme.connection),
        ];
        let given = all.into_iter().filter(|(_, value)| !value.is_empty());
        self.deployment.url(&format!("{path}?{}", query(&given.collect::<Vec<_>>())))
    }

    /// Trades a code as the application does.
    pub(super) async fn trade(&self, code: &str) -> Answer {
        if self.surface == Surface::Sso {
            return self.deployment.trade(code).await;
        }
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", self.deployment.stack.client_id()),
            ("client_secret", &self.deployment.api_key),
            ("redirect_uri", REDIRECT_URI),
            ("code", code),
        ];
        self.deployment.api.post_form("/oauth2/token", &fields).await
    }

    /// The session of a token that counts; `None` where it doesn't.
    pub(super) async fn session(&self, token: &str) -> Option<String> {
        let fields = [
            ("token", token),
            ("client_id", self.deployment.stack.client_id()),
            ("client_secret", &self.deployment.api_key),
        ];
        let seen = self.deployment.api.post_form("/oauth2/introspect", &fields).await.ok();
        let path = if self.surface == Surface::Sso { "/sso/profile" } else { "/oauth2/userinfo" };
        let used = self.deployment.api.with_key(token).get(path).await;
        assert_eq!(used.status == 200, seen["active"] == json!(true), "{path} and introspection differ");
        seen["sid"].as_str().map(str::to_owned)
    }

    /// The sessions of the newest sign-ins that succeeded: as the sign-in log has them, and as the event log has them.
    pub(super) async fn succeeded(&self) -> (Vec<String>, Vec<String>) {
        // Readers of the event log stop a second behind now.
        self.deployment.move_clock(2);
        let organization = &self.acme.organization;
        let log =
            self.deployment.api.get(&format!("/sign_ins?organization_id={organization}&limit=20")).await.ok();
        let all = log["data"].as_array().unwrap().iter();
        let records =
            all.filter(|record| record["outcome"] == json!("succeeded")).map(|record| text(&record["id"]));
        let events = format!(
            "/events?events=authentication.sso_succeeded&organization_id={organization}&order=desc&limit=20"
        );
        let events = self.deployment.api.get(&events).await.ok();
        let events =
            events["data"].as_array().unwrap().iter().map(|event| text(&event["data"]["sso"]["session_id"]));
        let (mut records, mut events): (Vec<_>, Vec<_>) = (records.collect(), events.collect());
        // Of two lists of the newest, the shorter one says how far back both go: refusals count in one only.
        let both = records.len().min(events.len());
        records.truncate(both);
        events.truncate(both);
        (records, events)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected text, got {value}")).to_owned()
}

fn is_at_provider(page: &Page) -> bool {
    page.location().is_some_and(|location| location.as_str().contains("SAMLRequest="))
}

fn code_of(page: &Page) -> Option<String> {
    Page { url: page.location()?, ..page.clone() }.parameter("code")
}

/// What the function answers names its request; what API Gateway answers in its place, in a header.
fn has_a_reference(page: &Page) {
    let named = page.headers.get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
    match named {
        Some(id) => {
            assert_eq!(page.status, 503, "{}", page.text);
            assert!(page.text.contains(&id), "no {id} in {}", page.text);
        }
        None => is_api_gateways(page.status.as_u16(), &page.text, &page.headers),
    }
}

fn is_a_named_trouble(answer: &Answer) {
    if answer.headers.contains_key("x-request-id") {
        assert!([503, 409].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.body);
        assert_eq!(answer.body["error"], json!("temporarily_unavailable"), "{}", answer.body);
        assert_eq!(answer.body["request_id"], json!(answer.header("x-request-id")));
        return;
    }
    is_api_gateways(answer.status.as_u16(), &answer.body.to_string(), &answer.headers);
}

fn is_api_gateways(status: u16, body: &str, headers: &reqwest::header::HeaderMap) {
    assert_eq!((status, body), (502, r#"{"message":"Internal Server Error"}"#));
    assert!(headers.contains_key("apigw-requestid"), "{headers:?}");
}
