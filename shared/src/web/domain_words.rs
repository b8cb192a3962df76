//! What a look at a claim's record saw, in words for the domain's admin: in the API's answer, and on the portal's page.

use crate::config::DnsConfig;
use crate::domain::domain_check::Look;
use crate::domain::domain_proof::{Failure, Finding, Outcome};
use crate::domain::organization::{DomainState, OrganizationDomain};

/// The name as most panels want it: of `_portico.eu.acme.com` in the zone acme.com, `_portico.eu`.
pub fn host<'a>(domain: &OrganizationDomain, name: &'a str) -> &'a str {
    name.strip_suffix(domain.domain.registered()).map_or(name, |host| host.trim_end_matches('.'))
}

/// A sentence for the domain's admin: what was expected, what was there, what to do.
pub fn message(dns: &DnsConfig, domain: &OrganizationDomain, look: &Look) -> String {
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
             then have it checked again."
        ),
        Outcome::NoRecord => format!(
            "There is no TXT record at {name}. Once it is saved with the value “{value}”, it is found within the hour, or at \
             once if you have it checked again."
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
