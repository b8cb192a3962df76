//! A claim to a domain in the contract's form: as an answer, inside its organization, and in the event log.

use serde_json::{Value, json};

use super::timestamp;
use crate::config::DnsConfig;
use crate::domain::event::{EventName, NewEvent};
use crate::domain::organization::{DomainState, DomainStrategy, OrganizationDomain};

/// The claim in the contract's form. The contract knows no domain that is at risk or has lapsed.
pub fn domain_view(domain: &OrganizationDomain, dns: &DnsConfig) -> Value {
    let state = match domain.state {
        DomainState::Pending => "pending",
        DomainState::Verified | DomainState::AtRisk => "verified",
        DomainState::Lapsed | DomainState::Failed => "failed",
    };
    let strategy = match domain.strategy {
        DomainStrategy::Dns => "dns",
        DomainStrategy::Manual => "manual",
    };
    json!({
        "object": "organization_domain",
        "id": domain.id,
        "organization_id": domain.organization_id,
        "domain": domain.domain,
        "state": state,
        "verification_strategy": strategy,
        "verification_prefix": dns.value_prefix,
        "verification_token": domain.txt_token,
        "created_at": timestamp::text(domain.created_at),
        "updated_at": timestamp::text(domain.updated_at),
    })
}

/// Something that happened to a claim.
pub fn domain_event(name: EventName, domain: &OrganizationDomain, dns: &DnsConfig) -> NewEvent {
    NewEvent::new(name, domain.organization_id, domain_view(domain, dns)).exceeding(domain.last_event_id)
}

/// The event that says why a claim wasn't verified, or is no longer: `reason` is a stable code.
pub fn verification_failed(reason: &str, domain: &OrganizationDomain, dns: &DnsConfig) -> NewEvent {
    let event = domain_event(EventName::OrganizationDomainVerificationFailed, domain, dns);
    NewEvent { data: json!({ "reason": reason, "organization_domain": event.data }), ..event }
}
