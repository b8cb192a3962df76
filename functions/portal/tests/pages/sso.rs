use super::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portico_protocol::saml::SpKeyPair;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::ids::OrganizationDomainId;
use portico_shared::domain::organization::{DomainState, DomainStrategy, OrganizationDomain};
use portico_shared::operations::setup::Standing;
use portico_shared::store::NewDomain;

/// A world whose organization has what single sign-on needs.
pub(crate) async fn ready() -> World {
    let world = World::start().await;
    verify(&world, "acme.com").await;
    world
        .admin(&[Intent::Settings])
        .await
        .post("/portal/contacts", &[("email", "it@acme.com")])
        .await
        .is(303);
    world
}

pub(crate) async fn verify(world: &World, domain: &str) {
    let (app, now) = (&world.bench.app, world.bench.clock.now());
    let read = app.store().organization(world.organization).await.unwrap().unwrap();
    let id = OrganizationDomainId::mint(now, app.rng());
    let domain = DomainName::parse(domain).unwrap();
    let claim = OrganizationDomain::claim(id, world.organization, domain, now, app.rng());
    let claim = claim.turned(DomainState::Verified, DomainStrategy::Manual, now);
    app.store().claim_domain(&read, &NewDomain::new(claim, Vec::new(), now)).await.unwrap();
}

/// A certificate of a provider's, as PEM.
pub(crate) fn certificate(world: &World) -> String {
    let pair = SpKeyPair::generate("idp.acme.com", world.bench.clock.now()).unwrap();
    let body = STANDARD.encode(pair.certificate_der());
    format!("-----BEGIN CERTIFICATE-----\r\n{body}\r\n-----END CERTIFICATE-----\r\n")
}

pub(crate) fn metadata(certificate: &str) -> String {
    let body: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    format!(
        "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"http://www.okta.com/exk1\">\
         <IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <KeyDescriptor use=\"signing\"><KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data><X509Certificate>\
         {body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>\
         <SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://acme.okta.com/app/x/sso/saml\"/></IDPSSODescriptor></EntityDescriptor>"
    )
}

pub(crate) async fn state(world: &World) -> ConnectionState {
    let setup = world.bench.app.store().organization_setup(world.organization).await.unwrap().unwrap();
    Standing::read(&world.bench.app, &setup).await.unwrap().sso.unwrap().1
}

#[tokio::test]
async fn single_sign_on_waits_for_a_domain_and_a_contact_and_says_so() {
    let world = World::start().await;
    let admin = world.admin(&[Intent::Settings]).await;
    let overview = admin.get("/portal").await;
    overview.shows("Configure SSO").shows("disabled aria-describedby=\"sso-why\"");
    overview.shows("one domain is verified and one IT contact is named");
    admin.get("/portal/sso").await.is(200).shows("/portal/domains").shows("/portal/contacts");
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.leads_to("/portal/sso");
    assert!(world.bench.app.store().connections_of(world.organization).await.unwrap().is_empty());
    verify(&world, "acme.com").await;
    admin.post("/portal/contacts", &[("email", "it@acme.com")]).await.is(303);
    admin.get("/portal").await.shows("href=\"/portal/sso\">Configure SSO");
}

#[tokio::test]
async fn whoever_leaves_comes_back_to_the_same_screen() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    admin.get("/portal/sso").await.leads_to("/portal/sso/provider");
    admin.get("/portal/sso/provider").await.shows("Okta").shows("Custom SAML").shows("Custom OIDC");
    let first = "/portal/sso/steps/create-app";
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.leads_to(first);
    admin.get(first).await.shows("Step 1 of 7").shows("Create App Integration");
    admin.save(first, &[("go", "on")]).await.leads_to("/portal/sso/steps/urls");
    let urls = admin.get("/portal/sso/steps/urls").await;
    urls.shows("http://127.0.0.1:4400/sso/saml/acs/conn_").shows("Audience URI (SP Entity ID)");
    let later = world.admin(&[Intent::Settings]).await;
    later.get("/portal").await.shows("Continue SSO setup").shows("In progress");
    later.get("/portal/sso").await.leads_to("/portal/sso/steps/urls");
    later.save("/portal/sso/steps/urls", &[("go", "back")]).await.leads_to(first);
}

