//! Who is here: an admin's visit, and all that hangs on their organization, in one round trip.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use portico_shared::app::App;
use portico_shared::config::PublicUrl;
use portico_shared::domain::actor::Actor;
use portico_shared::domain::ids::PortalSessionId;
use portico_shared::domain::organization::{Organization, OrganizationDetails};
use portico_shared::domain::portal::{PortalSession, Section, SetupProgress};
use portico_shared::domain::token::{PlainToken, PortalToken};
use portico_shared::store::OrganizationSetup;
use portico_shared::web::cookies;
use portico_shared::web::origin::Origin;
use portico_shared::web::retried::retried;

use crate::error::{RouteError, Serving};

/// What a form's token is derived for.
const FORM: &str = "portal form";

/// The proof that a request comes from an admin whom a link has let in.
pub(crate) struct Visit {
    /// The app, in which this visit stands behind all that is changed.
    pub(crate) app: App,
    /// The visit.
    pub(crate) session: PortalSession,
    /// The organization, with all that hangs on it.
    pub(crate) setup: OrganizationSetup,
    /// What a form has to bring along.
    pub(crate) form_token: String,
}

impl Visit {
    /// The organization.
    pub(crate) fn organization(&self) -> &Organization {
        &self.setup.details.value.organization
    }

    /// The organization with its domains and policy.
    pub(crate) fn details(&self) -> &OrganizationDetails {
        &self.setup.details.value
    }

    /// Whether a section is there: within the link, and within the plan.
    pub(crate) fn has(&self, section: Section) -> bool {
        let features = &self.details().policy.features;
        let included = match section {
            Section::Overview | Section::Contacts => true,
            Section::Domains => features.domains > 0,
            Section::Sso | Section::SignIns => features.sso,
            Section::Directory => features.directory_sync,
        };
        included && self.session.grant.reaches(section)
    }

    /// Goes on only where a section is there.
    ///
    /// # Errors
    /// [`RouteError::NotFound`]: what isn't in the plan, or not in the link, isn't there.
    pub(crate) fn enter(self, section: Section) -> Result<Self, RouteError> {
        if self.has(section) { Ok(self) } else { Err(RouteError::NotFound) }
    }

    /// Goes on only where this visit may change what already serves.
    ///
    /// # Errors
    /// [`RouteError::InvitationOnly`].
    pub(crate) fn may_change(&self, what: Serving) -> Result<(), RouteError> {
        if self.session.grant.may_change_active() { Ok(()) } else { Err(RouteError::InvitationOnly(what)) }
    }

    /// Keeps how far the setup has come, on top of whatever else was kept of it meanwhile.
    pub(crate) async fn advance(&self, change: impl Fn(&mut SetupProgress)) -> Result<(), RouteError> {
        let (store, id) = (self.app.store(), self.organization().id);
        retried(|| async {
            let setup = store.organization_setup(id).await?.ok_or(RouteError::NoVisit)?;
            let mut progress = setup.progress.value;
            change(&mut progress);
            Ok(store.keep_progress(id, setup.progress.version, &progress).await?)
        })
        .await
    }

    /// Reads the organization again, after a change.
    pub(crate) async fn reread(self) -> Result<Self, RouteError> {
        let id = self.organization().id;
        let setup = self.app.store().organization_setup(id).await?.ok_or(RouteError::NoVisit)?;
        Ok(Self { setup, ..self })
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RouteError> {
        let plain = presented(&parts.headers, &app.config().public_url).ok_or(RouteError::NoVisit)?;
        let (organization, id) = plain.claimed_portal(PortalToken::Session).ok_or(RouteError::NoVisit)?;
        let (session, setup) = tokio::try_join!(
            app.store().portal_session(organization, PortalSessionId::from_bytes(id)),
            app.store().organization_setup(organization),
        )?;
        let session = session.filter(|session| session.hash.matches(&plain)).ok_or(RouteError::NoVisit)?;
        let setup = setup.ok_or(RouteError::NoVisit)?;
        let Origin { ip_address, user_agent } = Origin::of(parts);
        let app = app.acting(Actor { who: session.who(), ip_address, user_agent });
        Ok(Self { app, session, setup, form_token: plain.derived(FORM) })
    }
}

fn cookie_name(public_url: &PublicUrl) -> &'static str {
    if public_url.is_loopback_http() { "portico_portal" } else { "__Host-portico_portal" }
}

fn presented(headers: &HeaderMap, public_url: &PublicUrl) -> Option<PlainToken> {
    cookies::value(headers, cookie_name(public_url)).and_then(PlainToken::presented)
}

/// The `Set-Cookie` value that gives a visit to the browser, until the browser or the visit ends. `Lax`, so that the way
/// back from an identity provider leads into the same visit.
pub(crate) fn set_cookie(token: &PlainToken, public_url: &PublicUrl) -> Option<HeaderValue> {
    let secure = if public_url.is_loopback_http() { "" } else { "; Secure" };
    let cookie =
        format!("{}={}; Path=/; HttpOnly; SameSite=Lax{secure}", cookie_name(public_url), token.reveal());
    HeaderValue::from_str(&cookie).ok()
}

/// The `Set-Cookie` value that takes it back.
pub(crate) fn forget_cookie(public_url: &PublicUrl) -> Option<HeaderValue> {
    let secure = if public_url.is_loopback_http() { "" } else { "; Secure" };
    let cookie = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}", cookie_name(public_url));
    HeaderValue::from_str(&cookie).ok()
}
