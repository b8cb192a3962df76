//! Links into the admin portal: made, sent to a colleague, ended.

use crate::app::App;
use crate::domain::event::{EventName, NewEvent};
use crate::domain::ids::{OrganizationId, PortalLinkId, PortalSessionId};
use crate::domain::organization::Features;
use crate::domain::portal::{
    Grant, INVITATION_LIFETIME, Intent, Invitation, LINK_LIFETIME, LinkKind, PortalLink, PortalSession,
    SESSION_LIFETIME,
};
use crate::domain::token::{PlainToken, PortalToken};
use crate::net::mail::{Mail, MailError};
use crate::store::{NewLink, StoreError, Versioned, WriteLinkError};
use crate::web::portal::{link_event, link_view};

/// The first of some intents that an organization's plan doesn't include.
pub fn outside_plan(intents: &[Intent], features: &Features) -> Option<Intent> {
    let included = |intent: &Intent| match intent {
        Intent::Settings => true,
        Intent::Sso => features.sso,
        Intent::Dsync => features.directory_sync,
        Intent::DomainVerification => features.domains > 0,
    };
    intents.iter().copied().find(|intent| !included(intent))
}

/// A link that was made, with the address that opens it.
#[derive(Debug)]
pub struct MadeLink {
    /// The link.
    pub link: PortalLink,
    /// Its address, which is its secret.
    pub url: String,
}

fn new_link(app: &App, grant: Grant) -> MadeLink {
    let now = app.clock().now();
    let id = PortalLinkId::mint(now, app.rng());
    let plain = PlainToken::portal(PortalToken::Link, grant.organization_id, id.to_bytes(), app.rng());
    let lifetime = match grant.kind {
        LinkKind::InApp => LINK_LIFETIME,
        LinkKind::Shareable => INVITATION_LIFETIME,
    };
    let url = app.config().public_url.join(&format!("/portal/open/{}", plain.reveal()));
    let (created_at, expires_at) = (now, now + lifetime);
    let link = PortalLink {
        id,
        hash: plain.hashed(),
        grant,
        created_at,
        expires_at,
        opened: None,
        revoked_at: None,
    };
    MadeLink { link, url }
}

/// Makes a link for an admin who is signed in to the application.
///
/// # Errors
/// [`WriteLinkError`].
pub async fn make_link(app: &App, grant: Grant) -> Result<MadeLink, WriteLinkError> {
    let made = new_link(app, grant);
    let created = link_event(EventName::PortalLinkCreated, &made.link);
    let new = NewLink { link: &made.link, invitation: None, events: vec![created] };
    app.store().create_link(new).await?;
    Ok(made)
}

/// An invitation that was made.
#[derive(Debug)]
pub struct Invited {
    /// Its link.
    pub made: MadeLink,
    /// Whether it was sent by mail; else whoever invites hands the address on.
    pub mailed: Result<(), NotMailed>,
}

/// Why an invitation wasn't sent.
#[derive(Debug)]
pub enum NotMailed {
    /// Nobody is named to send it to.
    NoContact,
    /// This deployment sends no mail.
    NotConfigured,
    /// The mail wasn't taken.
    Failed(MailError),
}

/// Makes a link for a colleague, in the place of `replaced` where there is an open one, and sends it to the contact that
/// the grant names. `name` is that of the organization.
///
/// # Errors
/// [`WriteLinkError::InvitationOpen`] where another invitation is open.
pub async fn invite(
    app: &App,
    (grant, name): (Grant, &str),
    replaced: Option<&Versioned<Invitation>>,
) -> Result<Invited, WriteLinkError> {
    let made = new_link(app, grant);
    let PortalLink { id, grant, created_at, expires_at, .. } = &made.link;
    let (created_at, expires_at) = (*created_at, *expires_at);
    let invitation = Invitation { link_id: *id, contact: grant.contact.clone(), created_at, expires_at };
    let mut events = vec![link_event(EventName::PortalLinkCreated, &made.link)];
    events.extend(grant.contact.is_some().then(|| invited_event(app, &made)));
    let new = NewLink { link: &made.link, invitation: Some((invitation, replaced)), events };
    app.store().create_link(new).await?;
    let mailed = send(app, &made, name).await;
    Ok(Invited { made, mailed })
}

