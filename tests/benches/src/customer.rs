//! A customer of the SaaS product, and the four requests of a sign-in. Their identity provider is in this process, so
//! that what it costs to sign a response is nobody else's.

use std::path::Path;

use portico_local::{PracticeIdp, PracticePerson};
use portico_shared::domain::random::Rng;
use portico_shared::domain::time::Clock;
use portico_tests::{Api, Person, query};
use serde_json::{Value, json};
use url::Url;

use crate::process::Stopwatch;

const DOMAIN: &str = "bench.example";

/// A deployment, as an application knows it.
#[derive(Clone)]
pub(crate) struct Deployment {
    pub(crate) base_url: String,
    pub(crate) client_id: String,
    pub(crate) api_key: String,
    pub(crate) redirect_uri: String,
}

/// An organization whose people sign in.
#[derive(Clone)]
pub(crate) struct Customer {
    api: Api,
    connection: String,
    deployment: Deployment,
    acs_url: Url,
    idp: PracticeIdp,
}

/// Somebody who signs in, with a browser of their own. The steps are taken in order.
pub(crate) struct Visitor {
    number: usize,
    browser: Person,
    saml_request: String,
    relay_state: String,
    saml_response: String,
    code: String,
    access_token: String,
}

/// The requests of a sign-in, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Authorize,
    Acs,
    Token,
    Profile,
}

impl Step {
    pub(crate) const ALL: [Self; 4] = [Self::Authorize, Self::Acs, Self::Token, Self::Profile];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Acs => "acs",
            Self::Token => "token",
            Self::Profile => "profile",
        }
    }
}

impl Customer {
    /// Makes the organization and its connection through the API. The provider's key is kept in `directory`.
    pub(crate) async fn new(deployment: Deployment, directory: &Path) -> Self {
        let idp =
            PracticeIdp::open("http://127.0.0.1:9".to_owned(), directory, Clock::system(), Rng::system());
        let idp = idp.unwrap();
        let api = Api::new(&deployment.base_url, &deployment.api_key);
        let domain = json!([{ "domain": DOMAIN, "state": "verified" }]);
        let made = api.post("/organizations", &json!({ "name": "Bench", "domain_data": domain })).await.ok();
        let connection = json!({
            "organization_id": made["id"],
            "connection_type": "GenericSAML",
            "saml_options": { "idp_metadata_xml": idp.metadata_xml() },
            "state": "active",
        });
        let made = api.post("/connections", &connection).await.ok();
        let (id, acs_url) = (text(&made["id"]), text(&made["saml"]["acs_url"]));
        idp.register(text(&made["saml"]["sp_entity_id"]), &acs_url);
        Self { api, connection: id, deployment, acs_url: acs_url.parse().unwrap(), idp }
    }

    /// So many people, the first with this number. Their browsers share connections, as they would behind one proxy.
    pub(crate) fn visitors(&self, first: usize, count: usize) -> Vec<Visitor> {
        let browser = Person::default();
        let visitor = |number| Visitor {
            number,
            browser: browser.clone(),
            saml_request: String::new(),
            relay_state: String::new(),
            saml_response: String::new(),
            code: String::new(),
            access_token: String::new(),
        };
        (first..first + count).map(visitor).collect()
    }

    /// The address where a sign-in begins.
    pub(crate) fn authorize_url(&self) -> String {
        let Deployment { base_url, client_id, redirect_uri, .. } = &self.deployment;
        let parameters = query(&[
            ("client_id", client_id.as_str()),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("connection", &self.connection),
            ("state", "st-1"),
        ]);
        format!("{base_url}/sso/authorize?{parameters}")
    }

    /// Takes a step and answers how many milliseconds the request took. What the provider does is not timed.
    pub(crate) async fn step(&self, visitor: &mut Visitor, step: Step) -> f64 {
        if step == Step::Acs {
            self.provider_answers(visitor);
        }
        let watch = Stopwatch::start();
        match step {
            Step::Authorize => self.authorize(visitor).await,
            Step::Acs => self.acs(visitor).await,
            Step::Token => self.token(visitor).await,
            Step::Profile => self.profile(visitor).await,
        }
        watch.milliseconds()
    }

    /// A whole sign-in; the time is that of its four requests.
    pub(crate) async fn sign_in(&self, visitor: &mut Visitor) -> f64 {
        let mut all = 0.0;
        for step in Step::ALL {
            all += self.step(visitor, step).await;
        }
        all
    }

    async fn authorize(&self, visitor: &mut Visitor) {
        let page = visitor.browser.visit(&self.authorize_url()).await;
        let location = page.location().unwrap_or_else(|| panic!("{} {}", page.status, page.text));
        let parameter =
            |name: &str| location.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v.into_owned());
        visitor.saml_request = parameter("SAMLRequest").unwrap_or_else(|| panic!("{location}"));
        visitor.relay_state = parameter("RelayState").unwrap_or_default();
    }

    fn provider_answers(&self, visitor: &mut Visitor) {
        let (id, email) = (format!("bench-{}", visitor.number), format!("person{}@{DOMAIN}", visitor.number));
        let groups = ["Engineering", "Admins"];
        let person = PracticePerson {
            id: &id,
            first_name: "Ada",
            last_name: "Lovelace",
            email: &email,
            groups: &groups,
        };
        visitor.saml_response = self.idp.answer(&visitor.saml_request, &person).unwrap();
    }

    async fn acs(&self, visitor: &mut Visitor) {
        let fields = [("SAMLResponse", &visitor.saml_response), ("RelayState", &visitor.relay_state)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.clone()));
        let page = visitor.browser.submit(&self.acs_url, &fields).await;
        let location = page.location().unwrap_or_else(|| panic!("{} {}", page.status, page.text));
        let code = location.query_pairs().find(|(key, _)| key == "code").map(|(_, code)| code.into_owned());
        visitor.code = code.unwrap_or_else(|| panic!("{location}"));
    }

    async fn token(&self, visitor: &mut Visitor) {
        let Deployment { client_id, api_key, .. } = &self.deployment;
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("client_secret", api_key),
            ("code", &visitor.code),
        ];
        let answer = self.api.post_form("/sso/token", &fields).await.ok();
        visitor.access_token = text(&answer["access_token"]);
    }

    async fn profile(&self, visitor: &Visitor) {
        let answer = self.api.with_key(&visitor.access_token).get("/sso/profile").await.ok();
        assert_eq!(answer["email"], json!(format!("person{}@{DOMAIN}", visitor.number)));
    }

    /// Where our metadata stands for the provider.
    pub(crate) fn metadata_url(&self) -> String {
        self.url(&format!("/sso/saml/metadata/{}", self.connection))
    }

    /// The REST API by the application's key.
    pub(crate) fn api(&self) -> &Api {
        &self.api
    }

    /// The application's API key.
    pub(crate) fn api_key(&self) -> &str {
        &self.deployment.api_key
    }

    /// An address of the deployment.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.deployment.base_url)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected text, got {value}")).to_owned()
}
