//! Single sign-on: the provider, its guide screen by screen, the test, and what is active afterwards.

pub(crate) mod attributes;
pub(crate) mod choice;
pub(crate) mod metadata;
pub(crate) mod oidc;
pub(crate) mod step;
pub(crate) mod test;

use askama::Template;
use axum::response::{IntoResponse, Response};
use portico_shared::domain::connection::{Connection, ConnectionState};
use portico_shared::domain::portal::{Section, SetupProgress};
use portico_shared::operations::connections;
use portico_shared::operations::setup::Prerequisite;
use portico_shared::store::ConnectionWithStatus;
use portico_shared::web::redirect::see_other;

use super::overview::{app_name, blocked};
use crate::error::{RouteError, Serving};
use crate::fields::Form;
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
    /// The other connections that serve meanwhile, oldest first.
    pub(crate) serving: Vec<Connection>,
    /// Whether another one serves or has served.
    pub(crate) beside_served: bool,
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

    /// What the providers are called with which people sign in today.
    pub(crate) fn serves_today(&self) -> Vec<&'static str> {
        let own = self.is_active().then(|| self.guide.called());
        own.into_iter().chain(self.serving.iter().filter_map(guide_of).map(Guide::called)).collect()
    }

    /// Whether it has never served.
    pub(crate) fn is_draft(&self) -> bool {
        is_draft(self.state())
    }

    /// Refuses an invitation's visit where a change would touch what serves or has served: this connection, or another in
    /// whose place it would come.
    pub(crate) fn guard(&self, visit: &Visit) -> Result<(), RouteError> {
        match self.is_draft() && !self.beside_served {
            true => Ok(()),
            false => visit.may_change(Serving::SingleSignOn),
        }
    }
}

/// The place where the setup of single sign-on stands; `None` where no provider was chosen, or its connection is gone. One
/// round trip.
pub(crate) async fn place(visit: &Visit) -> Result<Option<Place>, RouteError> {
    let connections = &visit.setup.connections;
    let walk = visit.setup.progress.value.sso.as_ref();
    let walk = walk.filter(|walk| connections.iter().any(|known| known.id == walk.subject));
    let begun =
        walk.and_then(|walk| Some((guides::sso_guide(&walk.guide)?, walk.step.as_str(), walk.subject)));
    // Made by the API: its guide is told by its type.
    let newest = || {
        connections.last().and_then(|newest| Some((guide_of(newest)?, guide_of(newest)?.first(), newest.id)))
    };
    let Some((guide, step, id)) = begun.or_else(newest) else { return Ok(None) };
    let others: Vec<&Connection> = connections.iter().filter(|known| known.id != id).collect();
    let ids: Vec<_> = others.iter().map(|other| other.id).collect();
    let store = visit.app.store();
    let (read, states) = tokio::try_join!(store.connection(id), store.connection_states(&ids))?;
    let known = others.into_iter().zip(states).filter_map(|(other, state)| Some((other, state?)));
    let served = |state| matches!(state, ConnectionState::Active | ConnectionState::Inactive);
    let known: Vec<_> = known.filter(|(_, state)| served(*state)).collect();
    let beside_served = !known.is_empty();
    let serving = known.into_iter().filter(|(_, state)| *state == ConnectionState::Active);
    let serving = serving.map(|(other, _)| other.clone()).collect();
    Ok(read.map(|read| Place { guide, step: step.to_owned(), read, serving, beside_served }))
}

/// Whether a connection in this state has never served.
pub(crate) fn is_draft(state: ConnectionState) -> bool {
    matches!(state, ConnectionState::Draft | ConnectionState::Validating)
}

/// The guide for a connection, by its type; the one for any provider where there is none of its own.
pub(crate) fn guide_of(connection: &Connection) -> Option<&'static Guide> {
    let own = guides::sso().iter().find(|guide| guide.connection_type == Some(connection.connection_type));
    own.or_else(|| guides::sso_guide("custom-saml"))
}

/// Keeps the screen where a setup stands.
pub(crate) async fn keep_step(visit: &Visit, place: &Place, step: &str) -> Result<(), RouteError> {
    let kept = &visit.setup.progress;
    let walk = place.guide.walk(step, place.connection().id);
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
    /// The provider that is being set up beside it, and the screen where that stands.
    beside: Option<(&'a str, &'a str)>,
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
    if !place.is_draft() {
        return Ok(summary(&visit, (place.connection(), place.state()), None));
    }
    match place.serving.first() {
        Some(serving) => Ok(summary(&visit, (serving, ConnectionState::Active), Some(&place))),
        None => Ok(see_other(&format!("/portal/sso/steps/{}", place.step))),
    }
}

/// The form's address, opened by itself.
pub(crate) async fn back() -> Response {
    see_other("/portal/sso").into_response()
}

/// `POST /portal/sso/stay`: what serves stays as it is, and the setup that has begun beside it is left. A test that is going on
/// comes to nothing by that.
pub(crate) async fn stay(Form { visit, .. }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Sso)?;
    let Some(place) = place(&visit).await?.filter(Place::is_draft) else {
        return Ok(see_other("/portal/sso"));
    };
    place.guard(&visit)?;
    let Some((serving, guide)) =
        place.serving.first().and_then(|serving| Some((serving, guide_of(serving)?)))
    else {
        return Ok(see_other("/portal/sso"));
    };
    let (draft, domains) = (place.connection().clone(), &visit.details().domains);
    connections::keep(&visit.app, &place.read, draft, ConnectionState::Draft, domains).await?;
    visit
        .advance(|progress| {
            progress.sso = Some(guide.walk(guide.first(), serving.id));
            progress.left = Some(place.connection().id);
        })
        .await?;
    Ok(see_other("/portal/sso"))
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

fn summary(
    visit: &Visit,
    (connection, state): (&Connection, ConnectionState),
    beside: Option<&Place>,
) -> Response {
    let ours = &visit.app.config().public_url;
    let walked = visit.setup.progress.value.sso.as_ref().filter(|walk| walk.subject == connection.id);
    let walked = walked.and_then(|walk| guides::sso_guide(&walk.guide));
    let provider = walked.or_else(|| guide_of(connection)).map_or("your provider", Guide::called);
    let saml = &connection.saml;
    let certificates = saml.certificates.iter().map(|known| CertificateLine {
        fingerprint: known.certificate.fingerprint_sha256(),
        until: day(known.certificate.not_after()),
    });
    let content = SummaryPage {
        badge: Badge::of_connection(Some(state)),
        provider,
        active: state == ConnectionState::Active,
        may_change: visit.session.grant.may_change_active(),
        beside: beside.map(|place| (place.guide.called(), place.step.as_str())),
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
