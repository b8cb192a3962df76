//! Domains: added several at once, each with the record that proves it, looked at on demand.

use askama::Template;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use portico_shared::domain::domain_box::{TypedDomain, read_box};
use portico_shared::domain::domain_check::DomainCheck;
use portico_shared::domain::domain_name::DomainName;
use portico_shared::domain::ids::OrganizationDomainId;
use portico_shared::domain::organization::{DomainState, OrganizationDomain};
use portico_shared::domain::portal::Section;
use portico_shared::operations::domains::{self, ClaimError, Refused, VerifyError};
use portico_shared::store::Due;
use portico_shared::web::domain_words::{host, message};
use portico_shared::web::redirect::see_other;
use portico_shared::web::retried::retried;

use crate::error::{RouteError, Serving};
use crate::fields::Form;
use crate::page::{Frame, page};
use crate::path::PathOf;
use crate::visit::Visit;
use crate::words::{Badge, ago, instant, within};

struct Panel {
    id: String,
    name: String,
    badge: Badge,
    said: String,
    record: String,
    host: String,
    txt: String,
    cname: Option<String>,
    verified: bool,
    /// Whether this visit may remove it.
    may_remove: bool,
}

#[derive(Template)]
#[template(path = "domains.html")]
struct DomainsPage<'a> {
    typed: &'a str,
    problems: &'a [String],
    notes: &'a [String],
    panels: Vec<Panel>,
    room: bool,
    form_token: &'a str,
}

/// What the page says beside how things stand.
#[derive(Debug, Default)]
struct Said {
    typed: String,
    problems: Vec<String>,
    notes: Vec<String>,
}

/// `GET /portal/domains`
pub(crate) async fn show(visit: Visit) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Domains)?;
    render(&visit, &Said::default()).await
}

/// A form's address, opened by itself.
pub(crate) async fn back() -> Response {
    see_other("/portal/domains").into_response()
}

async fn render(visit: &Visit, said: &Said) -> Result<Response, RouteError> {
    let details = visit.details();
    let ids: Vec<_> = details.domains.iter().map(|domain| domain.id).collect();
    let checks = visit.app.store().domain_checks(&ids).await?;
    let now = visit.app.clock().now();
    let panels: Vec<Panel> =
        details.domains.iter().zip(checks).map(|(domain, check)| panel(visit, domain, check, now)).collect();
    let plan = usize::try_from(details.policy.features.domains).unwrap_or(usize::MAX);
    let waiting = details.domains.iter().any(|domain| domain.state == DomainState::Pending);
    let content = DomainsPage {
        typed: &said.typed,
        problems: &said.problems,
        notes: &said.notes,
        room: panels.len() < plan,
        panels,
        form_token: &visit.form_token,
    };
    let frame = Frame { poll: waiting, ..Frame::of(Section::Domains) };
    let frame = if said.problems.is_empty() { frame } else { frame.refused() };
    Ok(page(visit, frame, "Domains", &content))
}

fn panel(
    visit: &Visit,
    domain: &OrganizationDomain,
    check: Option<Due<DomainCheck>>,
    now: DateTime<Utc>,
) -> Panel {
    let dns = &visit.app.config().dns;
    let record = domain.record_name(&dns.label);
    Panel {
        id: domain.id.to_string(),
        name: domain.domain.to_string(),
        badge: Badge::of_domain(domain.state),
        said: standing(visit, domain, check.as_ref(), now),
        host: host(domain, &record).to_owned(),
        record,
        txt: domain.txt_value(&dns.value_prefix),
        cname: dns.proof_zone.as_deref().map(|zone| domain.cname_target(zone)),
        verified: domain.state == DomainState::Verified,
        may_remove: may_remove(visit, domain.state),
    }
}

/// What is known of a domain, in a sentence or two.
fn standing(
    visit: &Visit,
    domain: &OrganizationDomain,
    check: Option<&Due<DomainCheck>>,
    now: DateTime<Utc>,
) -> String {
    let last = check.and_then(|check| check.work.last.as_ref());
    let seen = last.map(|look| format!(" Looked at {}", ago(look.at, now)));
    let next = check.and_then(|check| check.at).filter(|_| !domain.state.owns());
    let next = next.map(|at| format!("; we look again {}", within(at, now))).unwrap_or_default();
    let contested = check.and_then(|check| check.work.contested_until).filter(|until| *until > now);
    let contest = contested.map(|until| {
        format!(
            " Another organization has proved this domain by DNS. Publish your own record before {}, or it goes to them.",
            instant(until)
        )
    });
    let own = match (domain.state, last) {
        (DomainState::Verified, _) => {
            "The domain is verified. Leave the record in place: we look every day.".to_owned()
        }
        (_, Some(look)) => message(&visit.app.config().dns, domain, look),
        (_, None) => {
            "Nobody has looked for the record yet. That happens by itself within a minute.".to_owned()
        }
    };
    let at_risk = match domain.state {
        DomainState::AtRisk => {
            " Put it back, or sign-in stops for this domain when it has been missing for 17 days. It recovers by itself."
        }
        DomainState::Lapsed => {
            " Sign-in has stopped for this domain. It comes back by itself when the record is back."
        }
        _ => "",
    };
    let seen = seen.map(|seen| format!("{seen}{next}.")).unwrap_or_default();
    format!("{own}{at_risk}{}{seen}", contest.unwrap_or_default())
}

