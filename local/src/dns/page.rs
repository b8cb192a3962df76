//! "DNS of this machine": the page on which a newcomer plays the admin of a company's DNS.

mod form;

use super::record::RecordType;
use super::zone::Zone;
use super::zones::{Zones, ZonesError};
use crate::pages::page;
use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use form::{FieldProblem, RecordForm, RecordRow};
use http::{HeaderMap, Method, StatusCode, header};
use portico_shared::domain::domain_name::DomainName;
use serde::Deserialize;
use std::net::SocketAddr;

const BRAND: &str = "DNS of this machine";

/// The page. Cheap to clone.
#[derive(Clone)]
pub(crate) struct DnsPage {
    zones: Zones,
    url: String,
    server: SocketAddr,
}

#[derive(Template)]
#[template(path = "dns/home.html")]
struct HomePage {
    server: SocketAddr,
    zones: Vec<Zone>,
    domain: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "dns/zone.html")]
struct ZonePage<'a> {
    server: SocketAddr,
    zone: &'a Zone,
    rows: Vec<RecordRow>,
    /// What was typed, when it was refused.
    form: &'a RecordForm,
    problem: Option<FieldProblem>,
}

impl ZonePage<'_> {
    /// What is wrong with a field.
    fn problem(&self, field: &str) -> Option<&str> {
        self.problem
            .as_ref()
            .filter(|problem| problem.field == field)
            .map(|problem| problem.sentence.as_str())
    }

    fn is_cname(&self) -> bool {
        RecordType::parse(&self.form.r#type) == Some(RecordType::Cname)
    }
}

#[derive(Template)]
#[template(path = "dns/trouble.html")]
struct TroublePage {
    what: String,
}

/// Why a request gets a page that says so.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("This form was sent by another site's page.")]
    OtherSite,
    #[error("There is no such zone here.")]
    NoSuchZone,
    #[error("Nothing was changed: {0}.")]
    Zones(ZonesError),
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = match self {
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::NoSuchZone => StatusCode::NOT_FOUND,
            Self::Zones(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        page(status, BRAND, "This didn't work", &TroublePage { what: self.to_string() })
    }
}

impl DnsPage {
    /// The page at `url`, for zones that `server` answers from.
    pub(crate) fn new(zones: Zones, url: String, server: SocketAddr) -> Self {
        Self { zones, url, server }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/zones", post(add_zone))
            .route("/zones/{id}", get(zone))
            .route("/zones/{id}/records", get(to_zone).post(add_record))
            .route("/zones/{id}/records/delete", get(to_zone).post(delete_record))
            .layer(middleware::from_fn_with_state(self.clone(), check_site))
            .with_state(self.clone())
    }

    fn home(&self, status: StatusCode, domain: &str, problem: Option<String>) -> Response {
        let domain = domain.to_owned();
        let content = HomePage { server: self.server, zones: self.zones.all(), domain, problem };
        page(status, BRAND, "Zones", &content)
    }

    fn show(
        &self,
        status: StatusCode,
        zone: &Zone,
        form: &RecordForm,
        problem: Option<FieldProblem>,
    ) -> Response {
        let rows = RecordRow::of(zone);
        let content = ZonePage { server: self.server, zone, rows, form, problem };
        page(status, BRAND, zone.domain().as_str(), &content)
    }

    fn zone(&self, id: &str) -> Result<Zone, Trouble> {
        self.zones.zone(id).ok_or(Trouble::NoSuchZone)
    }
}

/// A form counts when a page of this program sent it. Browsers say so; the origin alone would not do, because it is
/// withheld together with the referrer.
pub(crate) fn is_from_here(headers: &HeaderMap, url: &str) -> bool {
    match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => origin == url,
        (None, None) => true,
    }
}

async fn check_site(State(dns): State<DnsPage>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST && !is_from_here(request.headers(), &dns.url) {
        return Trouble::OtherSite.into_response();
    }
    next.run(request).await
}

async fn home(State(dns): State<DnsPage>) -> Response {
    dns.home(StatusCode::OK, "", None)
}

#[derive(Deserialize)]
struct ZoneForm {
    #[serde(default)]
    domain: String,
}

async fn add_zone(State(dns): State<DnsPage>, Form(form): Form<ZoneForm>) -> Result<Response, Trouble> {
    let refused = |sentence| Ok(dns.home(StatusCode::BAD_REQUEST, &form.domain, Some(sentence)));
    let domain = match DomainName::parse(&form.domain) {
        Ok(domain) => domain,
        Err(problem) => return refused(format!("No zone was added: {problem}.")),
    };
    match dns.zones.add(&domain) {
        Ok(id) => Ok(Redirect::to(&format!("/zones/{id}")).into_response()),
        Err(problem @ (ZonesError::Exists(_) | ZonesError::TooMany)) => {
            refused(format!("No zone was added: {problem}."))
        }
        Err(problem) => Err(Trouble::Zones(problem)),
    }
}

async fn zone(State(dns): State<DnsPage>, Path(id): Path<String>) -> Result<Response, Trouble> {
    Ok(dns.show(StatusCode::OK, &dns.zone(&id)?, &RecordForm::default(), None))
}

/// A page that answered a form is asked for again: as when a person presses Enter in the address bar.
async fn to_zone(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/zones/{id}"))
}

async fn add_record(
    State(dns): State<DnsPage>,
    Path(id): Path<String>,
    Form(form): Form<RecordForm>,
) -> Result<Response, Trouble> {
    let zone = dns.zone(&id)?;
    let refused = |problem| Ok(dns.show(StatusCode::BAD_REQUEST, &zone, &form, Some(problem)));
    let change = match form.change(&zone) {
        Ok(change) => change,
        Err(problem) => return refused(problem),
    };
    match dns.zones.change(&id, &[change]) {
        Ok(()) => Ok(Redirect::to(&format!("/zones/{}", zone.id())).into_response()),
        Err(ZonesError::Refused(refusals)) => refused(FieldProblem::of(&refusals)),
        Err(problem) => Err(Trouble::Zones(problem)),
    }
}

/// What is gone already is as good as deleted.
async fn delete_record(
    State(dns): State<DnsPage>,
    Path(id): Path<String>,
    Form(row): Form<RecordForm>,
) -> Result<Redirect, Trouble> {
    let zone = dns.zone(&id)?;
    if let Some(change) = row.deletion(&zone) {
        dns.zones.change(&id, &[change]).map_err(Trouble::Zones)?;
    }
    Ok(Redirect::to(&format!("/zones/{}", zone.id())))
}

#[cfg(test)]
mod tests;
