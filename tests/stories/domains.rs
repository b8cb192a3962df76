//! A domain from its claim to the sign-ins that it routes: by the official SDKs, with records published at the machine's
//! own name server, at one that nobody here wrote, and in Route 53.

use portico_local::{RecordName, RecordSet, RecordType};
use portico_tests::{
    Browser, Customer, Deployment, Hash, Knot, Moto, Peer, Person, Practice, REDIRECT_URI, SamlIdp, Setup,
    Sign, User, authorize,
};
use serde_json::{Value, json};

const DOMAIN: &str = "globex.example";
const RECORD: &str = "_portico.globex.example";

/// An SDK, connected to a deployment.
async fn sdk(mut peer: Peer, deployment: &Deployment) -> Peer {
    let arguments = json!({ "base_url": deployment.base_url(), "api_key": deployment.api_key, "client_id": deployment.stack.client_id() });
    peer.call("connect", arguments).await;
    peer
}

async fn node(sdk: &mut Peer, method: &str, arguments: Value) -> Value {
    let method = format!("organizationDomains.{method}");
    sdk.call("use", json!({ "method": method, "arguments": arguments })).await
}

async fn python(sdk: &mut Peer, method: &str, arguments: Value) -> Value {
    let method = format!("organization_domains.{method}");
    sdk.call("use", json!({ "method": method, "arguments": arguments })).await
}

/// Who publishes the record.
enum Admin {
    /// The one at the machine's own name server.
    Here,
    /// The one at Knot.
    Knot(Knot),
}

impl Admin {
    fn publish(&self, deployment: &Deployment, kind: &str, value: &str) {
        match self {
            Self::Here => {
                let record = if kind == "TXT" {
                    RecordSet::txt(RECORD, &[value])
                } else {
                    RecordSet::cname(RECORD, value)
                };
                deployment.stack.zones().put(record.unwrap()).unwrap();
            }
            Self::Knot(knot) => {
                let value = if kind == "TXT" { format!("\"{value}\"") } else { format!("{value}.") };
                knot.update(DOMAIN, &[format!("add {RECORD}. 60 {kind} {value}")]);
            }
        }
    }

    fn withdraw(&self, deployment: &Deployment, kind: &str) {
        match self {
            Self::Here => {
                let record_type = if kind == "TXT" { RecordType::Txt } else { RecordType::Cname };
                deployment.stack.zones().remove(&RecordName::parse(RECORD).unwrap(), record_type).unwrap();
            }
            Self::Knot(knot) => knot.update(DOMAIN, &[format!("del {RECORD}. {kind}")]),
        }
    }
}

async fn discovered(deployment: &Deployment) -> Value {
    deployment.api.get(&format!("/sso/discover?email=ada@{DOMAIN}")).await.ok()
}

