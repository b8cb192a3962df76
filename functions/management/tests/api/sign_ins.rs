use chrono::Duration;
use portico_shared::domain::connection::ConnectionType;
use portico_shared::domain::ids::{ConnectionId, OrganizationId, ProfileId, SignInId};
use portico_shared::domain::sign_in::{Outcome, SIGN_IN_RECORD_LIFETIME, SignInRecord};
use serde_json::{Value, json};

use crate::{Api, column};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn refusal(reason: &str) -> Outcome {
    Outcome::Refused {
        reason: reason.to_owned(),
        message: "It is wrong.".to_owned(),
        setting: "audience".to_owned(),
        connection_type: Some(ConnectionType::AzureSAML),
        expected: Some("https://us".to_owned()),
        received: Some("https://them".to_owned()),
        personal: false,
    }
}

/// Keeps a record, of a connection that is gone.
async fn keep(api: &Api, organization: &str, outcome: Outcome) -> String {
    let app = &api.bench.app;
    let now = app.clock().now();
    let record = SignInRecord {
        id: SignInId::mint(now, app.rng()),
        organization_id: OrganizationId::parse(organization).unwrap(),
        connection_id: ConnectionId::mint(now, app.rng()),
        request_id: None,
        test: false,
        outcome,
        warnings: vec!["groups_overage".to_owned()],
        email: Some("ada@acme.com".to_owned()),
        ip_address: Some("203.0.113.7".to_owned()),
        user_agent: Some(FIREFOX.to_owned()),
        created_at: now,
    };
    app.store().record_refusal(&record, None, None).await.unwrap();
    api.bench.clock.advance(Duration::milliseconds(1));
    record.id.to_string()
}

/// One record, kept with this outcome, as it is answered by its reference number.
async fn found(outcome: Outcome) -> Value {
    let api = Api::start().await;
    let one = api.organization(json!({"name": "A"})).await;
    let reference = keep(&api, &one, outcome).await;
    api.get(&format!("/sign_ins/{reference}")).await.expect(200)
}

