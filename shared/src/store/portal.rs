//! The admin portal at the table: links and the visits that they begin stand in one partition of their organization, under
//! a class of their own, so that only the portal's functions reach them.

use chrono::{DateTime, Utc};

use super::item::{self, Item, Versioned};
use super::keys::{self, Key};
use super::reads::Part;
use super::transaction::{CommitError, Condition, Transaction};
use super::{Store, StoreError};
use crate::domain::event::NewEvent;
use crate::domain::ids::{OrganizationId, PortalLinkId, PortalSessionId};
use crate::domain::portal::{Invitation, LINK_MEMORY, LinkKind, PortalLink, PortalSession};

/// How many links of an organization are held at once while all are looked through.
const LINKS_AT_ONCE: usize = 500;

/// Why a link isn't made, opened or ended.
#[derive(Debug, thiserror::Error)]
pub enum WriteLinkError {
    /// Its organization doesn't exist (any more).
    #[error("the organization doesn't exist")]
    NoOrganization,
    /// The organization has an open invitation, and has at most one.
    #[error("the organization has an open invitation")]
    InvitationOpen,
    /// The visit in which it is given is over.
    #[error("the visit is over")]
    VisitOver,
    /// Somebody else changed it since it was read.
    #[error("the link was changed by somebody else at the same time")]
    Raced,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Clone, Copy)]
enum Refused {
    NoOrganization,
    InvitationOpen,
    VisitOver,
    Raced,
}

