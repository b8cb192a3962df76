//! A link: shown by GET, which spends nothing, so that scanners and previews don't; spent by the POST of its one button.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use portico_shared::app::App;
use portico_shared::domain::connection::ConnectionState;
use portico_shared::domain::directory::DirectoryState;
use portico_shared::domain::ids::PortalLinkId;
use portico_shared::domain::portal::{Intent, LinkKind, LinkStanding, PortalLink};
use portico_shared::domain::token::{PlainToken, PortalToken};
use portico_shared::operations::portal::{intent_words, open_link};
use portico_shared::operations::setup::Standing;
use portico_shared::store::{OrganizationSetup, Versioned};
use portico_shared::web::error::Trouble;
use portico_shared::web::origin::Origin;
use portico_shared::web::redirect::see_other;

use crate::error::RouteError;
use crate::fields::check_origin;
use crate::page::outside;
use crate::path::PathOf;
use crate::visit::set_cookie;

#[derive(Template)]
#[template(path = "open.html")]
struct OpenPage<'a> {
    organization: &'a str,
    mark: String,
    app_name: Option<&'a str>,
    what: String,
    needs_dns: bool,
    needs_provider: bool,
    until: String,
}

/// `GET /portal/open/{token}`
pub(crate) async fn ask(State(app): State<App>, PathOf(token): PathOf) -> Result<Response, RouteError> {
    let (link, setup) = load(&app, &token).await?;
    let organization = &setup.details.value.organization.name;
    let intents = &link.value.grant.intents;
    let what = intents.iter().map(|intent| intent_words(*intent)).collect::<Vec<_>>().join(" and ");
    let asks = |wanted: &[Intent]| intents.iter().any(|intent| wanted.contains(intent));
    let content = OpenPage {
        organization,
        mark: organization.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default(),
        app_name: app.config().portal.app_name.as_deref(),
        what: what.clone(),
        needs_dns: asks(&[Intent::Settings, Intent::Sso, Intent::DomainVerification]),
        needs_provider: asks(&[Intent::Settings, Intent::Sso, Intent::Dsync]),
        until: link.value.expires_at.format("%-d %B, %H:%M UTC").to_string(),
    };
    Ok(outside(&app, &format!("{organization}: set up {what}"), &content))
}

/// `POST /portal/open/{token}`: spends the link and begins the visit.
pub(crate) async fn open(
    State(app): State<App>,
    PathOf(token): PathOf,
    headers: HeaderMap,
    origin: Origin,
) -> Result<Response, RouteError> {
    let public_url = &app.config().public_url;
    check_origin(&headers, public_url)?;
    let (link, setup) = load(&app, &token).await?;
    if link.value.grant.kind == LinkKind::Shareable && is_complete(&app, &link.value, &setup).await? {
        return Err(RouteError::SetupComplete);
    }
    let (session, plain) = match open_link(&app, &link, origin).await {
        // Two clicks: one of them has it.
        Err(portico_shared::store::WriteLinkError::Raced) => {
            return Err(RouteError::LinkOver(LinkStanding::Used));
        }
        other => other?,
    };
    let cookie = set_cookie(&plain, public_url).ok_or(RouteError::Trouble(Trouble::Internal))?;
    let start = match session.grant.intents.as_slice() {
        [Intent::Sso] => "/portal/sso",
        [Intent::Dsync] => "/portal/directory",
        [Intent::DomainVerification] => "/portal/domains",
        _ => "/portal",
    };
    let mut response = see_other(start).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The open link that a token stands for, and the organization that it leads to: one round trip.
async fn load(app: &App, token: &str) -> Result<(Versioned<PortalLink>, OrganizationSetup), RouteError> {
    let plain = PlainToken::presented(token).ok_or(RouteError::LinkIncomplete)?;
    let (organization, id) = plain.claimed_portal(PortalToken::Link).ok_or(RouteError::LinkIncomplete)?;
    let (link, setup) = tokio::try_join!(
        app.store().portal_link(organization, PortalLinkId::from_bytes(id)),
        app.store().organization_setup(organization),
    )?;
    let (link, setup) = link.zip(setup).ok_or(RouteError::LinkUnknown)?;
    if !link.value.hash.matches(&plain) {
        return Err(RouteError::LinkUnknown);
    }
    match link.value.standing(app.clock().now()) {
        LinkStanding::Open => Ok((link, setup)),
        over => Err(RouteError::LinkOver(over)),
    }
}

/// Whether all that an invitation was for is done: it has ended by that.
async fn is_complete(app: &App, link: &PortalLink, setup: &OrganizationSetup) -> Result<bool, RouteError> {
    let standing = Standing::read(app, setup).await?;
    let features = &setup.details.value.policy.features;
    let sso = standing.sso.as_ref().is_some_and(|(_, state)| *state == ConnectionState::Active);
    let directory = standing.directory.as_ref().is_some_and(|known| known.state == DirectoryState::Active);
    let verified = setup.details.value.domains.iter().any(|domain| domain.state.owns());
    let done = |intent: &Intent| match intent {
        Intent::Sso => sso,
        Intent::Dsync => directory,
        Intent::DomainVerification => verified,
        Intent::Settings => (sso || !features.sso) && (directory || !features.directory_sync),
    };
    Ok(link.grant.intents.iter().all(done))
}