#[tokio::test]
async fn metadata_comes_as_text_as_a_file_and_value_by_value() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    let pem = certificate(&world);
    let path = "/portal/sso/steps/metadata";
    for fields in [
        vec![("way", "xml"), ("metadata-xml", metadata(&pem).as_str())],
        vec![("way", "file"), ("metadata-file", metadata(&pem).as_str())],
        vec![
            ("way", "fields"),
            ("idp-entity-id", "http://www.okta.com/exk1"),
            ("idp-sso-url", "https://acme.okta.com/app/x/sso/saml"),
            ("idp-certificate", pem.as_str()),
        ],
    ] {
        admin.post("/portal/sso/provider", &[("provider", "custom-saml")]).await.is(303);
        admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
        assert_eq!(state(&world).await, ConnectionState::Draft);
        admin.save(path, &fields).await.leads_to("/portal/sso/steps/attributes");
        assert_eq!(state(&world).await, ConnectionState::Validating, "{fields:?}");
    }
    let (_, context) = world.events().await.pop().unwrap();
    assert_eq!(context["before"]["idp_entity_id"], serde_json::Value::Null);
    assert_eq!(context["after"]["idp_entity_id"], "http://www.okta.com/exk1");
    assert!(!context.to_string().contains("CERTIFICATE"));
}

#[tokio::test]
async fn what_is_no_metadata_is_said_at_the_field_and_what_was_typed_stays() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    let path = "/portal/sso/steps/metadata";
    let pem = certificate(&world);
    let good = metadata(&pem);
    let two = format!(
        "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\">{good}{}</EntitiesDescriptor>",
        good.replace("exk1", "exk2")
    );
    let sp = good.replace("IDPSSODescriptor", "SPSSODescriptor");
    let bare = good.replace("KeyDescriptor", "Other");
    for (text, sentence) in [
        ("<!doctype html><html><body>Sign in</body></html>", "This is a web page, not metadata"),
        ("404 page not found", "can&#39;t be read"),
        (sp.as_str(), "metadata of a service provider"),
        (bare.as_str(), "no signing certificate"),
        (two.as_str(), "several identity providers"),
    ] {
        let page = admin.save(path, &[("way", "xml"), ("metadata-xml", text)]).await;
        page.is(422).shows(sentence).shows("aria-invalid=\"true\"").shows("thing");
        let typed: String = text.chars().take(12).collect();
        page.shows(&typed.replace('<', "&#60;").replace('>', "&#62;"));
    }
    admin.save(path, &[("way", "xml"), ("metadata-xml", "")]).await.is(422).shows("Paste the metadata");
    let chosen =
        [("way", "xml"), ("metadata-xml", two.as_str()), ("metadata-entity", "http://www.okta.com/exk2")];
    admin.save(path, &chosen).await.is(303);
    let file = admin.save(path, &[("way", "file"), ("metadata-file", "<html></html>")]).await;
    file.is(422).shows("value=\"xml\" checked").shows("&#60;html&#62;&#60;/html&#62;</textarea>");
}

#[tokio::test]
async fn an_address_that_leads_inside_is_not_fetched() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    let path = "/portal/sso/steps/metadata";
    for (url, sentence) in [
        ("https://10.0.0.7/metadata", "got the IP address 10.0.0.7"),
        ("ftp://idp.acme.com/metadata", "begins with https://"),
        ("metadata", "expected an address such as"),
        ("", "Enter the metadata address"),
    ] {
        let page = admin.save(path, &[("way", "url"), ("metadata-url", url)]).await;
        page.is(422).shows(sentence).shows(&format!("value=\"{url}\""));
    }
}

#[tokio::test]
async fn values_that_were_typed_are_read_as_people_copy_them() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    admin.post("/portal/sso/provider", &[("provider", "custom-saml")]).await.is(303);
    let path = "/portal/sso/steps/metadata";
    let (one, two) = (certificate(&world), certificate(&world));
    let plain: String = one.lines().filter(|line| !line.starts_with('-')).collect();
    let both = format!("{one}\r\n{two}");
    for (pem, many) in [(one.as_str(), 1), (plain.as_str(), 1), (both.as_str(), 2)] {
        let fields = [
            ("way", "fields"),
            ("idp-entity-id", "urn:idp"),
            ("idp-sso-url", "https://idp.acme.com/sso"),
            ("idp-certificate", pem),
        ];
        admin.save(path, &fields).await.is(303);
        let known = world.bench.app.store().connections_of(world.organization).await.unwrap();
        assert_eq!(known[0].saml.certificates.len(), many);
    }
    let wrong = [
        ("way", "fields"),
        ("idp-entity-id", ""),
        ("idp-sso-url", "idp.acme.com"),
        ("idp-certificate", "AAAA"),
    ];
    let page = admin.save(path, &wrong).await;
    page.is(422).shows("3 things need another look").shows("Enter a whole address").shows(">AAAA</textarea>");
    world.bench.clock.advance(Duration::days(4000));
    let later = world.admin(&[Intent::Sso]).await;
    let fields = [
        ("way", "fields"),
        ("idp-entity-id", "urn:idp"),
        ("idp-sso-url", "https://idp.acme.com/sso"),
        ("idp-certificate", one.as_str()),
    ];
    later.save(path, &fields).await.is(422).shows("The signing certificate expired on");
}

