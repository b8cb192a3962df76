//! Events: what happened, for the application to follow.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::actor::Actor;
use super::event_data;
use super::ids::{EventId, OrganizationId};

/// How long the event log keeps an entry.
pub const EVENT_LIFETIME: Duration = Duration::days(90);

macro_rules! event_names {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// What kind of thing happened, in the contract's names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum EventName { $($(#[$doc])+ #[serde(rename = $text)] $name,)+ }

        impl EventName {
            /// Every name that is emitted.
            pub const ALL: &'static [EventName] = &[$(EventName::$name,)+];

            /// The name in the contract.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

event_names! {
    /// A person signed in.
    AuthenticationSsoSucceeded = "authentication.sso_succeeded",
    /// A sign-in that the application began was refused.
    AuthenticationSsoFailed = "authentication.sso_failed",
    /// A connection began to serve.
    ConnectionActivated = "connection.activated",
    /// A connection stopped to serve.
    ConnectionDeactivated = "connection.deactivated",
    /// A connection was deleted.
    ConnectionDeleted = "connection.deleted",
    /// An organization was made.
    OrganizationCreated = "organization.created",
    /// An organization changed.
    OrganizationUpdated = "organization.updated",
    /// An organization was deleted.
    OrganizationDeleted = "organization.deleted",
    /// A domain was claimed.
    OrganizationDomainCreated = "organization_domain.created",
    /// A domain was verified.
    OrganizationDomainVerified = "organization_domain.verified",
    /// A claim was given up.
    OrganizationDomainDeleted = "organization_domain.deleted",
    /// A claim changed otherwise: it was started again, or is proved in another way.
    OrganizationDomainUpdated = "organization_domain.updated",
    /// A domain wasn't verified in time, or went to another organization.
    OrganizationDomainVerificationFailed = "organization_domain.verification_failed",
    /// The record of a verified domain has been missing for three days. Not in the contract.
    OrganizationDomainAtRisk = "organization_domain.at_risk",
    /// A domain at risk is no longer owned: its record has been missing for fourteen days more. Not in the contract.
    OrganizationDomainLapsed = "organization_domain.lapsed",
    /// A directory was made that has no token yet. Not in the contract.
    DsyncCreated = "dsync.created",
    /// A directory was made another provider's. Not in the contract.
    DsyncUpdated = "dsync.updated",
    /// A directory had its first valid request.
    DsyncActivated = "dsync.activated",
    /// A directory was deleted, with everybody and everything in it.
    DsyncDeleted = "dsync.deleted",
    /// A directory has a new user.
    DsyncUserCreated = "dsync.user.created",
    /// A directory's user changed, or was deactivated or activated.
    DsyncUserUpdated = "dsync.user.updated",
    /// A directory's user was deleted.
    DsyncUserDeleted = "dsync.user.deleted",
    /// A directory has a new group.
    DsyncGroupCreated = "dsync.group.created",
    /// A directory's group changed.
    DsyncGroupUpdated = "dsync.group.updated",
    /// A directory's group was deleted.
    DsyncGroupDeleted = "dsync.group.deleted",
    /// A user became a member of a group.
    DsyncGroupUserAdded = "dsync.group.user_added",
    /// A user is no longer a member of a group.
    DsyncGroupUserRemoved = "dsync.group.user_removed",
    /// A directory has another bearer token.
    DsyncTokenCreated = "dsync.token.created",
    /// A directory's bearer token was revoked.
    DsyncTokenRevoked = "dsync.token.revoked",
    /// A connection was made. Not in the contract.
    ConnectionCreated = "connection.created",
    /// A connection's settings changed. Not in the contract.
    ConnectionUpdated = "connection.updated",
    /// An organization has another IT contact. Not in the contract.
    ItContactCreated = "it_contact.created",
    /// An IT contact was removed. Not in the contract.
    ItContactDeleted = "it_contact.deleted",
    /// An IT contact was sent a link of their own. Not in the contract.
    ItContactInvited = "it_contact.invited",
    /// An IT contact's invitation was ended. Not in the contract.
    ItContactInvitationRevoked = "it_contact.invitation_revoked",
    /// A link into the admin portal was made. Not in the contract.
    PortalLinkCreated = "portal_link.created",
    /// A link into the admin portal was used: its session began. Not in the contract.
    PortalLinkOpened = "portal_link.opened",
    /// A link into the admin portal was ended, and its session with it. Not in the contract.
    PortalLinkRevoked = "portal_link.revoked",
    /// An organization proved a domain that another one owns without a proof. Told to both. Not in the contract.
    OrganizationDomainContested = "organization_domain.contested",
}

/// Something that is about to happen: it gets its id when the transaction that makes it true is sent.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What kind of thing.
    pub name: EventName,
    /// To whom.
    pub organization_id: Option<OrganizationId>,
    /// The object in the contract's form.
    pub data: Value,
    /// The entity's last event: the new id exceeds it.
    pub after: Option<EventId>,
    /// What was changed, where the object alone doesn't say that.
    pub change: Option<Change>,
}

/// How something was and how it is, without its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Before.
    pub before: Value,
    /// After.
    pub after: Value,
}

impl NewEvent {
    /// Something that happens to an organization, or to none.
    pub fn new(name: EventName, organization_id: impl Into<Option<OrganizationId>>, data: Value) -> Self {
        Self { name, organization_id: organization_id.into(), data, after: None, change: None }
    }

    /// The same event, with what was changed.
    #[must_use]
    pub fn changing(self, before: Value, after: Value) -> Self {
        Self { change: Some(Change { before, after }), ..self }
    }

    /// What an entry says beside its object: who did it, from where, and what they changed.
    pub fn context(&self, actor: Option<&Actor>) -> Option<Value> {
        let mut context = actor.map(Actor::context).unwrap_or_default();
        if let Some(Change { before, after }) = &self.change {
            context.insert("before".to_owned(), before.clone());
            context.insert("after".to_owned(), after.clone());
        }
        (!context.is_empty()).then_some(Value::Object(context))
    }

    /// The same event, with an id that exceeds `last`, too.
    pub fn exceeding(self, last: Option<EventId>) -> Self {
        Self { after: self.after.max(last), ..self }
    }
}

/// An entry of the event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; ids grow with time, and one entity's in order.
    pub id: EventId,
    /// What kind of thing.
    pub event: EventName,
    /// To whom.
    pub organization_id: Option<OrganizationId>,
    /// The object in the contract's form.
    #[serde(with = "event_data")]
    pub data: Value,
    /// Who did it, from where, and what they changed, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
    /// When.
    pub created_at: DateTime<Utc>,
}
