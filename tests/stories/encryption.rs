//! Whole sign-ins by encrypted assertions: pysaml2 has xmlsec1 encrypt, samlp has npm xml-encryption. Both encrypt for the
//! certificate that our metadata offers.

use portico_tests::{
    Cipher, Customer, Deployment, Encrypt, Hash, Person, REDIRECT_URI, SamlIdp, Sign, Transport, User,
};
use serde_json::{Value, json};

/// Ada signs in by an assertion that is encrypted like this, and signed like that.
async fn ada_signs_in(idp: SamlIdp, cases: &[(Cipher, Transport, Sign)]) {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", idp).await;
    let ada = User::ada("acme.test");
    for (cipher, transport, sign) in cases.iter().copied() {
        acme.idp.encrypt(Some(Encrypt { cipher, transport }));
        acme.answer_with(&ada, sign, Hash::Sha256).await;
        let mut person = Person::default();
        let answered = person.follow(&acme.authorize_url(&deployment), &acme.acs_url).await;
        let form = answered.form().unwrap();
        assert!(is_encrypted(&form.fields), "{cipher:?} {transport:?} {sign:?}");
        // The first one makes the instance read the data key of our key pairs as well.
        deployment.round_trips.take();
        person.submit(&form.action, &form.fields).await;
        let cost = deployment.round_trips.take();
        let warm = (cipher, transport, sign) != cases[0];
        assert!(!warm || cost.round_trips == 3, "an encrypted answer costs no round trip more: {cost}");
        let code = acme.code(&deployment, &mut Person::default()).await;
        let profile = deployment.trade(&code).await.ok()["profile"].take();
        assert_eq!(profile["email"], json!(ada.email), "{cipher:?} {transport:?} {sign:?}");
        assert_eq!(profile["idp_id"], json!(ada.subject));
    }
    deployment.stop().await;
}