impl From<CommitError<Refused>> for WriteLinkError {
    fn from(error: CommitError<Refused>) -> Self {
        match error {
            CommitError::Refused(Refused::NoOrganization) => Self::NoOrganization,
            CommitError::Refused(Refused::InvitationOpen) => Self::InvitationOpen,
            CommitError::Refused(Refused::VisitOver) => Self::VisitOver,
            CommitError::Refused(Refused::Raced) => Self::Raced,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// A link that is made, and the invitation that it stands for.
#[derive(Debug)]
pub struct NewLink<'a> {
    /// The link.
    pub link: &'a PortalLink,
    /// The invitation, with the one in whose place it comes.
    pub invitation: Option<(Invitation, Option<Replaced<'a>>)>,
    /// What happened.
    pub events: Vec<NewEvent>,
}

/// An invitation in whose place another one comes, as it was read.
#[derive(Debug)]
pub struct Replaced<'a> {
    /// The invitation.
    pub invitation: &'a Versioned<Invitation>,
    /// Its link, which is ended by that.
    pub link: Option<Versioned<PortalLink>>,
}

fn link_item(link: &PortalLink) -> Result<Item, StoreError> {
    let key = keys::portal_link(link.grant.organization_id, link.id);
    Ok(Item::new(key, link)?.expiring(link.expires_at + LINK_MEMORY))
}

fn session_key(session: &PortalSession) -> Key {
    keys::portal_session(session.grant.organization_id, session.id)
}

impl Store {
    /// Keeps a new link, while its organization is there.
    pub async fn create_link(&self, new: NewLink<'_>) -> Result<(), WriteLinkError> {
        let organization = new.link.grant.organization_id;
        let mut transaction = Transaction::new(self);
        let exists = Condition::BodyText("id", organization.to_string());
        transaction.check(Refused::NoOrganization, &keys::organization(organization), exists);
        if let Some(inviter) = new.link.grant.inviter {
            let visit = keys::portal_session(organization, inviter.session_id);
            transaction.check(Refused::VisitOver, &visit, Condition::Present);
        }
        transaction.put_new(Refused::Raced, link_item(new.link)?);
        if let Some((invitation, before)) = &new.invitation {
            let owner = Item::new(keys::portal_link_owner(new.link.id), &organization)?;
            transaction.put(owner.expiring(new.link.expires_at + LINK_MEMORY));
            let item = Item::new(keys::invitation(organization), invitation)?.expiring(invitation.expires_at);
            match before {
                None => transaction.put_if(Refused::InvitationOpen, item, self.nothing_open()),
                Some(Replaced { invitation, link }) => {
                    transaction.replace(Refused::Raced, item, invitation.version);
                    if let Some(link) = link {
                        self.end_link(&mut transaction, link)?;
                    }
                }
            }
        }
        new.events.into_iter().for_each(|event| transaction.event(event));
        transaction.commit().await?;
        Ok(())
    }

    /// That there is no item, or one whose time is over: DynamoDB may remove it days later.
    fn nothing_open(&self) -> Condition {
        Condition::AbsentOrExpired(self.clock.now())
    }

    /// Whose a shareable link is.
    pub async fn organization_of_link(&self, id: PortalLinkId) -> Result<Option<OrganizationId>, StoreError> {
        Ok(self.read_one(&keys::portal_link_owner(id)).await?.map(|read| read.value))
    }

    /// A link.
    pub async fn portal_link(
        &self,
        organization: OrganizationId,
        id: PortalLinkId,
    ) -> Result<Option<Versioned<PortalLink>>, StoreError> {
        self.read_one(&keys::portal_link(organization, id)).await
    }

    /// A visit that is going on.
    pub async fn portal_session(
        &self,
        organization: OrganizationId,
        id: PortalSessionId,
    ) -> Result<Option<PortalSession>, StoreError> {
        Ok(self.read_one(&keys::portal_session(organization, id)).await?.map(|read| read.value))
    }

    /// Ends a visit.
    pub async fn end_portal_session(&self, session: &PortalSession) -> Result<(), StoreError> {
        let mut transaction = Transaction::<()>::new(self);
        transaction.delete(&session_key(session));
        match transaction.commit().await {
            Ok(_) => Ok(()),
            Err(CommitError::Refused(())) => Err(StoreError::Conflict),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// The open invitation of an organization.
    pub async fn invitation(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Versioned<Invitation>>, StoreError> {
        self.read_one(&keys::invitation(organization)).await
    }

    /// Spends a link, and begins the visit that it leads to.
    pub async fn open_link(
        &self,
        read: &Versioned<PortalLink>,
        session: &PortalSession,
        event: NewEvent,
    ) -> Result<(), WriteLinkError> {
        let spent = PortalLink { opened: Some(session.id), ..read.value.clone() };
        let mut transaction = Transaction::new(self);
        transaction.replace(Refused::Raced, link_item(&spent)?, read.version);
        let item = Item::new(session_key(session), session)?.expiring(session.expires_at);
        transaction.put_new(Refused::Raced, item);
        self.forget_invitation(&mut transaction, &spent).await?;
        transaction.event(event);
        transaction.commit().await?;
        Ok(())
    }

    /// Ends a link, and the visit that it has begun.
    pub async fn revoke_link(
        &self,
        read: &Versioned<PortalLink>,
        event: NewEvent,
    ) -> Result<(), WriteLinkError> {
        let mut transaction = Transaction::new(self);
        self.end_link(&mut transaction, read)?;
        self.forget_invitation(&mut transaction, &read.value).await?;
        transaction.event(event);
        transaction.commit().await?;
        Ok(())
    }

    fn end_link(
        &self,
        transaction: &mut Transaction<'_, Refused>,
        read: &Versioned<PortalLink>,
    ) -> Result<(), StoreError> {
        let ended = PortalLink { revoked_at: Some(self.clock.now()), ..read.value.clone() };
        transaction.replace(Refused::Raced, link_item(&ended)?, read.version);
        if let Some(session) = ended.opened {
            transaction.delete(&keys::portal_session(ended.grant.organization_id, session));
        }
        Ok(())
    }

    /// Makes room for another invitation, where the link is that of the open one.
    async fn forget_invitation(
        &self,
        transaction: &mut Transaction<'_, Refused>,
        link: &PortalLink,
    ) -> Result<(), StoreError> {
        let organization = link.grant.organization_id;
        if link.grant.kind != LinkKind::Shareable {
            return Ok(());
        }
        let open = self.invitation(organization).await?;
        if let Some(open) = open.filter(|open| open.value.link_id == link.id) {
            let unchanged = Condition::Version(open.version);
            transaction.delete_if(Refused::Raced, &keys::invitation(organization), unchanged);
        }
        Ok(())
    }

    /// Those of an organization's links that were made since `from` and that `keep` keeps, oldest first.
    pub async fn portal_links_since(
        &self,
        organization: OrganizationId,
        from: DateTime<Utc>,
        keep: impl Fn(&PortalLink) -> bool,
    ) -> Result<Vec<Versioned<PortalLink>>, StoreError> {
        let (pk, (first, last)) = keys::portal_links_since(organization, from);
        let (mut links, mut after) = (Vec::new(), None::<String>);
        loop {
            let part = Part { after: after.as_deref(), limit: LINKS_AT_ONCE, descending: false };
            let (rows, more) = self.read_part(&pk, (&first, &last), part).await?;
            after = rows.last().and_then(|row| item::text(row, "sk")).map(str::to_owned);
            for row in rows {
                let link = item::read::<PortalLink>(row, self.clock.now())?;
                links.extend(link.filter(|link| keep(&link.value)));
            }
            if !more || after.is_none() {
                return Ok(links);
            }
        }
    }
}
