//! Single sign-on: the provider, its guide screen by screen, the test, and what is active afterwards.

pub(crate) mod attributes;
pub(crate) mod choice;
pub(crate) mod metadata;
pub(crate) mod oidc;
pub(crate) mod step;
pub(crate) mod test;

use askama::Template;
use axum::response::Response;
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::portal::{Section, SetupProgress, Walk};
use portico_shared::operations::setup::Prerequisite;
use portico_shared::store::ConnectionWithStatus;
use portico_shared::web::redirect::see_other;

use super::overview::{app_name, blocked};
use crate::error::RouteError;
use crate::guides::{self, Guide};
use crate::page::{Frame, page};
use crate::visit::Visit;
use crate::words::{Badge, day};

/// Where a setup stands: its guide, the screen where somebody left, and the connection that it makes.
pub(crate) struct Place {
    /// The guide.
    pub(crate) guide: &'static Guide,
    /// The screen.
    pub(crate) step: String,
    /// The connection, as it is kept.
    pub(crate) read: ConnectionWithStatus,
}

impl Place {
    /// The connection.
    pub(crate) fn connection(&self) -> &Connection {
        &self.read.connection.value
    }

    /// Its state.
    pub(crate) fn state(&self) -> ConnectionState {
        self.read.status.value.state
    }

    /// Whether it serves.
    pub(crate) fn is_active(&self) -> bool {
        self.state() == ConnectionState::Active
    }
}

/// The place where the setup of single sign-on stands; `None` where no provider was chosen, or its connection is gone. One
/// round trip.
pub(crate) async fn place(visit: &Visit) -> Result<Option<Place>, RouteError> {
    let walk = visit.setup.progress.value.sso.as_ref();
    let known = walk.filter(|walk| visit.setup.connections.iter().any(|known| known.id == walk.subject));
    if let Some(walk) = known
        && let Some(guide) = guides::sso_guide(&walk.guide)
    {
        let read = visit.app.store().connection(walk.subject).await?;
        return Ok(read.map(|read| Place { guide, step: walk.step.clone(), read }));
    }
    // Made by the API: its guide is told by its type.
    let Some(newest) = visit.setup.connections.last() else { return Ok(None) };
    let Some(guide) = guide_of(newest) else { return Ok(None) };
    let read = visit.app.store().connection(newest.id).await?;
    Ok(read.map(|read| Place { guide, step: guide.first().to_owned(), read }))
}

/// The guide for a connection, by its type; the one for any provider where there is none of its own.
fn guide_of(connection: &Connection) -> Option<&'static Guide> {
    let own = guides::sso().iter().find(|guide| guide.connection_type == Some(connection.connection_type));
    own.or_else(|| guides::sso_guide("custom-saml"))
}

/// Keeps the screen where a setup stands.
pub(crate) async fn keep_step(visit: &Visit, place: &Place, step: &str) -> Result<(), RouteError> {
    let kept = &visit.setup.progress;
    let walk =
        Walk { guide: place.guide.slug.to_owned(), step: step.to_owned(), subject: place.connection().id };
    if kept.value.sso.as_ref() == Some(&walk) {
        return Ok(());
    }
    let progress = SetupProgress { sso: Some(walk), ..kept.value.clone() };
    let id = visit.organization().id;
    match visit.app.store().keep_progress(id, kept.version, &progress).await {
        // Another tab has moved on: what counts is what was saved, and that is.
        Ok(()) | Err(portico_shared::store::WriteSetupError::Raced) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "sso/blocked.html")]
struct BlockedPage {
    why: String,
    needs_domain: bool,
    needs_contact: bool,
    app_name: String,
}

struct CertificateLine {
    fingerprint: String,
    until: String,
}

#[derive(Template)]
#[template(path = "sso/summary.html")]
struct SummaryPage<'a> {
    badge: Badge,
    provider: &'a str,
    active: bool,
    /// Whether this visit may change what serves.
    may_change: bool,
    entity_id: Option<&'a str>,
    metadata_url: Option<&'a str>,
    certificates: Vec<CertificateLine>,
    acs_url: String,
    sp_entity_id: String,
    sp_metadata_url: String,
    app_name: String,
    form_token: &'a str,
}

/// `GET /portal/sso`: on to the screen where somebody left, or what is active.
pub(crate) async fn show(visit: Visit) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Sso)?;
    let place = place(&visit).await?;
    let Some(place) = place else {
        return match blocked(&visit.setup.unmet()) {
            Some(why) => Ok(blocked_page(&visit, why)),
            None => Ok(see_other("/portal/sso/provider")),
        };
    };
    if place.is_active() || place.state() == ConnectionState::Inactive {
        return Ok(summary(&visit, &place));
    }
    Ok(see_other(&format!("/portal/sso/steps/{}", place.step)))
}

/// The page that says what is needed first.
pub(crate) fn blocked_page(visit: &Visit, why: String) -> Response {
    let unmet = visit.setup.unmet();
    let content = BlockedPage {
        why,
        needs_domain: unmet.contains(&Prerequisite::VerifiedDomain),
        needs_contact: unmet.contains(&Prerequisite::ItContact),
        app_name: app_name(visit),
    };
    page(visit, Frame::of(Section::Sso), "Single sign-on", &content)
}

fn summary(visit: &Visit, place: &Place) -> Response {
    let (connection, ours) = (place.connection(), &visit.app.config().public_url);
    let saml = &connection.saml;
    let certificates = saml.certificates.iter().map(|known| CertificateLine {
        fingerprint: known.certificate.fingerprint_sha256(),
        until: day(known.certificate.not_after()),
    });
    let content = SummaryPage {
        badge: Badge::of_connection(Some(place.state())),
        provider: place.guide.called(),
        active: place.is_active(),
        may_change: visit.session.grant.may_change_active(),
        entity_id: saml.idp_entity_id.as_deref(),
        metadata_url: saml.idp_metadata_url.as_deref(),
        certificates: certificates.collect(),
        acs_url: ours.acs_url(&connection.id),
        sp_entity_id: ours.sp_entity_id(&connection.id, saml.sp_entity_id.as_deref()),
        sp_metadata_url: ours.sp_metadata_url(&connection.id),
        app_name: app_name(visit),
        form_token: &visit.form_token,
    };
    page(visit, Frame::of(Section::Sso), "Single sign-on", &content)
}