#[tokio::test]
async fn of_two_who_save_the_same_screen_the_second_is_told_and_nothing_is_overwritten() {
    let world = ready().await;
    let (ann, bob) = (world.admin(&[Intent::Sso]).await, world.admin(&[Intent::Sso]).await);
    ann.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    let path = "/portal/sso/steps/attributes";
    let version = ann.get(path).await.hidden("version").unwrap();
    let of = |email| [("version", version.as_str()), ("map-email", email)];
    ann.upload(path, &of("mail")).await.is(303);
    let told = bob.upload(path, &of("upn")).await;
    told.is(422)
        .shows("Somebody else changed this at the same time")
        .shows("value=\"upn\"")
        .shows("<code>mail</code>");
    let map = || async {
        let known = world.bench.app.store().connections_of(world.organization).await.unwrap();
        known[0].attribute_map.email.clone()
    };
    assert_eq!(map().await.as_deref(), Some("mail"));
    // Told, they may.
    let version = told.hidden("version").unwrap();
    bob.upload(path, &[("version", version.as_str()), ("map-email", "upn")]).await.is(303);
    assert_eq!(map().await.as_deref(), Some("upn"));
}

#[tokio::test]
async fn another_provider_can_be_chosen_and_our_addresses_stay_while_nothing_serves() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    let pem = certificate(&world);
    let xml = metadata(&pem);
    admin.save("/portal/sso/steps/metadata", &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(303);
    let before = world.bench.app.store().connections_of(world.organization).await.unwrap();
    admin.get("/portal/sso/provider").await.shows("You have begun with Okta");
    admin.post("/portal/sso/provider", &[("provider", "entra")]).await.is(303);
    let after = world.bench.app.store().connections_of(world.organization).await.unwrap();
    assert_eq!((after.len(), after[0].id), (1, before[0].id));
    assert_eq!(after[0].connection_type.as_str(), "AzureSAML");
    assert!(after[0].saml.idp_entity_id.is_none());
    assert_eq!(state(&world).await, ConnectionState::Draft);
    admin.get("/portal/domains").await.shows("acme.com");
}

#[tokio::test]
async fn a_test_leads_to_the_provider_and_is_bound_to_this_browser() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    admin.post("/portal/sso/provider", &[("provider", "okta")]).await.is(303);
    admin.get("/portal/sso/steps/test").await.shows("The provider’s values are missing");
    admin.post("/portal/sso/test", &[]).await.leads_to("/portal/sso");
    let pem = certificate(&world);
    let xml = metadata(&pem);
    admin.save("/portal/sso/steps/metadata", &[("way", "xml"), ("metadata-xml", xml.as_str())]).await.is(303);
    let page = admin.get("/portal/sso/steps/test").await;
    page.shows("Test sign-in");
    assert!(page.policy.contains("form-action 'self' https: http:"), "{}", page.policy);
    let begun = admin.post("/portal/sso/test", &[]).await;
    assert_eq!(begun.status, 302);
    assert!(begun.location.unwrap().starts_with("https://acme.okta.com/app/x/sso/saml?SAMLRequest="));
    assert!(begun.cookie.unwrap().starts_with("portico_browser="));
}

#[tokio::test]
async fn every_screen_of_every_guide_is_shown() {
    let world = ready().await;
    let admin = world.admin(&[Intent::Sso]).await;
    let choice = admin.get("/portal/sso/provider").await;
    let slugs: Vec<&str> = choice
        .text
        .split("name=\"provider\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(slugs.len(), 13);
    for slug in slugs {
        admin.post("/portal/sso/provider", &[("provider", slug)]).await.is(303);
        let guide =
            std::fs::read_to_string(format!("{}/guides/sso/{slug}.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for heading in guide.lines().filter_map(|line| line.strip_prefix("## ")) {
            let (step, title) = heading.split_once(" | ").unwrap();
            let page = admin.get(&format!("/portal/sso/steps/{step}")).await;
            page.is(200).hides("::copy").hides("::form").shows(title);
            assert!(page.text.len() < 60_000, "{slug} {step}: {}", page.text.len());
        }
    }
}
