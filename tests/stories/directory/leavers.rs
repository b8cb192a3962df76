//! Whoever leaves loses access at once, however their provider says it.

use std::sync::Arc;

use portico_tests::{Customer, Deployment, Directory, Person, REDIRECT_URI, SamlIdp};
use serde_json::{Value, json};

use super::{events, names};

/// A customer whose people are in a directory and sign in by SAML.
pub(super) struct Acme {
    pub(super) deployment: Deployment,
    pub(super) customer: Customer,
    pub(super) directory: Directory,
}

impl Acme {
    pub(super) async fn new() -> Self {
        let deployment = Deployment::start().await;
        let customer = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
        let directory = Directory::of(&deployment, &customer.organization, "okta scim v2.0").await;
        Self { deployment, customer, directory }
    }

    /// Ada signs in; her access token.
    pub(super) async fn token(&self) -> String {
        let code = self.customer.code(&self.deployment, &mut Person::default()).await;
        let traded = self.deployment.trade(&code).await.ok();
        traded["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn is_active(&self, token: &str) -> bool {
        let fields = [
            ("token", token),
            ("client_id", self.deployment.stack.client_id()),
            ("client_secret", &self.deployment.api_key),
        ];
        let seen = self.deployment.api.post_form("/oauth2/introspect", &fields).await.ok();
        seen["active"].as_bool().unwrap()
    }

    /// Tries to sign in: whether it succeeded, and why not.
    pub(super) async fn attempt(&self) -> Option<String> {
        let url = self.customer.authorize_url(&self.deployment);
        let page = Person::default().follow(&url, REDIRECT_URI).await;
        if page.parameter("code").is_some() {
            return None;
        }
        let record = self.deployment.last_sign_in(&self.customer.organization).await;
        Some(record["refusal"]["reason"].as_str().unwrap_or_else(|| panic!("{record}")).to_owned())
    }

    /// Says by the directory that Ada leaves, and holds what must follow.
    async fn leaves_by(&self, user: &str, leave: impl AsyncFnOnce(&Directory)) {
        let token = self.token().await;
        assert!(self.is_active(&token).await);
        leave(&self.directory).await;
        assert!(!self.is_active(&token).await, "the token outlived its person");
        let profile = self.deployment.api.with_key(&token).get("/sso/profile").await;
        assert_eq!(profile.status, 401);
        assert_eq!(self.attempt().await.as_deref(), Some("person_deactivated"));
        let said = events(&self.deployment, &self.customer.organization).await;
        let last =
            said.iter().rfind(|event| event["event"].as_str().unwrap().starts_with("dsync.user.")).unwrap();
        assert_eq!(
            (&last["event"], &last["data"]["state"]),
            (&json!("dsync.user.updated"), &json!("inactive"))
        );
        assert_eq!(last["data"]["id"], json!(user));
        assert_eq!(last["data"]["previous_attributes"]["state"], json!("active"));
        let shown = self.directory.get(&format!("/Users/{user}")).await.ok();
        assert_eq!(shown["active"], json!(false), "whoever is deactivated is still shown");
        // And comes back.
        let back = json!([{ "op": "replace", "value": { "active": true } }]);
        self.directory.patch(&format!("/Users/{user}"), back).await.ok();
        assert!(!self.is_active(&token).await, "an old token came alive again");
        assert_eq!(self.attempt().await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_deactivated_has_no_session_and_gets_none_whichever_way_it_is_said() {
    let acme = Acme::new().await;
    let user = acme.directory.user("ada@acme.test").await;
    let path = format!("/Users/{user}");
    // Entra ID, by default.
    acme.leaves_by(&user, async |directory| {
        directory.patch(&path, json!([{ "op": "Replace", "path": "active", "value": "False" }])).await.ok();
    })
    .await;
    // Okta's applications from its network.
    acme.leaves_by(&user, async |directory| {
        directory.patch(&path, json!([{ "op": "replace", "value": { "active": false } }])).await.ok();
    })
    .await;
    // Okta's own applications: everything that was read, with one difference.
    acme.leaves_by(&user, async |directory| {
        let mut whole = directory.get(&path).await.ok();
        whole["active"] = json!(false);
        directory.put(&path, &whole).await.ok();
    })
    .await;
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signed_in_before_the_directory_knew_them_is_the_same_person() {
    let acme = Acme::new().await;
    let token = acme.token().await;
    let user = acme.directory.user("ada@acme.test").await;
    assert!(acme.is_active(&token).await, "provisioning ends no session");
    acme.directory.delete(&format!("/Users/{user}")).await.ok();
    assert!(!acme.is_active(&token).await);
    assert_eq!(acme.attempt().await.as_deref(), Some("person_deactivated"));
    let said = events(&acme.deployment, &acme.customer.organization).await;
    assert_eq!(names(&said).last(), Some(&"dsync.user.deleted"));
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_deleted_and_provisioned_again_gets_in_again() {
    let acme = Acme::new().await;
    for _ in 0..3 {
        let user = acme.directory.user("ada@acme.test").await;
        assert_eq!(acme.attempt().await, None);
        acme.directory.delete(&format!("/Users/{user}")).await.ok();
        assert_eq!(acme.attempt().await.as_deref(), Some("person_deactivated"));
    }
    // Without the provider's own id, too: then the address says who it is.
    let body = json!({ "userName": "ada@acme.test", "active": true });
    acme.directory.post("/Users", &body).await.ok();
    assert_eq!(acme.attempt().await, None);
    acme.deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_by_the_providers_id_though_the_address_differs() {
    let acme = Acme::new().await;
    let token = acme.token().await;
    let subject = subject_of(&acme, &token).await;
    let body = json!({ "userName": "lovelace@acme.test", "externalId": subject });
    let made = acme.directory.post("/Users", &body).await.ok();
    acme.directory.delete(&format!("/Users/{}", made["id"].as_str().unwrap())).await.ok();
    assert!(!acme.is_active(&token).await);
    acme.deployment.stop().await;
}

async fn subject_of(acme: &Acme, token: &str) -> Value {
    acme.deployment.api.with_key(token).get("/sso/profile").await.ok()["idp_id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_races_a_deactivation_leaves_no_live_token() {
    let acme = Arc::new(Acme::new().await);
    let user = acme.directory.user("ada@acme.test").await;
    for round in 0..3 {
        let sign_ins: Vec<_> = (0..6)
            .map(|_| {
                let acme = acme.clone();
                tokio::spawn(async move {
                    let url = acme.customer.authorize_url(&acme.deployment);
                    let page = Person::default().follow(&url, REDIRECT_URI).await;
                    let code = page.parameter("code")?;
                    let traded = acme.deployment.trade(&code).await;
                    traded.body["access_token"].as_str().map(str::to_owned)
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        acme.directory.patch(&format!("/Users/{user}"), off).await.ok();
        for sign_in in sign_ins {
            if let Some(token) = sign_in.await.unwrap() {
                assert!(!acme.is_active(&token).await, "round {round}: a token lives though its person left");
            }
        }
        let on = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
        acme.directory.patch(&format!("/Users/{user}"), on).await.ok();
    }
    let Ok(acme) = Arc::try_unwrap(acme) else { panic!("a sign-in is still under way") };
    acme.deployment.stop().await;
}
