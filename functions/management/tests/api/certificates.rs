use serde_json::json;

use crate::{Api, column, id, idp};

#[tokio::test]
async fn a_second_certificate_lets_the_provider_change_its_key() {
    let api = Api::start().await;
    let connection = api.connection("active").await;
    let path = format!("/connections/{}/saml_idp_signing_certs", id(&connection));
    let pem = idp::certificate();
    let added = api.post(&path, json!({"value": pem})).await.expect(201);
    assert_eq!(added["object"], "saml_idp_signing_certificate");
    assert_eq!(added["value"].as_str().unwrap().replace('\n', ""), pem.replace(['\r', '\n'], ""));
    assert_eq!(added["not_after"], "2036-01-01T00:00:00.000Z");
    assert_eq!(api.post(&path, json!({"value": pem})).await.refused(409), "certificate_already_exists");
    let listed = column(&api.get(&path).await.expect(200), "id");
    assert_eq!((listed.len(), &listed[1]), (2, &id(&added)));

    api.delete(&format!("{path}/{}", listed[0])).await.expect(204);
    let last = format!("{path}/{}", listed[1]);
    assert_eq!(api.delete(&last).await.refused(409), "last_certificate");
    assert_eq!(column(&api.get(&path).await.expect(200), "id"), [listed[1].clone()]);
    assert_eq!(api.delete(&format!("{path}/{}", listed[0])).await.refused(404), "entity_not_found");
}

#[tokio::test]
async fn a_connection_that_does_not_serve_may_lose_its_last_and_is_a_draft_then() {
    let api = Api::start().await;
    let connection = api.connection("validating").await;
    let path = format!("/connections/{}", id(&connection));
    let certificates = format!("{path}/saml_idp_signing_certs");
    let only = column(&api.get(&certificates).await.expect(200), "id").remove(0);
    api.delete(&format!("{certificates}/{only}")).await.expect(204);
    assert_eq!(api.get(&path).await.expect(200)["state"], "draft");
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_with_what_to_paste() {
    let api = Api::start().await;
    let path = format!("/connections/{}/saml_idp_signing_certs", id(&api.connection("active").await));
    for (value, remedy) in [
        ("MIIB", "not a certificate"),
        ("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----", "private key"),
        (&idp::certificate().repeat(2), "more than one certificate"),
    ] {
        let refused = api.post(&path, json!({"value": value})).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "value");
        assert!(refused["errors"][0]["message"].as_str().unwrap().contains(remedy), "{refused:#}");
    }
    assert_eq!(api.post(&path, json!({})).await.wrong_fields(), ["value required"]);
    for _ in 1..10 {
        api.post(&path, json!({"value": idp::certificate()})).await.expect(201);
    }
    assert_eq!(
        api.post(&path, json!({"value": idp::certificate()})).await.wrong_fields(),
        ["value too_many"]
    );
}

#[tokio::test]
async fn another_connections_certificate_is_not_found() {
    let api = Api::start().await;
    let (one, other) = (api.connection("active").await, api.connection("active").await);
    let theirs = api.get(&format!("/connections/{}/saml_idp_signing_certs", id(&other))).await.expect(200);
    let path = format!("/connections/{}/saml_idp_signing_certs/{}", id(&one), column(&theirs, "id")[0]);
    assert_eq!(api.delete(&path).await.refused(404), "entity_not_found");
}

#[tokio::test]
async fn our_own_certificate_is_replaced_with_both_in_force_for_a_while() {
    let api = Api::start().await;
    let connection = format!("/connections/{}", id(&api.connection("active").await));
    let path = format!("{connection}/saml_sp_encryption_certs");
    let signing = format!("{connection}/saml_sp_signing_cert");
    let first = api.get(&path).await.expect(200)["data"][0].clone();
    assert_eq!(first["object"], "saml_sp_encryption_certificate");
    let signs = api.get(&signing).await.expect(200);
    assert_eq!((&signs["object"], &signs["id"]), (&json!("saml_sp_signing_certificate"), &first["id"]));
    assert!(first["value"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(
        api.delete(&format!("{path}/{}", id(&first))).await.refused(409),
        "cannot_delete_last_certificate"
    );

    let next = api.post(&path, json!({})).await.expect(201);
    assert_eq!(column(&api.get(&path).await.expect(200), "id"), [id(&first), id(&next)]);
    assert_eq!(api.get(&signing).await.expect(200)["id"], first["id"], "what the provider knows still signs");
    api.post(&path, json!({})).await.expect(201);
    assert_eq!(api.post(&path, json!({})).await.refused(409), "too_many_sp_encryption_certs");

    api.delete(&format!("{path}/{}", id(&first))).await.expect(204);
    assert_eq!(api.get(&signing).await.expect(200)["value"], next["value"]);
    assert_eq!(api.delete(&format!("{path}/{}", id(&first))).await.refused(404), "entity_not_found");
    let other = format!(
        "/connections/{}/saml_sp_encryption_certs/{}",
        id(&api.connection("active").await),
        id(&next)
    );
    assert_eq!(api.delete(&other).await.refused(404), "entity_not_found");
    let unknown = "/connections/conn_01M3250V000W3GE1R70W3GE1R7/saml_sp_encryption_certs";
    assert_eq!(api.get(unknown).await.refused(404), "entity_not_found");
    assert_eq!(api.post(unknown, json!({})).await.refused(404), "entity_not_found");
}

#[tokio::test]
async fn certificates_come_and_go_without_ending_sign_ins_under_way_and_nothing_else_does() {
    let api = Api::start().await;
    let connection = api.connection("active").await;
    let path = format!("/connections/{}", id(&connection));
    let revision = async || {
        let id = portico_shared::domain::ids::ConnectionId::parse(&id(&connection)).unwrap();
        api.bench.app.store().connection(id).await.unwrap().unwrap().connection.value.revision
    };
    let before = revision().await;
    let certificates = format!("{path}/saml_idp_signing_certs");
    let added = api.post(&certificates, json!({"value": idp::certificate()})).await.expect(201);
    api.delete(&format!("{certificates}/{}", id(&added))).await.expect(204);
    assert_eq!(revision().await, before);
    api.patch(&path, json!({"name": "Another"})).await.expect(200);
    assert_eq!(revision().await, before + 1);
}
