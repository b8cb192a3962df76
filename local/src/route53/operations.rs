//! The operations.

use super::answers::{self, Listed, ZonePage};
use super::error::ServiceError;
use super::{KEPT, Route53, Submitted, request};
use crate::dns::{RecordName, Zone, ZoneId, upper_case};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

/// The most record sets in one answer, and how many there are when nothing is asked.
const MOST_RECORD_SETS: usize = 300;
/// The same of zones.
const MOST_ZONES: usize = 100;

pub(super) async fn get_hosted_zone(State(route53): State<Route53>, Path(id): Path<String>) -> Response {
    let zone = route53.zone(&id);
    route53.respond(zone.map(|zone| answers::hosted_zone(&zone)))
}

#[derive(Deserialize)]
pub(super) struct ZoneListParameters {
    dnsname: Option<String>,
    hostedzoneid: Option<String>,
    maxitems: Option<String>,
}

pub(super) async fn list_hosted_zones_by_name(
    State(route53): State<Route53>,
    Query(parameters): Query<ZoneListParameters>,
) -> Response {
    let answer = route53.list_zones(&parameters);
    route53.respond(answer)
}

#[derive(Deserialize)]
pub(super) struct RecordListParameters {
    name: Option<String>,
    r#type: Option<String>,
    identifier: Option<String>,
    maxitems: Option<String>,
}

pub(super) async fn list_resource_record_sets(
    State(route53): State<Route53>,
    Path(id): Path<String>,
    Query(parameters): Query<RecordListParameters>,
) -> Response {
    let answer = route53.zone(&id).and_then(|zone| list_record_sets(&zone, &parameters));
    route53.respond(answer)
}

pub(super) async fn change_resource_record_sets(
    State(route53): State<Route53>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let answer = route53.submit(&id, &body);
    route53.respond(answer)
}

pub(super) async fn get_change(State(route53): State<Route53>, Path(id): Path<String>) -> Response {
    let answer = route53.ask_after(&id);
    route53.respond(answer)
}

impl Route53 {
    fn zone(&self, id: &str) -> Result<Zone, ServiceError> {
        self.0.zones.zone(id).ok_or_else(|| ServiceError::NoSuchHostedZone(id.to_owned()))
    }

    /// Zones from a name on, in the order of their names from the root down.
    fn list_zones(&self, parameters: &ZoneListParameters) -> Result<String, ServiceError> {
        let max_items = max_items(parameters.maxitems.as_deref(), MOST_ZONES)?;
        let mut zones = self.0.zones.all();
        match &parameters.dnsname {
            Some(name) => {
                let invalid = |_| ServiceError::InvalidDomainName(name.clone());
                let start = (RecordName::parse(name).map_err(invalid)?, parameters.hostedzoneid.as_deref());
                zones.retain(|zone| (zone.name(), Some(zone.id().as_str())) >= (&start.0, start.1));
            }
            None if parameters.hostedzoneid.is_some() => {
                return Err(ServiceError::InvalidInput("hostedzoneid needs a dnsname".to_owned()));
            }
            None => {}
        }
        let (shown, rest) = zones.split_at(max_items.min(zones.len()));
        Ok(answers::hosted_zones_by_name(&ZonePage {
            dns_name: parameters.dnsname.as_deref(),
            hosted_zone_id: parameters.hostedzoneid.as_deref(),
            zones: shown,
            next: rest.first(),
            max_items,
        }))
    }

    fn submit(&self, zone: &str, body: &[u8]) -> Result<String, ServiceError> {
        self.zone(zone)?;
        let request = request::read(body)?;
        if self.0.faults.prior_request_is_unfinished() {
            return Err(ServiceError::PriorRequestNotComplete);
        }
        let zone = self.0.zones.stage(zone, &request.changes)?;
        let submitted =
            Submitted { zone, at: self.0.clock.now(), comment: request.comment, asked: 0, insync: false };
        let id = format!("C{}", upper_case(&self.0.rng));
        let answer = answers::change("ChangeResourceRecordSetsResponse", &id, &submitted, "PENDING");
        self.settle_later(submitted.zone.clone());
        let mut changes = self.changes();
        if changes.len() >= KEPT {
            changes.clear();
        }
        changes.insert(id, submitted);
        Ok(answer)
    }

    fn ask_after(&self, id: &str) -> Result<String, ServiceError> {
        let mut changes = self.changes();
        let change = changes.get_mut(id).ok_or_else(|| ServiceError::NoSuchChange(id.to_owned()))?;
        if !change.insync && self.0.faults.is_insync_after(change.asked) {
            change.insync = true;
            self.0.zones.serve(&change.zone);
        }
        change.asked = change.asked.saturating_add(1);
        let status = if change.insync { "INSYNC" } else { "PENDING" };
        Ok(answers::change("GetChangeResponse", id, change, status))
    }

    /// Whether anybody asks after a change or not, it gets to the name servers.
    fn settle_later(&self, zone: ZoneId) {
        let (route53, within) = (self.clone(), self.0.faults.settles_within());
        tokio::spawn(async move {
            tokio::time::sleep(within).await;
            if !route53.0.faults.is_stuck() {
                route53.0.zones.serve(&zone);
            }
        });
    }
}

/// Record sets from a name and type on: whatever comes next is answered when there is none of that name.
fn list_record_sets(zone: &Zone, parameters: &RecordListParameters) -> Result<String, ServiceError> {
    let max_items = max_items(parameters.maxitems.as_deref(), MOST_RECORD_SETS)?;
    if parameters.identifier.is_some() {
        return Err(ServiceError::InvalidInput(
            "identifier is of weighted record sets, of which there are none".to_owned(),
        ));
    }
    let mut sets = answers::listed(zone);
    match (&parameters.name, &parameters.r#type) {
        (Some(name), record_type) => {
            let invalid = |problem| ServiceError::InvalidInput(format!("{name:?}: {problem}"));
            let start =
                (&RecordName::parse(name).map_err(invalid)?, record_type.as_deref().unwrap_or_default());
            sets.retain(|set: &Listed| (&set.name, set.record_type) >= start);
        }
        (None, Some(_)) => return Err(ServiceError::InvalidInput("type needs a name".to_owned())),
        (None, None) => {}
    }
    let (shown, rest) = sets.split_at(max_items.min(sets.len()));
    Ok(answers::record_sets(shown, rest.first(), max_items))
}

/// How many are asked for: as many as there may be, unless it is fewer.
fn max_items(asked: Option<&str>, most: usize) -> Result<usize, ServiceError> {
    let Some(asked) = asked else { return Ok(most) };
    let number = asked.parse().ok().filter(|number| *number > 0);
    let problem = || ServiceError::InvalidInput(format!("maxitems wants a number from 1, not {asked:?}"));
    number.map(|number: usize| number.min(most)).ok_or_else(problem)
}
