//! A claim as its own page of the API shows it: the contract's form, and beside it, as additions of ours, what to publish
//! and what the last look saw.

use chrono::{DateTime, Utc};
use portico_shared::app::App;
use portico_shared::domain::domain_check::{DomainCheck, Look};
use portico_shared::domain::domain_proof::{Failure, Finding, Outcome};
use portico_shared::domain::organization::{DomainState, OrganizationDomain};
use portico_shared::store::Due;
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
    // Of `_portico.eu.acme.com` in the zone acme.com, `_portico.eu`.
    let host =
        name.strip_suffix(domain.domain.registered()).map_or(&*name, |host| host.trim_end_matches('.'));
    let record =
        |kind: &str, value: String| json!({ "type": kind, "name": name, "host": host, "value": value });
    let txt = record("TXT", domain.txt_value(&dns.value_prefix));
    let cname = dns.proof_zone.as_deref().map(|zone| record("CNAME", domain.cname_target(zone)));
    Value::from_iter(std::iter::once(txt).chain(cname))
}

/// The name as most panels want it: of `_portico.eu.acme.com` in the zone acme.com, `_portico.eu`.
fn host<'a>(domain: &OrganizationDomain, name: &'a str) -> &'a str {
    name.strip_suffix(domain.domain.registered()).map_or(name, |host| host.trim_end_matches('.'))
}

fn verification(app: &App, domain: &OrganizationDomain, check: &Due<DomainCheck>) -> Value {
    let time = |at: Option<DateTime<Utc>>| at.map(timestamp::text);
    let last = check.work.last.as_ref();
    let finding = last.map(|look| &look.finding);
    let now = app.clock().now();
    json!({
        "status": status(domain.state),
        "outcome": finding.map(|finding| finding.outcome.code()),
        "message": last.map(|look| message(app, domain, look)),
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

/// A sentence for the domain's admin: what was expected, what was there, what to do.
fn message(app: &App, domain: &OrganizationDomain, look: &Look) -> String {
    let dns = &app.config().dns;
    let (name, value) = (domain.record_name(&dns.label), domain.txt_value(&dns.value_prefix));
    let Finding { outcome, found, servers, failure } = &look.finding;
    let servers = servers.join(", ");
    match outcome {
        Outcome::Found => format!("The record at {name} is right."),
        Outcome::WrongValue => {
            let found: Vec<_> = found.iter().map(|value| format!("“{value}”")).collect();
            format!(
                "There are records at {name}, but none of them is the right one: expected a TXT record “{value}”, found {}. \
                 Other TXT records may stay beside it.",
                found.join(", ")
            )
        }
        Outcome::Misplaced => {
            let place = found.first().map_or("another name", String::as_str);
            let host = host(domain, &name);
            let hint = if place == domain.domain.as_str() {
                format!("Enter “{host}” as the record's name.")
            } else {
                format!(
                    "Your DNS panel appends the domain by itself: enter “{host}” as the record's name, without the domain."
                )
            };
            format!("The right value stands at {place}, but it has to stand at {name}. {hint}")
        }
        Outcome::NoRecord if domain.state == DomainState::Failed => format!(
            "There was no TXT record at {name} for 30 days, so nobody looks for it any more. Save it with the value “{value}”, \
             then verify the domain again."
        ),
        Outcome::NoRecord => format!(
            "There is no TXT record at {name}. Once it is saved with the value “{value}”, it is found within the hour, or at \
             once if you verify the domain again."
        ),
        Outcome::NoSuchDomain => {
            format!(
                "The domain {} doesn't exist in DNS. Check its spelling, and that it is registered.",
                domain.domain
            )
        }
        Outcome::ServerFailure if matches!(failure, Some(Failure::CnameLoop | Failure::DeadCname)) => {
            let how = failure.map_or("", Failure::words);
            format!(
                "The record at {name} is a CNAME that {how}. Correct it, or replace it by the TXT record “{value}”."
            )
        }
        Outcome::ServerFailure => {
            let how = failure.map_or("gave no usable answer", Failure::words);
            format!(
                "The DNS of {} is in trouble: {servers} {how}. Its DNS provider can repair that.",
                domain.domain
            )
        }
        Outcome::Timeout => {
            let who = if servers.is_empty() { "Nobody".to_owned() } else { format!("None of {servers}") };
            format!(
                "{who} answered questions about {} in time. That often passes; otherwise ask its DNS provider.",
                domain.domain
            )
        }
        Outcome::Split => format!(
            "Some name servers of {} have the record already; {servers} not yet. Nothing is to be done but wait.",
            domain.domain
        ),
    }
}