/// What the log says of an invitation. Where no mail is sent, it carries the address, for the application to hand on: who
/// reads the log could make a link as well.
fn invited_event(app: &App, made: &MadeLink) -> NewEvent {
    let mut data = link_view(&made.link);
    if app.mailer().is_none()
        && let Some(fields) = data.as_object_mut()
    {
        fields.insert("link".to_owned(), made.url.clone().into());
    }
    NewEvent::new(EventName::ItContactInvited, made.link.grant.organization_id, data)
}

async fn send(app: &App, made: &MadeLink, name: &str) -> Result<(), NotMailed> {
    let contact = made.link.grant.contact.as_ref().ok_or(NotMailed::NoContact)?;
    let mailer = app.mailer().ok_or(NotMailed::NotConfigured)?;
    let mail = invitation_mail(app, made, (&contact.email, name));
    mailer.send(&mail).await.map_err(|error| {
        tracing::error!(cause = %error, link = %made.link.id, "an invitation could not be mailed");
        NotMailed::Failed(error)
    })
}

fn invitation_mail(app: &App, made: &MadeLink, (to, name): (&str, &str)) -> Mail {
    let product = app.config().portal.app_name.as_deref();
    let with = product.map(|product| format!(" with {product}")).unwrap_or_default();
    let what =
        made.link.grant.intents.iter().map(|intent| intent_words(*intent)).collect::<Vec<_>>().join(" and ");
    let until = made.link.expires_at.format("%-d %B %Y, %H:%M UTC");
    Mail {
        to: to.to_owned(),
        subject: format!("Set up {what} for {name}"),
        text: format!(
            "Hello,\n\nyou have been asked to set up {what} for {name}{with}.\n\nThis link is yours. It opens once, until \
             {until}:\n\n{url}\n\nNothing changes for anybody until you have tested the setup and finished it. You can leave \
             at any time and go on with a new link.\n\nIf you did not expect this, ignore it: without the link nothing \
             happens.\n",
            url = made.url
        ),
    }
}

/// What an intent is about, in words for people.
pub fn intent_words(intent: Intent) -> &'static str {
    match intent {
        Intent::Settings => "single sign-on and directory sync",
        Intent::Sso => "single sign-on",
        Intent::Dsync => "directory sync",
        Intent::DomainVerification => "your domains",
    }
}

/// Spends a link, and begins the visit that it leads to. Returns the visit with its secret.
///
/// # Errors
/// [`WriteLinkError::Raced`] where somebody else was faster.
pub async fn open_link(
    app: &App,
    read: &Versioned<PortalLink>,
) -> Result<(PortalSession, PlainToken), WriteLinkError> {
    let now = app.clock().now();
    let grant = read.value.grant.clone();
    let id = PortalSessionId::mint(now, app.rng());
    let plain = PlainToken::portal(PortalToken::Session, grant.organization_id, id.to_bytes(), app.rng());
    let session = PortalSession {
        id,
        hash: plain.hashed(),
        link_id: read.value.id,
        grant,
        created_at: now,
        expires_at: now + SESSION_LIFETIME,
    };
    let opened = link_event(EventName::PortalLinkOpened, &read.value);
    app.store().open_link(read, &session, opened).await?;
    Ok((session, plain))
}

/// Ends a link, and the visit that it has begun.
///
/// # Errors
/// [`WriteLinkError::Raced`] where it has changed since it was read.
pub async fn revoke_link(app: &App, read: &Versioned<PortalLink>) -> Result<(), WriteLinkError> {
    let name = match read.value.grant.contact {
        Some(_) => EventName::ItContactInvitationRevoked,
        None => EventName::PortalLinkRevoked,
    };
    app.store().revoke_link(read, link_event(name, &read.value)).await
}

/// The links that may still open anything, or have begun a visit that may go on, and that `wanted` chooses.
///
/// # Errors
/// The table.
pub async fn living_links(
    app: &App,
    organization: OrganizationId,
    wanted: impl Fn(&PortalLink) -> bool,
) -> Result<Vec<Versioned<PortalLink>>, StoreError> {
    let since = app.clock().now() - INVITATION_LIFETIME - SESSION_LIFETIME;
    let mut links = app.store().portal_links_since(organization, since).await?;
    links.retain(|link| link.value.revoked_at.is_none() && wanted(&link.value));
    Ok(links)
}
