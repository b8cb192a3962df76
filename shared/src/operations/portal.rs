//! Links into the admin portal: made, sent to a colleague, ended.

use std::collections::HashSet;

use futures_util::future::try_join_all;

use crate::app::App;
use crate::domain::actor::Actor;
use crate::domain::event::{EventName, NewEvent};
use crate::domain::ids::{OrganizationId, PortalLinkId, PortalSessionId};
use crate::domain::organization::Features;
use crate::domain::portal::{
    Grant, INVITATION_LIFETIME, Intent, Invitation, LINK_LIFETIME, LINK_MEMORY, LinkKind, PortalLink,
    PortalSession, SESSION_LIFETIME,
};
use crate::domain::token::{PlainToken, PortalToken};
use crate::net::mail::{Mail, MailError};
use crate::store::{NewLink, Replaced, Versioned, WriteLinkError};
use crate::web::origin::Origin;
use crate::web::portal::{link_event, link_view};
use crate::web::retried::{MayRace, retried};

/// How many links are ended at the same time.
const ENDED_AT_ONCE: usize = 8;
/// How often those that hang on others are looked for.
const MOST_LOOKS: usize = 8;

impl MayRace for WriteLinkError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

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
    let replaced = match replaced {
        Some(open) => {
            let link = app.store().portal_link(grant.organization_id, open.value.link_id).await?;
            Some(Replaced { invitation: open, link: link.filter(|link| link.value.revoked_at.is_none()) })
        }
        None => None,
    };
    let ended = replaced.as_ref().and_then(|replaced| replaced.link.as_ref());
    let mut events: Vec<_> = ended.map(|link| ended_event(&link.value)).into_iter().collect();
    events.push(link_event(EventName::PortalLinkCreated, &made.link));
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
    Origin { ip_address, user_agent }: Origin,
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
    let app = app.acting(Actor { who: session.who(), ip_address, user_agent });
    app.store().open_link(read, &session, opened).await?;
    Ok((session, plain))
}

/// Ends a link and the visit that it has begun, and with them the invitations that were made in that visit, and so on.
///
/// # Errors
/// [`WriteLinkError`].
pub async fn revoke_link(
    app: &App,
    organization: OrganizationId,
    id: PortalLinkId,
) -> Result<(), WriteLinkError> {
    revoke_links(app, organization, |link| link.id == id).await
}

/// Ends the links that `wanted` chooses, with all that hangs on them: whoever was invited in a visit may be in long after
/// that is over. One that was cut short is made good by another call.
///
/// # Errors
/// [`WriteLinkError::Raced`] where new ones hang on them each time that they are looked for.
pub async fn revoke_links(
    app: &App,
    organization: OrganizationId,
    wanted: impl Fn(&PortalLink) -> bool,
) -> Result<(), WriteLinkError> {
    for _ in 0..MOST_LOOKS {
        let now = app.clock().now();
        // What was never opened has let nobody in.
        let counts = |link: &PortalLink| link.opened.is_some() || link.lives(now);
        let links = app.store().portal_links_since(organization, now - LINK_MEMORY, counts).await?;
        let ended = hanging_on(&links, &wanted);
        let living: Vec<_> = links.iter().map(|link| &link.value).filter(|link| link.lives(now)).collect();
        let living: Vec<_> = living.into_iter().map(|link| link.id).filter(|id| ended.contains(id)).collect();
        if living.is_empty() {
            return Ok(());
        }
        for some in living.chunks(ENDED_AT_ONCE) {
            try_join_all(some.iter().map(|id| retried(|| revoke_once(app, organization, *id)))).await?;
        }
        // Somebody may have been invited until just now.
    }
    Err(WriteLinkError::Raced)
}

/// Those that are wanted, and those that were given in a visit of one of them, and so on. A link is younger than that of the
/// visit in which it was given, and `links` come oldest first.
fn hanging_on(
    links: &[Versioned<PortalLink>],
    wanted: impl Fn(&PortalLink) -> bool,
) -> HashSet<PortalLinkId> {
    let mut ended = HashSet::new();
    for link in links.iter().map(|link| &link.value) {
        if wanted(link) || link.grant.inviter.is_some_and(|inviter| ended.contains(&inviter.link_id)) {
            ended.insert(link.id);
        }
    }
    ended
}

async fn revoke_once(
    app: &App,
    organization: OrganizationId,
    id: PortalLinkId,
) -> Result<(), WriteLinkError> {
    let read = app.store().portal_link(organization, id).await?;
    let Some(read) = read.filter(|read| read.value.lives(app.clock().now())) else { return Ok(()) };
    app.store().revoke_link(&read, ended_event(&read.value)).await
}

fn ended_event(link: &PortalLink) -> NewEvent {
    let name = match link.grant.contact {
        Some(_) => EventName::ItContactInvitationRevoked,
        None => EventName::PortalLinkRevoked,
    };
    link_event(name, link)
}