/// `POST /portal/domains`: what can be claimed is, and what can't is said and stays in the box.
pub(crate) async fn add(Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Domains)?;
    let text = fields.text("domains");
    let entries = read_box(text);
    let (mut said, mut left) = (Said::default(), Vec::new());
    if entries.is_empty() {
        said.problems.push("Enter at least one domain, such as acme.com.".to_owned());
    }
    for entry in entries {
        let refused = match &entry.domain {
            Ok(domain) => claim(&visit, domain).await?,
            Err(error) => Some(format!("“{}” was not added: {error}.", entry.typed)),
        };
        match refused {
            Some(problem) => {
                said.problems.push(problem);
                left.push(entry.typed.clone());
            }
            None => said.notes.extend(note(&entry)),
        }
    }
    if said.problems.is_empty() && said.notes.is_empty() {
        return Ok(see_other("/portal/domains"));
    }
    said.typed = left.join(", ");
    render(&visit.reread().await?, &said).await
}

/// What an address was taken for.
fn note(entry: &TypedDomain) -> Option<String> {
    let domain = entry.domain.as_ref().ok()?;
    entry.reduced.then(|| format!("“{}” was added as {domain}.", entry.typed))
}

/// Claims a domain; says why not where it can't be.
async fn claim(visit: &Visit, domain: &DomainName) -> Result<Option<String>, RouteError> {
    let id = visit.organization().id;
    let claimed = retried(|| async {
        let read = visit
            .app
            .store()
            .organization(id)
            .await
            .map_err(portico_shared::store::WriteDomainError::from)?;
        let Some(read) = read else { return Ok(None) };
        domains::claim(&visit.app, &read, domain).await.map(Some)
    });
    match claimed.await {
        Ok(Some(_)) => Ok(None),
        Ok(None) => Err(RouteError::NoVisit),
        Err(ClaimError::AlreadyClaimed(_)) => {
            Ok(Some(format!("{domain} was added before: it is in the list below.")))
        }
        Err(ClaimError::PlanIsFull(plan)) => Ok(Some(format!(
            "{domain} was not added: your plan includes {plan} domains. Remove one, or ask for a larger plan."
        ))),
        Err(ClaimError::Write(error)) => Err(error.into()),
    }
}

/// `POST /portal/domains/{id}/check`
pub(crate) async fn check(PathOf(id): PathOf, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Domains)?;
    let domain = own(&visit, &id)?.clone();
    let settled = match domains::verify(&visit.app, domain.id).await {
        Ok(settled) => settled,
        Err(VerifyError::AlreadyVerified) => return Ok(see_other("/portal/domains")),
        Err(VerifyError::NotFound) => return Err(RouteError::NotFound),
        Err(VerifyError::Write(error)) => return Err(error.into()),
    };
    let name = &domain.domain;
    let problem = match settled.refused {
        None => return Ok(see_other("/portal/domains")),
        Some(Refused::Taken) => format!(
            "The record of {name} is right, but another organization has verified this domain and its record still stands. \
             If the domain is yours, have their record removed, then check again."
        ),
        Some(Refused::Contested(until)) => format!(
            "The record of {name} is right. Another organization holds this domain without a record; it becomes yours by \
             itself on {}, unless they publish one before.",
            instant(until)
        ),
    };
    let visit = visit.reread().await?;
    render(&visit, &Said { notes: vec![problem], ..Said::default() }).await
}

/// `POST /portal/domains/{id}/remove`
pub(crate) async fn remove(PathOf(id): PathOf, Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Domains)?;
    let domain = own(&visit, &id)?.id;
    retried(|| async {
        match domains::read(&visit.app, domain).await? {
            Some(claim) if may_remove(&visit, claim.domain.state) => {
                Ok(domains::give_up(&visit.app, &claim.domain).await?)
            }
            Some(_) => visit.may_change(Serving::Domain),
            None => Ok::<(), RouteError>(()),
        }
    })
    .await?;
    Ok(see_other("/portal/domains"))
}

/// Whether this visit may remove a domain: an invitation's only one that was never proved.
fn may_remove(visit: &Visit, state: DomainState) -> bool {
    matches!(state, DomainState::Pending | DomainState::Failed) || visit.session.grant.may_change_active()
}

/// The claim that a path names, if it is this organization's.
fn own<'a>(visit: &'a Visit, id: &str) -> Result<&'a OrganizationDomain, RouteError> {
    let id = OrganizationDomainId::parse(id).map_err(|_| RouteError::NotFound)?;
    visit.details().domains.iter().find(|domain| domain.id == id).ok_or(RouteError::NotFound)
}
