//! The admin portal: links into it, the visits that they begin, whom an organization has named for it, and how far a setup
//! has come.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::actor::Who;
use super::ids::{ConnectionId, DirectoryId, ItContactId, OrganizationId, PortalLinkId, PortalSessionId};
use super::token::HashedToken;

/// How long a link that the application hands to an admin waits to be opened.
pub const LINK_LIFETIME: Duration = Duration::minutes(5);
/// How long an invitation waits to be opened.
pub const INVITATION_LIFETIME: Duration = Duration::days(7);
/// How long a visit lasts: a working day, since DNS and colleagues take their time.
pub const SESSION_LIFETIME: Duration = Duration::hours(8);
/// How long a link is remembered after its end, so that whoever opens it is told what became of it.
pub const LINK_MEMORY: Duration = Duration::days(30);

/// What a link is for, in the contract's names; `settings` is an addition of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// All that the plan includes.
    Settings,
    /// Single sign-on, with the domains and the contacts that it needs.
    Sso,
    /// Directory sync.
    Dsync,
    /// Domains alone.
    DomainVerification,
}

/// A part of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// How everything stands.
    Overview,
    /// The organization's domains.
    Domains,
    /// Its connection.
    Sso,
    /// Its directory.
    Directory,
    /// Its IT contacts.
    Contacts,
    /// How sign-ins went.
    SignIns,
}

impl Intent {
    /// Every intent that there is a page for.
    pub const ALL: &'static [Intent] =
        &[Intent::Settings, Intent::Sso, Intent::Dsync, Intent::DomainVerification];

    /// Intents of the contract that come later.
    pub const LATER: &'static [&'static str] =
        &["audit_logs", "log_streams", "certificate_renewal", "bring_your_own_key"];

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Sso => "sso",
            Self::Dsync => "dsync",
            Self::DomainVerification => "domain_verification",
        }
    }

    /// Reads a name of the contract.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|intent| intent.as_str() == text)
    }

    /// Whether its holder may see a section.
    pub fn reaches(self, section: Section) -> bool {
        match section {
            Section::Overview | Section::Contacts => true,
            Section::Domains => matches!(self, Self::Settings | Self::Sso | Self::DomainVerification),
            Section::Sso | Section::SignIns => matches!(self, Self::Settings | Self::Sso),
            Section::Directory => matches!(self, Self::Settings | Self::Dsync),
        }
    }
}

/// How a link came to its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The application sent an admin who is signed in there: five minutes.
    InApp,
    /// It was sent to a colleague: seven days. What serves already can't be changed with it.
    Shareable,
}

/// An IT contact as a link names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkContact {
    /// The contact.
    pub id: ItContactId,
    /// Their address.
    pub email: String,
}

/// What a link and the visit that it begins have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whose setup.
    pub organization_id: OrganizationId,
    /// What it is for; at least one.
    pub intents: Vec<Intent>,
    /// How it came to its holder.
    pub kind: LinkKind,
    /// Where the way back leads: https, or http on loopback.
    pub return_url: Option<String>,
    /// Where a finished setup leads.
    pub success_url: Option<String>,
    /// The IT contact whom it was sent to.
    pub contact: Option<LinkContact>,
    /// The application's own id of whom it is for; links are revoked by it.
    pub external_user_id: Option<String>,
    /// The visit in which it was given to a colleague; it ends with the link of that visit.
    #[serde(default)]
    pub inviter: Option<Inviter>,
}

/// The visit in which somebody was invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inviter {
    /// The link of the visit.
    pub link_id: PortalLinkId,
    /// The visit.
    pub session_id: PortalSessionId,
}

impl Grant {
    /// Whether its holder may see a section.
    pub fn reaches(&self, section: Section) -> bool {
        self.intents.iter().any(|intent| intent.reaches(section))
    }

    /// Whether what serves already may be changed with it.
    pub fn may_change_active(&self) -> bool {
        self.kind == LinkKind::InApp
    }
}

/// A link into the portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortalLink {
    /// Its name; not its secret.
    pub id: PortalLinkId,
    /// What is kept of its secret.
    pub hash: HashedToken,
    /// What it opens.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it can be opened.
    pub expires_at: DateTime<Utc>,
    /// The visit that it began: it is spent.
    #[serde(default)]
    pub opened: Option<PortalSessionId>,
    /// When it was ended.
    #[serde(default)]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStanding {
    /// It can be opened.
    Open,
    /// Its time is over.
    Expired,
    /// It was opened before.
    Used,
    /// It was ended.
    Revoked,
}

