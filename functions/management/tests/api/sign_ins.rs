use chrono::Duration;
use portico_shared::domain::ids::{ConnectionId, OrganizationId, SignInId};
use portico_shared::domain::sign_in::{Outcome, SignInRecord};
use serde_json::json;

use crate::{Api, column};

async fn refuse(api: &Api, organization: &str, reason: &str) {
    let app = &api.bench.app;
    let now = app.clock().now();
    let record = SignInRecord {
        id: SignInId::mint(now, app.rng()),
        organization_id: OrganizationId::parse(organization).unwrap(),
        connection_id: ConnectionId::mint(now, app.rng()),
        request_id: None,
        outcome: Outcome::Refused {
            reason: reason.to_owned(),
            expected: Some("https://us".to_owned()),
            received: Some("https://them".to_owned()),
        },
        warnings: vec!["groups_overage".to_owned()],
        email: Some("ada@acme.com".to_owned()),
        ip_address: None,
        user_agent: None,
        created_at: now,
    };
    app.store().record_refusal(&record, None).await.unwrap();
    api.bench.clock.advance(Duration::milliseconds(1));
}

#[tokio::test]
async fn an_organizations_sign_ins_are_listed_newest_first_and_no_others() {
    let api = Api::start().await;
    let one = api.organization(json!({"name": "A"})).await;
    let other = api.organization(json!({"name": "B"})).await;
    for reason in ["expired", "wrong_audience", "unsigned"] {
        refuse(&api, &one, reason).await;
    }
    refuse(&api, &other, "replayed").await;
    let first = api.get(&format!("/sign_ins?organization_id={one}&limit=2")).await.expect(200);
    let reasons: Vec<_> =
        first["data"].as_array().unwrap().iter().map(|entry| &entry["refusal"]["reason"]).collect();
    assert_eq!(reasons, ["unsigned", "wrong_audience"]);
    assert_eq!(
        (&first["data"][0]["object"], &first["data"][0]["outcome"]),
        (&json!("sign_in"), &json!("refused"))
    );
    assert_eq!(first["data"][0]["refusal"]["expected"], "https://us");
    assert_eq!(first["data"][0]["warnings"], json!(["groups_overage"]));
    let after = first["list_metadata"]["after"].as_str().unwrap();
    let rest = api.get(&format!("/sign_ins?organization_id={one}&limit=2&after={after}")).await.expect(200);
    assert_eq!(column(&rest, "outcome").len(), 1);
}

#[tokio::test]
async fn the_organization_must_be_named_and_exist() {
    let api = Api::start().await;
    assert_eq!(api.get("/sign_ins").await.wrong_fields(), ["organization_id required"]);
    api.get("/sign_ins?organization_id=org_01ARZ3NDEKTSV4RRFFQ69G5FAV").await.expect(404);
    let one = api.organization(json!({"name": "A"})).await;
    let bad = api.get(&format!("/sign_ins?organization_id={one}&after=event_1")).await;
    assert_eq!(bad.wrong_fields(), ["after invalid"]);
}
