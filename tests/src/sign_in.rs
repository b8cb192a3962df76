//! A customer of the SaaS product, whose people sign in through their own identity provider.

use serde_json::{Value, json};

use crate::{Answer, Deployment, Hash, Page, Person, REDIRECT_URI, SamlIdp, Sign, User, query};

/// An organization with an active connection to its identity provider.
pub struct Customer {
    /// The organization's id.
    pub organization: String,
    /// The connection's id.
    pub connection: String,
    /// The domain that it owns.
    pub domain: String,
    /// Where its provider posts responses.
    pub acs_url: String,
    /// Our entity id there.
    pub sp_entity_id: String,
    /// The provider.
    pub idp: SamlIdp,
}

impl Customer {
    /// Makes the organization and the connection, and has Ada sign in next, by a signed assertion.
    pub async fn new(deployment: &Deployment, domain: &str, idp: SamlIdp) -> Self {
        Self::with_options(deployment, domain, idp, json!({})).await
    }

    /// The same with more of `saml_options`.
    pub async fn with_options(
        deployment: &Deployment,
        domain: &str,
        mut idp: SamlIdp,
        mut options: Value,
    ) -> Self {
        let organization = text(&deployment.organization(domain, domain).await["id"]);
        options["idp_metadata_xml"] = json!(idp.metadata);
        let asked = json!({ "organization_id": organization, "connection_type": "GenericSAML", "saml_options": options, "state": "active" });
        let connection = deployment.api.post("/connections", &asked).await.ok();
        let acs_url = text(&connection["saml"]["acs_url"]);
        let sp_entity_id = text(&connection["saml"]["sp_entity_id"]);
        let connection = text(&connection["id"]);
        let metadata = deployment.api.get(&format!("/sso/saml/metadata/{connection}")).await.ok();
        idp.trust(metadata.as_str().unwrap()).await;
        idp.answer_with(&User::ada(domain), Sign::Assertion, Hash::Sha256, &acs_url).await;
        Self { organization, connection, domain: domain.to_owned(), acs_url, sp_entity_id, idp }
    }

    /// From now on this user signs in, by these signatures.
    pub async fn answer_with(&mut self, user: &User, sign: Sign, hash: Hash) {
        self.idp.answer_with(user, sign, hash, &self.acs_url).await;
    }

    /// The address where a sign-in of this customer begins.
    pub fn authorize_url(&self, deployment: &Deployment) -> String {
        authorize(deployment, &[("connection", &self.connection)])
    }

    /// Signs in, up to the address of the application that the person is sent to.
    pub async fn sign_in(&self, deployment: &Deployment, person: &mut Person) -> Page {
        let page = person.follow(&self.authorize_url(deployment), REDIRECT_URI).await;
        assert!(page.url.as_str().starts_with(REDIRECT_URI), "{} {} {}", page.status, page.url, page.text);
        page
    }

    /// Signs in and answers the code.
    pub async fn code(&self, deployment: &Deployment, person: &mut Person) -> String {
        let page = self.sign_in(deployment, person).await;
        page.parameter("code").unwrap_or_else(|| panic!("no code: {}", page.url))
    }
}

impl Deployment {
    /// The newest record in the sign-in log of an organization.
    pub async fn last_sign_in(&self, organization: &str) -> Value {
        let log = self.api.get(&format!("/sign_ins?organization_id={organization}")).await.ok();
        log["data"][0].clone()
    }

    /// Trades a code as an SDK does.
    pub async fn trade(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", self.stack.client_id()),
            ("client_secret", &self.api_key),
            ("code", code),
        ];
        self.api.post_form("/sso/token", &fields).await
    }
}

/// The address of /sso/authorize with these parameters and what every request has.
pub fn authorize(deployment: &Deployment, parameters: &[(&str, &str)]) -> String {
    let usual = [
        ("client_id", deployment.stack.client_id()),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("state", "st-1"),
    ];
    let given = |name: &str| parameters.iter().any(|(key, _)| *key == name);
    let usual = usual.into_iter().filter(|(name, _)| !given(name));
    let all: Vec<(&str, &str)> = usual.chain(parameters.iter().copied()).collect();
    deployment.url(&format!("/sso/authorize?{}", query(&all)))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected text, got {value}")).to_owned()
}
