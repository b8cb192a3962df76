//! Which provider: chosen at first, or another one at any time. The domains and the contacts stay, and so do our addresses
//! where nothing serves yet.

use askama::Template;
use axum::response::Response;
use portico_protocol::saml::AttributeMap;
use portico_shared::domain::connection::{Connection, ConnectionState, SamlSettings};
use portico_shared::domain::ids::ConnectionId;
use portico_shared::domain::portal::Section;
use portico_shared::operations::connections::{self, CreateConnectionError};
use portico_shared::store::WriteConnectionError;
use portico_shared::web::redirect::see_other;
use portico_shared::web::retried::retried;

use super::{Place, blocked_page, is_draft, place};
use crate::error::RouteError;
use crate::fields::Form;
use crate::guides::{self, Guide, Protocol};
use crate::handlers::overview::blocked;
use crate::page::{Frame, page};
use crate::visit::Visit;

struct Provider {
    slug: &'static str,
    name: &'static str,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "sso/providers.html")]
struct ProvidersPage<'a> {
    saml: Vec<Provider>,
    oidc: Vec<Provider>,
    /// The providers with which people sign in today.
    serving: Vec<&'a str>,
    /// The one whose connection is switched off.
    off: Option<&'a str>,
    /// The one whose setup has begun.
    begun: Option<&'a str>,
    form_token: &'a str,
}

/// `GET /portal/sso/provider`
pub(crate) async fn show(visit: Visit) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Sso)?;
    let place = place(&visit).await?;
    if let (None, Some(why)) = (&place, blocked(&visit.setup.unmet())) {
        return Ok(blocked_page(&visit, why));
    }
    if let Some(place) = &place {
        place.guard(&visit)?;
    }
    let of = |protocol: Protocol| {
        let own = guides::sso().iter().filter(move |guide| guide.protocol == protocol);
        own.map(|guide| Provider { slug: guide.slug, name: &guide.name, kind: kind(guide) }).collect()
    };
    let called = |state| Some(place.as_ref().filter(|place| place.state() == state)?.guide.called());
    let content = ProvidersPage {
        saml: of(Protocol::Saml),
        oidc: of(Protocol::Oidc),
        serving: place.as_ref().map(Place::serves_today).unwrap_or_default(),
        off: called(ConnectionState::Inactive),
        begun: called(ConnectionState::Draft).or_else(|| called(ConnectionState::Validating)),
        form_token: &visit.form_token,
    };
    Ok(page(&visit, Frame::of(Section::Sso), "Choose your identity provider", &content))
}

fn kind(guide: &Guide) -> &'static str {
    match guide.slug {
        "custom-saml" => "Any other SAML 2.0 provider",
        "custom-oidc" => "Any other OpenID provider",
        "entra" => "formerly Azure AD",
        "adfs" => "Windows Server",
        _ if guide.protocol == Protocol::Oidc => "OpenID Connect",
        _ => "SAML 2.0",
    }
}

/// `POST /portal/sso/provider`. What serves, or has served, stays as it is while another connection is set up beside it.
pub(crate) async fn choose(Form { visit, fields }: Form) -> Result<Response, RouteError> {
    let visit = visit.enter(Section::Sso)?;
    let guide = guides::sso_guide(fields.text("provider")).ok_or(RouteError::NotFound)?;
    let place = place(&visit).await?;
    if place.is_none() && !visit.setup.unmet().is_empty() {
        return Ok(see_other("/portal/sso"));
    }
    if let Some(place) = &place {
        place.guard(&visit)?;
    }
    let own = place.as_ref().filter(|place| place.is_draft());
    let draft = match own {
        Some(place) => Some((place.connection().id, place.guide.slug == guide.slug)),
        None => left(&visit).await?.map(|id| (id, false)),
    };
    match draft {
        Some((id, same)) => {
            if !same {
                retried(|| begin_again(&visit, id, guide)).await?;
            }
            visit
                .advance(|progress| {
                    (progress.sso, progress.left) = (Some(guide.walk(guide.first(), id)), None);
                })
                .await?;
        }
        None => {
            let draft = draft_for(&visit, guide)?;
            match connections::begin(&visit.app, &visit.setup, &draft, (guide.slug, guide.first())).await {
                // A second click: there is what the first one made.
                Err(CreateConnectionError::Write(WriteConnectionError::Raced)) => {
                    return Ok(see_other("/portal/sso"));
                }
                begun => begun?,
            }
        }
    }
    Ok(see_other(&format!("/portal/sso/steps/{}", guide.first())))
}

/// The draft that was left, if it still is one.
async fn left(visit: &Visit) -> Result<Option<ConnectionId>, RouteError> {
    let known = |id: &ConnectionId| visit.setup.connections.iter().any(|known| known.id == *id);
    let Some(id) = visit.setup.progress.value.left.filter(known) else { return Ok(None) };
    let state = visit.app.store().connection_states(&[id]).await?.pop().flatten();
    Ok(Some(id).filter(|_| state.is_some_and(is_draft)))
}

/// A draft for a provider: it has our addresses already.
fn draft_for(visit: &Visit, guide: &Guide) -> Result<Connection, RouteError> {
    let (app, now) = (&visit.app, visit.app.clock().now());
    Ok(Connection {
        id: ConnectionId::mint(now, app.rng()),
        organization_id: visit.organization().id,
        name: visit.organization().name.clone(),
        external_id: None,
        connection_type: guide.connection_type.ok_or(RouteError::NotFound)?,
        attribute_map: AttributeMap::default(),
        saml: SamlSettings::default(),
        oidc: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    })
}

/// The same connection for another provider: what the first one gave is gone, our addresses stay.
async fn begin_again(visit: &Visit, id: ConnectionId, guide: &Guide) -> Result<(), RouteError> {
    let read = visit.app.store().connection(id).await?.ok_or(RouteError::NotFound)?;
    if !is_draft(read.status.value.state) {
        // It serves by now.
        return Err(RouteError::Raced);
    }
    let before = &read.connection.value;
    let changed = Connection {
        connection_type: guide.connection_type.ok_or(RouteError::NotFound)?,
        attribute_map: AttributeMap::default(),
        saml: SamlSettings { sp_entity_id: before.saml.sp_entity_id.clone(), ..SamlSettings::default() },
        oidc: None,
        ..before.clone()
    };
    connections::keep(&visit.app, &read, changed, ConnectionState::Draft, &visit.details().domains).await?;
    Ok(())
}