fn is_encrypted(fields: &[(String, String)]) -> bool {
    use base64::Engine;
    let (_, response) = fields.iter().find(|(name, _)| name == "SAMLResponse").unwrap();
    let xml = base64::engine::general_purpose::STANDARD.decode(response).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    xml.contains("EncryptedAssertion") && !xml.contains("ada-1815")
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_what_pysaml2_signs_and_encrypts() {
    use {Cipher::*, Sign::*, Transport::OaepSha1};
    let cases = [
        (Aes128Gcm, OaepSha1, Assertion),
        (Aes256Gcm, OaepSha1, Assertion),
        (Aes256Cbc, OaepSha1, Assertion),
        (Aes128Gcm, OaepSha1, Both),
        (Aes256Gcm, OaepSha1, Response),
        (Aes256Cbc, OaepSha1, Both),
    ];
    ada_signs_in(SamlIdp::pysaml2().await, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_signs_in_by_what_samlp_signs_and_xml_encryption_encrypts() {
    use {Cipher::*, Sign::*, Transport::*};
    let cases = [
        (Aes128Gcm, OaepSha1, Assertion),
        (Aes256Gcm, OaepSha256, Assertion),
        (Aes256Cbc, OaepSha1, Assertion),
        (Aes128Gcm, OaepSha256, Both),
        (Aes256Gcm, OaepSha1, Both),
        (Aes256Cbc, OaepSha256, Response),
    ];
    ada_signs_in(SamlIdp::samlp().await, &cases).await;
}

/// What the sign-in log says of a sign-in that is encrypted like this.
async fn refusal(idp: SamlIdp, cipher: Cipher, transport: Transport) -> Value {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", idp).await;
    acme.idp.encrypt(Some(Encrypt { cipher, transport }));
    acme.answer_with(&User::ada("acme.test"), Sign::Assertion, Hash::Sha256).await;
    let page = Person::default().follow(&acme.authorize_url(&deployment), REDIRECT_URI).await;
    assert_eq!(page.status, 403, "{}", page.text);
    let record = deployment.last_sign_in(&acme.organization).await;
    deployment.stop().await;
    record["refusal"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn outdated_algorithms_are_refused_by_name() {
    let refused = refusal(SamlIdp::pysaml2().await, Cipher::TripleDes, Transport::OaepSha1).await;
    assert_eq!(refused["reason"], json!("content_encryption"), "{refused}");
    assert!(refused["received"].as_str().unwrap().ends_with("#tripledes-cbc"), "{refused}");
    let refused = refusal(SamlIdp::samlp().await, Cipher::Aes256Gcm, Transport::Pkcs1).await;
    assert_eq!(refused["reason"], json!("key_transport"), "{refused}");
    assert!(refused["received"].as_str().unwrap().ends_with("#rsa-1_5"), "{refused}");
}

/// Changes to another key of ours loses no sign-in: both are published and decrypt, until the old one is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_key_is_replaced_without_losing_a_sign_in() {
    let deployment = Deployment::start().await;
    let options = json!({ "sign_requests": true });
    let idp = SamlIdp::pysaml2_that_wants_signed_requests().await;
    let mut acme = Customer::with_options(&deployment, "acme.test", idp, options).await;
    let encrypt = Encrypt { cipher: Cipher::Aes256Gcm, transport: Transport::OaepSha1 };
    acme.idp.encrypt(Some(encrypt));
    let ada = User::ada("acme.test");
    let path = format!("/connections/{}/saml_sp_encryption_certs", acme.connection);
    let metadata_path = format!("/sso/saml/metadata/{}", acme.connection);
    let signing = format!("/connections/{}/saml_sp_signing_cert", acme.connection);
    acme.answer_with(&ada, Sign::Assertion, Hash::Sha256).await;
    acme.sign_in(&deployment, &mut Person::default()).await;

    let old = deployment.api.get(&path).await.ok()["data"][0].clone();
    let next = deployment.api.post(&path, &json!({})).await.ok();
    assert_ne!(old["value"], next["value"]);
    assert_eq!(deployment.api.get(&signing).await.ok()["value"], old["value"], "the older one still signs");
    // The provider doesn't know of it yet.
    acme.sign_in(&deployment, &mut Person::default()).await;
    let both = deployment.api.get(&metadata_path).await.ok();
    for part in [&old, &next] {
        let count = both.as_str().unwrap().matches(&base64_of(part)).count();
        assert_eq!(count, 2, "each is published for signing and for encryption: {both}");
    }
    acme.idp.trust(both.as_str().unwrap()).await;
    acme.sign_in(&deployment, &mut Person::default()).await;

    deployment.api.delete(&format!("{path}/{}", old["id"].as_str().unwrap())).await.ok();
    assert_eq!(deployment.api.get(&signing).await.ok()["value"], next["value"]);
    acme.sign_in(&deployment, &mut Person::default()).await;
    let alone = deployment.api.get(&metadata_path).await.ok();
    acme.idp.trust(alone.as_str().unwrap()).await;
    acme.sign_in(&deployment, &mut Person::default()).await;
    deployment.stop().await;
}

fn base64_of(certificate: &Value) -> String {
    certificate["value"].as_str().unwrap().lines().filter(|line| !line.starts_with("-----")).collect()
}

/// The provider announces its next certificate, changes to it, and drops the old one.
#[tokio::test(flavor = "multi_thread")]
async fn an_identity_providers_change_of_certificate_loses_no_sign_in() {
    let deployment = Deployment::start().await;
    let mut acme = Customer::new(&deployment, "acme.test", SamlIdp::samlp().await).await;
    let mut person = Person::default();
    acme.sign_in(&deployment, &mut person).await;
    let path = format!("/connections/{}/saml_idp_signing_certs", acme.connection);
    let old = deployment.api.get(&path).await.ok()["data"][0]["id"].as_str().unwrap().to_owned();

    // Somebody is on their way with an answer by the old key while the next certificate is added.
    let on_the_way = person.follow(&acme.authorize_url(&deployment), &acme.acs_url).await.form().unwrap();
    acme.idp.renew_key().await;
    let next = certificate_of(&acme.idp.metadata);
    let unknown = Person::default().follow(&acme.authorize_url(&deployment), REDIRECT_URI).await;
    assert_eq!(unknown.status, 403, "the next certificate isn't known yet: {}", unknown.text);
    deployment.api.post(&path, &json!({ "value": next })).await.ok();
    let arrived = person.submit(&on_the_way.action, &on_the_way.fields).await;
    assert!(arrived.location().is_some_and(|to| to.as_str().starts_with(REDIRECT_URI)), "{}", arrived.text);

    // Somebody is on their way with an answer by the next key while the old certificate is deleted.
    let on_the_way = person.follow(&acme.authorize_url(&deployment), &acme.acs_url).await.form().unwrap();
    deployment.api.delete(&format!("{path}/{old}")).await.ok();
    let arrived = person.submit(&on_the_way.action, &on_the_way.fields).await;
    assert!(arrived.location().is_some_and(|to| to.as_str().starts_with(REDIRECT_URI)), "{}", arrived.text);
    acme.sign_in(&deployment, &mut person).await;
    deployment.stop().await;
}

fn certificate_of(metadata: &str) -> String {
    let (_, value) = metadata.split_once("X509Certificate>").unwrap();
    value.split_once('<').unwrap().0.to_owned()
}
