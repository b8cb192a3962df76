//! Organizations and their domains in the contract's form, for answers and for events.

use portico_shared::domain::organization::{
    DomainState, DomainStrategy, Organization, OrganizationDomain, Policy,
};
use portico_shared::web::timestamp;
use serde_json::{Value, json};

/// What stands before the token in the TXT record that proves a domain.
const VERIFICATION_PREFIX: &str = "portico-verification";

pub(super) fn organization_view(
    organization: &Organization,
    domains: &[OrganizationDomain],
    policy: &Policy,
) -> Value {
    let mut view = json!({
        "object": "organization",
        "id": organization.id,
        "name": organization.name,
        "domains": domains.iter().map(domain_view).collect::<Vec<_>>(),
        "metadata": organization.metadata,
        "external_id": organization.external_id,
        "allow_profiles_outside_organization": policy.allow_profiles_outside_organization,
        "created_at": timestamp::text(organization.created_at),
        "updated_at": timestamp::text(organization.updated_at),
    });
    // The contract knows no null here.
    if let (Some(customer), Some(fields)) = (&organization.stripe_customer_id, view.as_object_mut()) {
        fields.insert("stripe_customer_id".to_owned(), json!(customer));
    }
    view
}

/// A domain in the contract's form.
pub(crate) fn domain_view(domain: &OrganizationDomain) -> Value {
    let state = match domain.state {
        DomainState::Pending => "pending",
        DomainState::Verified => "verified",
        DomainState::Failed => "failed",
    };
    let strategy = match domain.strategy {
        DomainStrategy::Dns => "dns",
        DomainStrategy::Manual => "manual",
    };
    let mut view = json!({
        "object": "organization_domain",
        "id": domain.id,
        "organization_id": domain.organization_id,
        "domain": domain.domain,
        "state": state,
        "verification_strategy": strategy,
        "created_at": timestamp::text(domain.created_at),
        "updated_at": timestamp::text(domain.updated_at),
    });
    if let (Some(token), Some(fields)) = (&domain.verification_token, view.as_object_mut()) {
        fields.insert("verification_prefix".to_owned(), json!(VERIFICATION_PREFIX));
        fields.insert("verification_token".to_owned(), json!(token));
    }
    view
}
