//! An entry of the sign-in log as it is answered.

use portico_shared::domain::connection::ConnectionType;
use portico_shared::domain::setting::{Place, Provider, Setting};
use portico_shared::domain::sign_in::{Outcome, SignInRecord};
use portico_shared::web::timestamp;
use serde_json::{Value, json};

use super::personal::Personal;

/// An entry. All that it says was written down when it happened: the connection may be gone by now.
pub(super) fn view(record: &SignInRecord, personal: Personal) -> Value {
    let (outcome, profile_id) = match &record.outcome {
        Outcome::Succeeded { profile_id } => ("succeeded", Some(profile_id)),
        Outcome::Tested => ("succeeded", None),
        Outcome::Refused { .. } => ("refused", None),
    };
    json!({
        "object": "sign_in",
        "id": record.id,
        "organization_id": record.organization_id,
        "connection_id": record.connection_id,
        "test": record.test,
        "outcome": outcome,
        "profile_id": profile_id,
        "refusal": refusal(&record.outcome, personal),
        "warnings": record.warnings,
        "email": record.email.as_deref().map(|email| personal.email(email)),
        "ip_address": record.ip_address.as_deref().map(|address| personal.ip_address(address)),
        "user_agent": record.user_agent.as_deref().and_then(|agent| personal.user_agent(agent)),
        "personal": personal == Personal::Shown,
        "created_at": timestamp::text(record.created_at),
    })
}

fn refusal(outcome: &Outcome, shown: Personal) -> Option<Value> {
    let Outcome::Refused { reason, message, setting, connection_type, expected, received, personal } =
        outcome
    else {
        return None;
    };
    let setting = Setting::parse(setting);
    let received = received.as_deref().map(|text| if *personal { shown.text(text) } else { text });
    let (place, elsewhere) = setting.map(|setting| places(setting.place(), *connection_type)).unzip();
    Some(json!({
        "reason": reason,
        "message": message,
        "expected": expected,
        "received": received,
        "setting": setting.map(Setting::code),
        "where": place,
        "where_else": elsewhere.unwrap_or_default(),
    }))
}

/// The place at the connection's own provider, then at the others.
fn places(place: Place, connection_type: Option<ConnectionType>) -> (Value, Vec<Value>) {
    let own = Provider::of(connection_type);
    let at = |provider: Provider| json!({ "provider": provider.name(), "text": place.text(provider) });
    match place {
        Place::Provider(_) => {
            let others = Provider::ALL.into_iter().filter(|provider| *provider != own);
            (at(own), others.map(at).collect())
        }
        Place::Portico(text) => (json!({ "provider": "Portico", "text": text }), Vec::new()),
        Place::Nowhere(text) => (json!({ "provider": null, "text": text }), Vec::new()),
    }
}
