//! Organizations in the contract's form, for answers and for events.

use portico_shared::config::DnsConfig;
use portico_shared::domain::organization::{Organization, OrganizationDomain, Policy};
use portico_shared::web::organization_domain::domain_view;
use portico_shared::web::timestamp;
use serde_json::{Value, json};

pub(super) fn organization_view(
    organization: &Organization,
    domains: &[OrganizationDomain],
    policy: &Policy,
    dns: &DnsConfig,
) -> Value {
    let mut view = json!({
        "object": "organization",
        "id": organization.id,
        "name": organization.name,
        "domains": domains.iter().map(|domain| domain_view(domain, dns)).collect::<Vec<_>>(),
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
