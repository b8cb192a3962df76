//! A claim as its own page of the API shows it: the contract's form, and beside it, as additions of ours, what to publish
//! and what the last look saw.

use chrono::{DateTime, Utc};
use portico_shared::app::App;
use portico_shared::domain::domain_check::DomainCheck;
use portico_shared::domain::organization::{DomainState, OrganizationDomain};
use portico_shared::store::Due;
use portico_shared::web::domain_words::{host, message};
use portico_shared::web::organization_domain::domain_view;
use portico_shared::web::timestamp;
use serde_json::{Value, json};

/// The claim with its check.
pub(crate) fn shown(app: &App, domain: &OrganizationDomain, check: &Due<DomainCheck>) -> Value {
    let mut view = domain_view(domain, &app.config().dns);
    if let Some(fields) = view.as_object_mut() {
        fields.insert("dns_records".to_owned(), records(app, domain));
        fields.insert("verification".to_owned(), verification(app, domain, check));
    }
    view
}

/// What the domain's admin is to publish: either of the records. Panels differ in which name they want: some append the
/// zone to it.
fn records(app: &App, domain: &OrganizationDomain) -> Value {
    let dns = &app.config().dns;
    let name = domain.record_name(&dns.label);
    let host = host(domain, &name);
    let record =
        |kind: &str, value: String| json!({ "type": kind, "name": name, "host": host, "value": value });
    let txt = record("TXT", domain.txt_value(&dns.value_prefix));
    let cname = dns.proof_zone.as_deref().map(|zone| record("CNAME", domain.cname_target(zone)));
    Value::from_iter(std::iter::once(txt).chain(cname))
}

fn verification(app: &App, domain: &OrganizationDomain, check: &Due<DomainCheck>) -> Value {
    let time = |at: Option<DateTime<Utc>>| at.map(timestamp::text);
    let last = check.work.last.as_ref();
    let finding = last.map(|look| &look.finding);
    let now = app.clock().now();
    json!({
        "status": status(domain.state),
        "outcome": finding.map(|finding| finding.outcome.code()),
        "message": last.map(|look| message(&app.config().dns, domain, look)),
        "found": finding.map(|finding| &finding.found),
        "servers": finding.map(|finding| &finding.servers),
        "checked_at": time(last.map(|look| look.at)),
        "next_check_at": time(check.at),
        "lost_since": time(check.work.lost_since),
        "contested_until": time(check.work.contested_until.filter(|until| *until > now)),
    })
}

/// The state, with what the contract has no word for.
fn status(state: DomainState) -> &'static str {
    match state {
        DomainState::Pending => "pending",
        DomainState::Verified => "verified",
        DomainState::AtRisk => "at_risk",
        DomainState::Lapsed => "lapsed",
        DomainState::Failed => "failed",
    }
}