/// Create, publish, verify, route a sign-in; give it up, and nobody is routed any more.
async fn from_claim_to_sign_in(deployment: &Deployment, admin: &Admin, kind: &str) {
    let mut acme =
        Customer::new(deployment, &format!("{}.test", kind.to_lowercase()), SamlIdp::samlp().await).await;
    let mut sdk = sdk(Peer::node("workos_sdk.mjs"), deployment).await;
    let asked = json!([{ "organizationId": acme.organization, "domain": DOMAIN }]);
    let claim = node(&mut sdk, "create", asked).await;
    assert_eq!((&claim["state"], &claim["domain"]), (&json!("pending"), &json!(DOMAIN)), "{claim}");
    assert_eq!(node(&mut sdk, "verify", json!([claim["id"]])).await["state"], "pending");
    assert_eq!(discovered(deployment).await["organization_id"], json!(null));

    let shown =
        deployment.api.get(&format!("/organization_domains/{}", claim["id"].as_str().unwrap())).await.ok();
    let records = shown["dns_records"].as_array().unwrap();
    let record = records.iter().find(|record| record["type"] == json!(kind)).unwrap();
    assert_eq!(record["name"], RECORD);
    admin.publish(deployment, kind, record["value"].as_str().unwrap());
    let verified = node(&mut sdk, "verify", json!([claim["id"]])).await;
    assert_eq!(verified["state"], "verified", "{verified}");
    assert_eq!(node(&mut sdk, "get", json!([claim["id"]])).await["verificationStrategy"], "dns");

    let found = discovered(deployment).await;
    assert_eq!(
        (&found["organization_id"], &found["connection_id"]),
        (&json!(acme.organization), &json!(acme.connection))
    );
    acme.answer_with(&User::ada(DOMAIN), Sign::Assertion, Hash::Sha256).await;
    let url = authorize(deployment, &[("login_hint", &format!("ada@{DOMAIN}"))]);
    let arrived = Person::default().follow(&url, REDIRECT_URI).await;
    assert!(arrived.parameter("code").is_some(), "{} {}", arrived.url, arrived.text);

    node(&mut sdk, "delete", json!([claim["id"]])).await;
    assert_eq!(discovered(deployment).await["organization_id"], json!(null));
    admin.withdraw(deployment, kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_claimed_proved_and_routed_at_the_machines_own_name_server() {
    let deployment = Deployment::start().await;
    for kind in ["TXT", "CNAME"] {
        from_claim_to_sign_in(&deployment, &Admin::Here, kind).await;
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_claimed_proved_and_routed_at_knot() {
    let knot = Knot::start(&[DOMAIN]).await;
    let deployment =
        Deployment::start_with(Setup { name_server: Some(knot.address()), ..Setup::default() }).await;
    let admin = Admin::Knot(knot);
    for kind in ["TXT", "CNAME"] {
        from_claim_to_sign_in(&deployment, &admin, kind).await;
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_claims_shows_verifies_and_gives_up_a_domain() {
    let deployment = Deployment::start().await;
    let mut sdk = sdk(Peer::python("workos_sdk.py"), &deployment).await;
    let organization = deployment.api.post("/organizations", &json!({ "name": "Globex" })).await.ok();
    let asked = json!({ "organization_id": organization["id"], "domain": DOMAIN });
    let claim = python(&mut sdk, "create_organization_domain", asked.clone()).await;
    assert_eq!((&claim["object"], &claim["state"]), (&json!("organization_domain"), &json!("pending")));
    let value = format!(
        "{}={}",
        claim["verification_prefix"].as_str().unwrap(),
        claim["verification_token"].as_str().unwrap()
    );
    Admin::Here.publish(&deployment, "TXT", &value);
    let id = json!({ "id": claim["id"] });
    assert_eq!(python(&mut sdk, "verify_organization_domain", id.clone()).await["state"], "verified");
    assert_eq!(python(&mut sdk, "get_organization_domain", id.clone()).await["state"], "verified");

    let twice = json!({ "method": "organization_domains.create_organization_domain", "arguments": asked });
    assert_eq!(sdk.attempt("use", twice).await.unwrap_err().details["status_code"], 409);
    let again = json!({ "method": "organization_domains.verify_organization_domain", "arguments": id });
    assert_eq!(sdk.attempt("use", again).await.unwrap_err().details["status_code"], 400);
    python(&mut sdk, "delete_organization_domain", id.clone()).await;
    let gone = json!({ "method": "organization_domains.get_organization_domain", "arguments": id });
    assert_eq!(sdk.attempt("use", gone).await.unwrap_err().details["status_code"], 404);
    deployment.stop().await;
}

/// A claim to the domain, with the paths of it and of its record.
async fn claimed(deployment: &Deployment) -> (Value, String, String) {
    let organization = deployment.api.post("/organizations", &json!({ "name": "Globex" })).await.ok();
    let asked = json!({ "organization_id": organization["id"], "domain": DOMAIN });
    let claim = deployment.api.post("/organization_domains", &asked).await.ok();
    let path = format!("/organization_domains/{}", claim["id"].as_str().unwrap());
    let record = format!("{path}/dns_record");
    (claim, path, record)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_published_in_the_machines_route_53_verified_and_withdrawn() {
    let deployment = Deployment::start().await;
    let (_, path, record) = claimed(&deployment).await;
    let published = deployment.api.post(&record, &json!({})).await.ok();
    assert_eq!(
        (&published["status"], &published["name"]),
        (&json!("published"), &json!(RECORD)),
        "{published}"
    );
    let verified = deployment.api.post(&format!("{path}/verify"), &json!({})).await.ok();
    assert_eq!(verified["state"], "verified", "{verified}");
    assert_eq!(deployment.api.delete(&record).await.ok()["status"], "withdrawn");
    let shown = deployment.stack.zones().all();
    assert!(!format!("{shown:?}").contains("portico-verification="), "nothing is left of it");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn route_53_that_refuses_or_dawdles_says_what_to_do() {
    let deployment = Deployment::start().await;
    let (_, _, record) = claimed(&deployment).await;
    let faults = deployment.stack.route53().faults();
    faults.deny_access(true);
    let denied = deployment.api.post(&record, &json!({})).await;
    assert_eq!(
        (denied.status.as_u16(), &denied.body["code"]),
        (502, &json!("route53_access_denied")),
        "{}",
        denied.body
    );
    faults.deny_access(false);
    faults.throttle_next(1);
    faults.stay_pending(true);
    let pending = deployment.api.post(&record, &json!({})).await.ok();
    assert_eq!(pending["status"], "pending", "{pending}");
    let organization = deployment.api.post("/organizations", &json!({ "name": "Other" })).await.ok();
    let asked = json!({ "organization_id": organization["id"], "domain": "elsewhere.example" });
    let other = deployment.api.post("/organization_domains", &asked).await.ok();
    let nowhere = format!("/organization_domains/{}/dns_record", other["id"].as_str().unwrap());
    let refused = deployment.api.post(&nowhere, &json!({})).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (422, &json!("no_hosted_zone")),
        "{}",
        refused.body
    );
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_published_in_motos_route_53_verified_and_withdrawn() {
    let moto = Moto::start(DOMAIN).await;
    let deployment =
        Deployment::start_with(Setup { route53: Some(moto.route53()), ..Setup::default() }).await;
    let (claim, path, record) = claimed(&deployment).await;
    let value = claim["dns_records"][0]["value"].as_str().unwrap();
    let published = deployment.api.post(&record, &json!({})).await.ok();
    assert_eq!(published["status"], "published", "{published}");
    let records = moto.records().await;
    assert!(records.contains(&format!("\"{value}\"")) && records.contains(RECORD), "{records}");
    // moto serves no DNS: what it holds is published where the functions look.
    Admin::Here.publish(&deployment, "TXT", value);
    let verified = deployment.api.post(&format!("{path}/verify"), &json!({})).await.ok();
    assert_eq!(verified["state"], "verified", "{verified}");
    assert_eq!(deployment.api.delete(&record).await.ok()["status"], "withdrawn");
    assert!(!moto.records().await.contains(value));
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_verifies_a_claim_and_says_so() {
    let deployment = Deployment::start().await;
    let organization =
        deployment.api.post("/organizations", &json!({ "name": "Globex", "domains": [DOMAIN] })).await.ok();
    let claim = &organization["domains"][0];
    let value = format!("portico-verification={}", claim["verification_token"].as_str().unwrap());
    Admin::Here.publish(&deployment, "TXT", &value);
    let swept =
        deployment.stack.invoke("domain-verification", json!({ "portico_schedule": true })).await.unwrap();
    assert_eq!(swept["checked"], 1, "{swept}");
    let path = format!("/organization_domains/{}", claim["id"].as_str().unwrap());
    assert_eq!(deployment.api.get(&path).await.ok()["state"], "verified");
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_publishes_the_record_on_the_page_and_sees_the_claim_verified() {
    let practice = Practice::start().await;
    let api = &practice.api;
    let organization = api.post("/organizations", &json!({ "name": "Globex" })).await.ok();
    let asked = json!({ "organization_id": organization["id"], "domain": DOMAIN });
    let claim = api.post("/organization_domains", &asked).await.ok();
    let record = &claim["dns_records"][0];
    let mut browser = Browser::start().await;
    browser.goto(practice.local.dns_url()).await;
    browser.is_accessible("the zones of the machine").await;
    browser.click("link", DOMAIN).await;
    browser.is_accessible("a zone").await;
    browser.fill("Name", record["host"].as_str().unwrap()).await;
    browser.fill("Value", record["value"].as_str().unwrap()).await;
    browser.click("button", "Add record").await;
    browser.read(record["value"].as_str().unwrap()).await;
    let verify = format!("/organization_domains/{}/verify", claim["id"].as_str().unwrap());
    assert_eq!(api.post(&verify, &json!({})).await.ok()["state"], "verified");
    practice.local.stop().await;
}
