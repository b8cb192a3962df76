//! `POST /sso/token`.

mod support;

use http::StatusCode;
use portico_shared::domain::ids::ProfileId;
use support::Site;

const TOKEN: &str = "/sso/token";

#[tokio::test]
async fn a_code_gives_a_token_and_the_contracts_profile_and_the_token_the_profile_again() {
    let site = Site::start().await;
    let code = site.code("/sso/authorize", &[]).await;
    site.round_trips.take();
    site.trade_with_secret(TOKEN, &site.code("/sso/authorize", &[]).await, &[]).await;
    site.round_trips.take();
    let answer = site.trade_with_secret(TOKEN, &code, &[]).await;
    assert_eq!(site.round_trips.take(), 2);
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &300.into()));
    let expected = serde_json::json!({
        "object": "profile",
        "id": ProfileId::derive(site.connection, "00u1"),
        "organization_id": site.organization,
        "connection_id": site.connection,
        "connection_type": "OktaSAML",
        "idp_id": "00u1",
        "email": "Ada@acme.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "name": null,
        "role": { "slug": "member" },
        "roles": [{ "slug": "member" }],
        "groups": ["Engines"],
        "custom_attributes": {},
        "raw_attributes": { "mail": "Ada@acme.com" },
    });
    assert_eq!(body["profile"], expected);
    let again = site.get_as("/sso/profile", body["access_token"].as_str().unwrap()).await;
    assert_eq!(site.round_trips.take(), 1);
    assert_eq!(again.json(), body["profile"]);
}
