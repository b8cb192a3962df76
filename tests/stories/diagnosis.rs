//! A person could not sign in: from the reference number on their page to the setting that has to be changed.

use portico_tests::{Customer, Deployment, Hash, Page, Person, REDIRECT_URI, SamlIdp, Sign, User};
use serde_json::{Value, json};

/// The reference number that the page shows.
fn reference(page: &Page) -> String {
    let (_, after) = page.text.split_once("sign_in_").unwrap_or_else(|| panic!("{}", page.text));
    format!("sign_in_{}", after.chars().take(26).collect::<String>())
}

/// The customer goes on with a connection of this type to the same provider.
async fn connect(deployment: &Deployment, acme: &mut Customer, kind: &str) {
    let asked = json!({
        "organization_id": acme.organization,
        "connection_type": kind,
        "saml_options": { "idp_metadata_xml": acme.idp.metadata },
        "state": "active",
    });
    let connection = deployment.api.post("/connections", &asked).await.ok();
    acme.connection = connection["id"].as_str().unwrap().to_owned();
    let metadata = deployment.api.get(&format!("/sso/saml/metadata/{}", acme.connection)).await.ok();
    acme.idp.trust(metadata.as_str().unwrap()).await;
}

/// Ada tries to sign in with this address, and is shown a page.
async fn refused(deployment: &Deployment, acme: &mut Customer, email: &str) -> Page {
    let ada = User { email: email.to_owned(), ..User::ada("acme.test") };
    acme.answer_with(&ada, Sign::Assertion, Hash::Sha256).await;
    let page = Person::default().follow(&acme.authorize_url(deployment), REDIRECT_URI).await;
    assert_eq!(page.status, 403, "{}", page.text);
    page
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_number_leads_from_the_persons_page_to_the_setting_at_their_provider() {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    for (kind, provider, label, place) in [
        ("OktaSAML", "Okta", "Where in Okta", "Attribute Statements"),
        ("AzureSAML", "Entra ID", "Where in Entra ID", "Attributes &#38; Claims"),
        ("GoogleSAML", "Google Workspace", "Where in Google Workspace", "SAML attribute mapping"),
        (
            "KeycloakSAML",
            "generic",
            "Where in the sign-in service",
            "The attributes that the application gets",
        ),
    ] {
        connect(&deployment, &mut acme, kind).await;
        let page = refused(&deployment, &mut acme, "no-address-of-ada").await;
        assert!(page.text.contains(label) && page.text.contains(place), "{}", page.text);
        assert!(!page.text.contains("no-address-of-ada"), "{}", page.text);

        let path = format!("/sign_ins/{}", reference(&page));
        let found = deployment.api.get(&path).await.ok();
        let refusal = &found["refusal"];
        assert_eq!(refusal["reason"], json!("email_malformed"), "{found}");
        assert_eq!(refusal["where"]["provider"], json!(provider), "{found}");
        let text = refusal["where"]["text"].as_str().unwrap();
        assert!(page.text.contains(&text.replace('&', "&#38;")), "{text} is not on the page");
        assert_eq!(refusal["where_else"].as_array().unwrap().len(), 3);
        assert_eq!(found["organization_id"], json!(acme.organization));

        // What came is about Ada: only whoever asks for it sees it.
        assert_eq!(refusal["received"], json!("***"));
        let shown = deployment.api.get(&format!("{path}?personal=true")).await.ok();
        assert_eq!(shown["refusal"]["received"], json!("no-address-of-ada"));
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_number_is_good_for_one_round_trip_and_outlives_its_connection() {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let page = refused(&deployment, &mut acme, "ada@elsewhere.test").await;
    assert!(page.text.contains("For the application") && page.text.contains("domain_data"), "{}", page.text);
    let path = format!("/sign_ins/{}", reference(&page));
    deployment.round_trips.take();
    let before: Value = deployment.api.get(&path).await.ok();
    assert_eq!(deployment.round_trips.take().round_trips, 1);
    assert_eq!(before["refusal"]["where"]["provider"], json!("Portico"));
    assert_eq!(before["email"], json!("a***@elsewhere.test"));

    deployment.api.delete(&format!("/connections/{}", acme.connection)).await;
    assert_eq!(deployment.api.get(&path).await.ok(), before);
    deployment.stop().await;
}
