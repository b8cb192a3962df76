//! Who changes something, and from where: what every recorded change says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ids::{ApiKeyId, PortalSessionId};

/// Who.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The SaaS back end.
    ApiKey(ApiKeyId),
    /// An admin of the customer's, in the portal.
    PortalSession {
        /// Their session.
        id: PortalSessionId,
        /// The IT contact whose link it was, by address.
        contact: Option<String>,
        /// The application's own id of whom the link was for.
        external_user_id: Option<String>,
    },
}

/// Who changes something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// The caller's address as API Gateway saw it.
    pub ip_address: Option<String>,
    /// The caller's own description of its program.
    pub user_agent: Option<String>,
}

impl Actor {
    /// What an entry of the event log says of it, in the contract's form.
    pub fn context(&self) -> Map<String, Value> {
        let actor = match &self.who {
            Who::ApiKey(id) => json!({ "id": id, "source": "api", "name": null }),
            Who::PortalSession { id, contact, external_user_id } => json!({
                "id": id,
                "source": "admin_portal",
                "name": contact,
                "external_user_id": external_user_id,
            }),
        };
        let (ip_address, user_agent) = (json!(self.ip_address), json!(self.user_agent));
        [("actor", actor), ("ip_address", ip_address), ("user_agent", user_agent)]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_who_and_from_where() {
        let who = Who::ApiKey(ApiKeyId::from_bytes([1; 16]));
        let actor = Actor { who, ip_address: Some("192.0.2.7".to_owned()), user_agent: None };
        let context = Value::Object(actor.context());
        assert_eq!(context["actor"]["source"], "api");
        assert_eq!((&context["ip_address"], &context["user_agent"]), (&json!("192.0.2.7"), &Value::Null));
    }
}
