//! What the stories have in common: an admin at a browser, and what the pages say to them.

use portico_local::RecordSet;
use portico_shared::domain::domain_name::DomainName;
use portico_tests::{Browser, Deployment, Hash, Person, SamlIdp, Sign};
use serde_json::{Value, json};

/// How the provider's metadata is handed over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// By its address.
    Url,
    /// Pasted.
    Xml,
    /// Value by value.
    Fields,
}

/// What the provider says of whoever signs in.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// The NameID.
    pub(crate) name_id: &'static str,
    /// The attributes, by the names that the guide has the provider send.
    pub(crate) attributes: Value,
}

impl Said {
    /// Ann, by these names for first and last name, e-mail and id.
    pub(crate) fn ann([id, email, first, last]: [&str; 4]) -> Self {
        let mut attributes = json!({
            email: ["ann@acme.test"], first: ["Ann"], last: ["Lindqvist"], "groups": ["IT", "Staff"],
        });
        if !id.is_empty() {
            attributes[id] = json!(["00u1ann"]);
        }
        Self { name_id: "ann@acme.test", attributes }
    }
}

/// An admin, and the deployment behind the pages.
pub(crate) struct Admin {
    pub(crate) deployment: Deployment,
    pub(crate) browser: Browser,
    pub(crate) organization: String,
    pub(crate) idp: SamlIdp,
}

impl Admin {
    /// An admin of an organization that has nothing yet; script runs or doesn't.
    pub(crate) async fn start(script: bool) -> Self {
        let deployment = Deployment::start().await;
        let made = deployment.api.post("/organizations", &json!({ "name": "Acme" })).await.ok();
        let organization = made["id"].as_str().unwrap().to_owned();
        let browser = Browser::start_with(json!({ "javaScriptEnabled": script })).await;
        Self { deployment, browser, organization, idp: SamlIdp::pysaml2().await }
    }

    /// A link as the application asks for it.
    pub(crate) async fn link(&self, intent: &str) -> String {
        let asked = json!({
            "organization": self.organization,
            "intent": intent,
            "return_url": "http://127.0.0.1:9/settings",
            "success_url": "http://127.0.0.1:9/done",
        });
        let made = self.deployment.api.post("/portal/generate_link", &asked).await.ok();
        made["link"].as_str().unwrap().to_owned()
    }

    /// Opens a new link and begins a visit.
    pub(crate) async fn enter(&mut self, intent: &str) {
        let link = self.link(intent).await;
        self.browser.goto(&link).await;
        self.browser.click("button", "Continue").await;
        self.browser.read("This visit ends at").await;
    }

    /// Claims acme.test and proves it by the record that the page shows, published in this machine's DNS.
    pub(crate) async fn prove_the_domain(&mut self) {
        self.browser.goto(&self.deployment.url("/portal/domains")).await;
        self.browser.fill("Your e-mail domains", "acme.test").await;
        self.browser.click("button", "Add Domains").await;
        let (page, _) = self.browser.read("portico-verification=").await;
        let value = page.split_whitespace().find(|word| word.starts_with("portico-verification=")).unwrap();
        let zones = self.deployment.stack.zones();
        zones.add(&DomainName::parse("acme.test").unwrap()).unwrap();
        zones.put(RecordSet::txt("_portico.acme.test", &[value]).unwrap()).unwrap();
        self.browser.click("button", "Check now").await;
        self.browser.read("The domain is verified").await;
    }

    /// Names an IT contact.
    pub(crate) async fn name_a_contact(&mut self) {
        self.browser.goto(&self.deployment.url("/portal/contacts")).await;
        self.browser.fill("E-mail address", "it@acme.test").await;
        self.browser.click("button", "Add contact").await;
        self.browser.read("1 of 20").await;
    }

    /// Walks on from screen to screen until this one.
    pub(crate) async fn walk_to(&mut self, title: &str) -> String {
        for _ in 0..10 {
            let (page, _) = self.browser.read("Step ").await;
            if page.contains(title) && self.title().await.starts_with(title) {
                return page;
            }
            self.browser.click("button", "Continue").await;
        }
        panic!("{title} was never reached");
    }

    async fn title(&mut self) -> String {
        self.browser.title().await
    }

    /// Has the provider know us by the newest connection, and say this of whoever signs in.
    pub(crate) async fn teach_the_provider(&mut self, said: &Said, audience: Option<&str>) {
        let newest = format!("/connections?organization_id={}&order=desc&limit=1", self.organization);
        let listed = self.deployment.api.get(&newest).await.ok();
        let id = listed["data"][0]["id"].as_str().unwrap().to_owned();
        let connection = self.deployment.api.get(&format!("/connections/{id}")).await.ok();
        let address = connection["saml"]["sp_metadata_url"].as_str().unwrap();
        let metadata = Person::default().visit(address).await.text;
        self.idp.trust(&metadata).await;
        self.idp.answer_as(said.name_id, &said.attributes, (Sign::Both, Hash::Sha256), audience).await;
    }

    /// Gives the provider's values on the screen that asks for them.
    pub(crate) async fn hand_over(&mut self, way: Way) {
        match way {
            Way::Url => {
                let url = self.idp.metadata_url.clone();
                self.browser.choose("Metadata URL").await;
                self.browser.fill("Metadata URL", &url).await;
            }
            Way::Xml => {
                let xml = self.idp.metadata.clone();
                self.browser.choose("Pasted metadata").await;
                self.browser.fill("Metadata XML", &xml).await;
            }
            Way::Fields => {
                let (entity_id, certificate) = (self.idp.metadata_url.clone(), self.idp.certificate.clone());
                let sso_url = entity_id.replace("/metadata", "/sso");
                self.browser.choose("Single values").await;
                self.browser.fill("Entity ID", &entity_id).await;
                self.browser.fill("SSO URL", &sso_url).await;
                self.browser.fill("Certificate", &certificate).await;
            }
        }
        self.browser.click("button", "Continue").await;
    }

    /// Goes through the provider and comes back with this.
    pub(crate) async fn test_the_sign_in(&mut self, until: &str) -> String {
        self.browser.click("button", "Test").await;
        self.browser.click("button", "Go on").await;
        self.browser.read(until).await.0
    }

    /// How the application sees the setup.
    pub(crate) async fn setup(&self) -> Value {
        self.deployment.api.get(&format!("/organizations/{}/setup", self.organization)).await.ok()
    }
}