impl PortalLink {
    /// How it stands at a time. What was done to it counts before its time does.
    pub fn standing(&self, now: DateTime<Utc>) -> LinkStanding {
        if self.revoked_at.is_some() {
            LinkStanding::Revoked
        } else if self.opened.is_some() {
            LinkStanding::Used
        } else if self.expires_at <= now {
            LinkStanding::Expired
        } else {
            LinkStanding::Open
        }
    }

    /// Whether it can still be opened, or has begun a visit that may go on: a visit begins while its link is open.
    pub fn lives(&self, now: DateTime<Utc>) -> bool {
        let end = if self.opened.is_some() { self.expires_at + SESSION_LIFETIME } else { self.expires_at };
        self.revoked_at.is_none() && now < end
    }
}

/// A visit to the portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortalSession {
    /// Its name; not its secret.
    pub id: PortalSessionId,
    /// What is kept of its secret.
    pub hash: HashedToken,
    /// By which link.
    pub link_id: PortalLinkId,
    /// What it opens.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

impl PortalSession {
    /// Who stands behind what is changed in it.
    pub fn who(&self) -> Who {
        Who::PortalSession {
            id: self.id,
            contact: self.grant.contact.as_ref().map(|contact| contact.email.clone()),
            external_user_id: self.grant.external_user_id.clone(),
        }
    }
}

/// The one open invitation of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its link.
    pub link_id: PortalLinkId,
    /// Whom it was sent to.
    pub contact: Option<LinkContact>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it can be opened.
    pub expires_at: DateTime<Utc>,
}

/// Whom an organization has named as responsible for its setup: told of what needs them, and let into nothing by that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItContact {
    /// Their id.
    pub id: ItContactId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// Their address.
    pub email: String,
    /// When they were named.
    pub created_at: DateTime<Utc>,
}

impl ItContact {
    /// The most of one organization.
    pub const MOST_OF_AN_ORGANIZATION: usize = 20;

    /// How a link names them.
    pub fn named(&self) -> LinkContact {
        LinkContact { id: self.id, email: self.email.clone() }
    }
}

/// How far the setup of one thing has come: which guide, and which of its screens was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk<Id> {
    /// The guide.
    pub guide: String,
    /// The screen.
    pub step: String,
    /// What is being set up.
    pub subject: Id,
}

/// How far an organization's setup has come. Whoever leaves comes back to the same screens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SetupProgress {
    /// Single sign-on.
    pub sso: Option<Walk<ConnectionId>>,
    /// Directory sync.
    pub directory: Option<Walk<DirectoryId>>,
    /// A draft that was left because what served was to stay: the next provider that is chosen gets it.
    pub left: Option<ConnectionId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_for_what_it_says_and_for_what_that_needs() {
        let reached = |intent: Intent| {
            let all = [Section::Domains, Section::Sso, Section::Directory, Section::SignIns];
            all.into_iter().filter(|section| intent.reaches(*section)).collect::<Vec<_>>()
        };
        assert_eq!(reached(Intent::Sso), [Section::Domains, Section::Sso, Section::SignIns]);
        assert_eq!(reached(Intent::Dsync), [Section::Directory]);
        assert_eq!(reached(Intent::DomainVerification), [Section::Domains]);
        assert_eq!(reached(Intent::Settings).len(), 4);
        for intent in Intent::ALL {
            assert_eq!(Intent::parse(intent.as_str()), Some(*intent));
        }
    }

    #[test]
    fn what_was_done_to_a_link_counts_before_its_time() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let grant = Grant {
            organization_id: OrganizationId::from_bytes([1; 16]),
            intents: vec![Intent::Sso],
            kind: LinkKind::InApp,
            return_url: None,
            success_url: None,
            contact: None,
            external_user_id: None,
            inviter: None,
        };
        let hash = super::super::token::PlainToken::random(&super::super::random::Rng::system()).hashed();
        let link = PortalLink {
            id: PortalLinkId::from_bytes([2; 16]),
            hash,
            grant,
            created_at: now,
            expires_at: now + LINK_LIFETIME,
            opened: None,
            revoked_at: None,
        };
        assert_eq!(link.standing(now), LinkStanding::Open);
        assert_eq!(link.standing(now + LINK_LIFETIME), LinkStanding::Expired);
        assert!(link.lives(now) && !link.lives(now + LINK_LIFETIME));
        let used = PortalLink { opened: Some(PortalSessionId::from_bytes([3; 16])), ..link };
        assert_eq!(used.standing(now + LINK_LIFETIME), LinkStanding::Used);
        let last = now + LINK_LIFETIME + SESSION_LIFETIME;
        assert!(used.lives(last - Duration::seconds(1)) && !used.lives(last));
        let revoked = PortalLink { revoked_at: Some(now), ..used };
        assert_eq!(revoked.standing(now), LinkStanding::Revoked);
        assert!(!revoked.lives(now));
    }
}
