//! What becomes of an organization's domains when a request names the ones it is to have.

use portico_shared::app::App;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::OrganizationDomainId;
use portico_shared::domain::organization::{
    DomainState, DomainStrategy, OrganizationDetails, OrganizationDomain,
};
use portico_shared::store::NewDomain;
use portico_shared::web::organization_domain::domain_event;

use super::input::WantedDomain;
use crate::error::RouteError;

/// The most domains that one request changes: each takes up to seven of a transaction's 100 actions.
const MOST_CHANGES: usize = 12;

/// The difference between the domains that are there and those that are wanted.
#[derive(Debug)]
pub(super) struct DomainChanges {
    /// New claims, and claims that are now proved.
    pub(super) added: Vec<NewDomain>,
    /// Claims given up.
    pub(super) removed: Vec<(OrganizationDomain, NewEvent)>,
    /// All claims afterwards.
    pub(super) result: Vec<OrganizationDomain>,
}

impl DomainChanges {
    /// Decides what to write. A verified domain stays verified where `pending` is asked for: that asks for a proof, and
    /// there is one.
    ///
    /// # Errors
    /// More domains than the plan includes, or than one request can change.
    pub(super) fn decide(
        app: &App,
        details: &OrganizationDetails,
        wanted: &[WantedDomain],
    ) -> Result<Self, RouteError> {
        let mut changes = Self { added: Vec::new(), removed: Vec::new(), result: Vec::new() };
        let mut claims = 0;
        for (wanted, id) in wanted.iter().zip(ids_in_order(app, wanted.len())) {
            let known = details.domains.iter().find(|known| known.domain == wanted.domain);
            let change = match known {
                Some(known) if !wanted.verified || known.state == DomainState::Verified => {
                    changes.result.push(known.clone());
                    continue;
                }
                Some(known) => proved(app, known),
                None => {
                    claims += 1;
                    claimed(app, details, wanted, id)
                }
            };
            changes.result.push(change.domain.clone());
            changes.added.push(change);
        }
        let given_up =
            |known: &&OrganizationDomain| wanted.iter().all(|wanted| wanted.domain != known.domain);
        for known in details.domains.iter().filter(given_up) {
            let deleted = domain_event(EventName::OrganizationDomainDeleted, known, &app.config().dns);
            changes.removed.push((known.clone(), deleted));
        }
        changes.result.sort_by_key(|domain| domain.id);
        changes.within_limits(claims, details.policy.features.domains)?;
        Ok(changes)
    }

    fn within_limits(&self, claims: usize, plan: u32) -> Result<(), RouteError> {
        // A plan that has shrunk takes nothing away; it only adds nothing.
        if claims > 0 && self.result.len() > usize::try_from(plan).unwrap_or(usize::MAX) {
            let message = format!(
                "The organization's plan includes {plan} domains; this would make {}.",
                self.result.len()
            );
            return Err(RouteError::field("domain_data", "too_many", message));
        }
        if self.added.len() + self.removed.len() > MOST_CHANGES {
            let message =
                format!("One request can add, verify and remove {MOST_CHANGES} domains at the most.");
            return Err(RouteError::field("domain_data", "too_many", message));
        }
        Ok(())
    }
}

/// A claim that the SaaS team vouches for from now on.
fn proved(app: &App, known: &OrganizationDomain) -> NewDomain {
    let domain = known.turned(DomainState::Verified, DomainStrategy::Manual, app.clock().now());
    written(app, domain, &[EventName::OrganizationDomainVerified])
}

/// Ids of one instant, sorted: the domains of one request are listed in the order in which it names them.
fn ids_in_order(app: &App, many: usize) -> Vec<OrganizationDomainId> {
    let now = app.clock().now();
    let mut ids: Vec<_> = (0..many).map(|_| OrganizationDomainId::mint(now, app.rng())).collect();
    ids.sort();
    ids
}

fn claimed(
    app: &App,
    details: &OrganizationDetails,
    wanted: &WantedDomain,
    id: OrganizationDomainId,
) -> NewDomain {
    let now = app.clock().now();
    let organization_id = details.organization.id;
    let claim = OrganizationDomain::claim(id, organization_id, wanted.domain.clone(), now, app.rng());
    if wanted.verified {
        let vouched = claim.turned(DomainState::Verified, DomainStrategy::Manual, now);
        let names = [EventName::OrganizationDomainCreated, EventName::OrganizationDomainVerified];
        return written(app, vouched, &names);
    }
    written(app, claim, &[EventName::OrganizationDomainCreated])
}

fn written(app: &App, domain: OrganizationDomain, names: &[EventName]) -> NewDomain {
    let events = names.iter().map(|name| domain_event(*name, &domain, &app.config().dns)).collect();
    NewDomain::new(domain, events, app.clock().now())
}