#[tokio::test]
async fn an_organizations_sign_ins_are_listed_newest_first_and_no_others() {
    let api = Api::start().await;
    let one = api.organization(json!({"name": "A"})).await;
    let other = api.organization(json!({"name": "B"})).await;
    for reason in ["expired", "wrong_audience", "unsigned"] {
        keep(&api, &one, refusal(reason)).await;
    }
    keep(&api, &other, refusal("replayed")).await;
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

#[tokio::test]
async fn a_reference_number_alone_finds_its_record_as_the_list_shows_it() {
    let api = Api::start().await;
    let mut references = Vec::new();
    for name in ["A", "B"] {
        let organization = api.organization(json!({ "name": name })).await;
        references.push((keep(&api, &organization, refusal("expired")).await, organization));
    }
    for (reference, organization) in references {
        let found = api.get(&format!("/sign_ins/{reference}")).await.expect(200);
        let listed = api.get(&format!("/sign_ins?organization_id={organization}")).await.expect(200);
        assert_eq!(found, listed["data"][0]);
        assert_eq!((&found["id"], &found["organization_id"]), (&json!(reference), &json!(organization)));
        // The organization is gone, and whoever asks support isn't.
        api.delete(&format!("/organizations/{organization}")).await;
        api.get(&format!("/sign_ins/{reference}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_number_that_is_unknown_expired_or_none_at_all_is_not_found() {
    let api = Api::start().await;
    let one = api.organization(json!({"name": "A"})).await;
    let reference = keep(&api, &one, refusal("expired")).await;
    let lower = reference.to_lowercase();
    for number in ["sign_in_01HZXK3V2Q8R9S7T6W5Y4N3M2P", one.as_str(), "sign_in_", "x", "%23", &lower] {
        let answer = api.get(&format!("/sign_ins/{number}")).await;
        assert_eq!(answer.refused(404), "entity_not_found", "{number}");
    }
    api.get(&format!("/sign_ins/{reference}")).await.expect(200);
    api.bench.clock.advance(SIGN_IN_RECORD_LIFETIME);
    assert_eq!(api.get(&format!("/sign_ins/{reference}")).await.refused(404), "entity_not_found");
}

#[tokio::test]
async fn a_refusal_says_where_to_change_it_at_the_connections_provider_and_at_the_others() {
    let entry = found(refusal("audience_mismatch")).await;
    insta::assert_json_snapshot!(entry["refusal"], @r#"
    {
      "reason": "audience_mismatch",
      "message": "It is wrong.",
      "expected": "https://us",
      "received": "https://them",
      "setting": "audience",
      "where": {
        "provider": "Entra ID",
        "text": "Single sign-on → Basic SAML Configuration → Identifier (Entity ID)"
      },
      "where_else": [
        {
          "provider": "Okta",
          "text": "General → SAML Settings → Edit → Audience URI (SP Entity ID)"
        },
        {
          "provider": "Google Workspace",
          "text": "Service provider details → Entity ID"
        },
        {
          "provider": "generic",
          "text": "The application’s audience, also called SP entity ID or relying party identifier"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn what_is_set_here_or_nowhere_is_said_once() {
    for (code, provider) in [("plan", json!("Portico")), ("tampering", json!(null))] {
        let mut outcome = refusal("x");
        if let Outcome::Refused { setting, .. } = &mut outcome {
            code.clone_into(setting);
        }
        let refusal = &found(outcome).await["refusal"];
        assert_eq!(refusal["where"]["provider"], provider, "{refusal}");
        assert!(refusal["where"]["text"].as_str().unwrap().len() > 20);
        assert_eq!(refusal["where_else"], json!([]));
    }
}

#[tokio::test]
async fn a_record_of_a_later_or_an_earlier_version_is_shown_without_what_this_one_does_not_know() {
    for code in ["", "of_a_later_version"] {
        let mut outcome = refusal("x");
        if let Outcome::Refused { setting, connection_type, .. } = &mut outcome {
            code.clone_into(setting);
            *connection_type = None;
        }
        let refusal = &found(outcome).await["refusal"];
        assert_eq!((&refusal["setting"], &refusal["where"]), (&json!(null), &json!(null)));
        assert_eq!(refusal["reason"], "x");
    }
}

#[tokio::test]
async fn personal_data_is_masked_unless_it_is_asked_for() {
    let api = Api::start().await;
    let one = api.organization(json!({"name": "A"})).await;
    let mut about_ada = refusal("email_malformed");
    if let Outcome::Refused { received, personal, .. } = &mut about_ada {
        (*received, *personal) = (Some("ada at acme.com".to_owned()), true);
    }
    let reference = keep(&api, &one, about_ada).await;
    let data = |entry: &Value| {
        ["email", "ip_address", "user_agent", "personal"]
            .map(|name| entry[name].clone())
            .into_iter()
            .chain([entry["refusal"]["received"].clone(), entry["refusal"]["expected"].clone()])
            .collect::<Vec<_>>()
    };
    let masked = json!(["a***@acme.com", "203.0.113.0/24", "Firefox", false, "***", "https://us"]);
    let shown = json!(["ada@acme.com", "203.0.113.7", FIREFOX, true, "ada at acme.com", "https://us"]);
    for (query, wanted) in [("", &masked), ("personal=false", &masked), ("personal=true", &shown)] {
        let entry = api.get(&format!("/sign_ins/{reference}?{query}")).await.expect(200);
        assert_eq!(json!(data(&entry)), *wanted, "{query}");
        let list = api.get(&format!("/sign_ins?organization_id={one}&{query}")).await.expect(200);
        assert_eq!(json!(data(&list["data"][0])), *wanted, "{query}");
    }
    for path in [format!("/sign_ins/{reference}"), format!("/sign_ins?organization_id={one}")] {
        let joined = if path.contains('?') { '&' } else { '?' };
        let bad = api.get(&format!("{path}{joined}personal=yes")).await;
        assert_eq!(bad.wrong_fields(), ["personal invalid"]);
    }
}

#[tokio::test]
async fn of_a_success_the_address_is_masked_too() {
    let profile_id = ProfileId::from_bytes([7; 16]);
    let entry = found(Outcome::Succeeded { profile_id }).await;
    assert_eq!((&entry["outcome"], &entry["refusal"]), (&json!("succeeded"), &json!(null)));
    assert_eq!((&entry["profile_id"], &entry["email"]), (&json!(profile_id), &json!("a***@acme.com")));
}
