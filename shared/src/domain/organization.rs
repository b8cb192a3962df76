//! Organizations, their domains and what they are allowed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::domain_name::DomainName;
use super::ids::{EventId, OrganizationDomainId, OrganizationId};
use super::random::Rng;

/// A customer of the SaaS product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, as people read it; not unique.
    pub name: String,
    /// The application's own id for it; unique in the deployment.
    pub external_id: Option<String>,
    /// Up to 50 pairs that the application keeps here (keys ≤ 40, values ≤ 600 characters).
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The application's Stripe customer, if it told us.
    #[serde(default)]
    pub stripe_customer_id: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its last event: the next one's id exceeds it.
    #[serde(default)]
    pub last_event_id: Option<EventId>,
}

/// How a domain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainState {
    /// Claimed, not yet proved.
    Pending,
    /// Proved: this organization owns it in this deployment.
    Verified,
    /// Proved once, and its record was missing on three days in a row: still owned. The contract calls it verified.
    AtRisk,
    /// Proved once, and its record has been missing too long: no longer owned, until the record is back. The contract calls
    /// it failed.
    Lapsed,
    /// Not proved in time, or lost to an organization that proved it.
    Failed,
}

impl DomainState {
    /// Whether the claim owns its domain: sign-ins of its addresses go to the organization.
    pub fn owns(self) -> bool {
        matches!(self, Self::Verified | Self::AtRisk)
    }
}

/// Who vouches for a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainStrategy {
    /// A DNS record.
    Dns,
    /// The SaaS team, with an API key.
    Manual,
}

/// An organization's claim to a domain. What is known of its proof is a [`DomainCheck`](super::domain_check::DomainCheck).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrganizationDomain {
    /// The claim's id.
    pub id: OrganizationDomainId,
    /// Who claims it.
    pub organization_id: OrganizationId,
    /// The name.
    pub domain: DomainName,
    /// How it stands.
    pub state: DomainState,
    /// Who vouches for it.
    pub strategy: DomainStrategy,
    /// What proves it by a TXT record: 128 random bits in hexadecimal, the same while the claim lives.
    pub txt_token: String,
    /// What proves it by a CNAME record: another 128 random bits, the first label of the record's target.
    pub cname_token: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its last event: the next one's id exceeds it.
    #[serde(default)]
    pub last_event_id: Option<EventId>,
    /// Which writing of its item this was read from: a change goes through only while that is the last. 0 where it hasn't
    /// been written yet.
    #[serde(skip)]
    pub version: u64,
}

impl OrganizationDomain {
    /// A new claim, vouched for by nobody yet.
    pub fn claim(
        id: OrganizationDomainId,
        organization_id: OrganizationId,
        domain: DomainName,
        now: DateTime<Utc>,
        rng: &Rng,
    ) -> Self {
        let token = || hex::encode(rng.bytes::<16>());
        Self {
            id,
            organization_id,
            domain,
            state: DomainState::Pending,
            strategy: DomainStrategy::Dns,
            txt_token: token(),
            cname_token: token(),
            created_at: now,
            updated_at: now,
            last_event_id: None,
            version: 0,
        }
    }

    /// The full name of the record that proves it, under this label.
    pub fn record_name(&self, label: &str) -> String {
        format!("{label}.{}", self.domain)
    }

    /// What its TXT record has to say.
    pub fn txt_value(&self, prefix: &str) -> String {
        format!("{prefix}={}", self.txt_token)
    }

    /// Where its CNAME record has to lead, with this proof zone.
    pub fn cname_target(&self, proof_zone: &str) -> String {
        format!("{}.{proof_zone}", self.cname_token)
    }

    /// The same claim, in another state from now on.
    #[must_use]
    pub fn turned(&self, state: DomainState, strategy: DomainStrategy, now: DateTime<Utc>) -> Self {
        Self { state, strategy, updated_at: now, ..self.clone() }
    }
}

/// Which parts of Portico an organization's plan includes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// Single sign-on.
    pub sso: bool,
    /// Directory sync.
    pub directory_sync: bool,
    /// How many domains it may claim.
    pub domains: u32,
    /// Audit logs.
    pub audit_logs: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self { sso: true, directory_sync: true, domains: Self::MOST_DOMAINS, audit_logs: true }
    }
}

impl Features {
    /// The most domains that any plan can include: what one bounded read of an organization holds, and what one
    /// transaction of 100 actions can delete with it (three a domain).
    pub const MOST_DOMAINS: u32 = 30;
}

/// What the SaaS team decides for an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The plan.
    pub features: Features,
    /// Whether the first sign-in makes a person (just-in-time provisioning).
    pub jit: bool,
    /// The role of a person made so: a slug, never an administrator's.
    pub default_role: String,
    /// Whether people with an e-mail outside the verified domains may sign in.
    pub allow_profiles_outside_organization: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            features: Features::default(),
            jit: true,
            default_role: "member".to_owned(),
            allow_profiles_outside_organization: false,
        }
    }
}

impl Policy {
    /// The longest slug of a role.
    pub const MOST_ROLE_CHARACTERS: usize = 48;

    /// Whether a role may be everybody's first: a slug (a–z, 0–9, `-`, `_`), and none that sounds like an
    /// administrator's, since just-in-time provisioning would hand it to whomever the provider lets in.
    pub fn may_be_default_role(slug: &str) -> bool {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let well_formed =
            !slug.is_empty() && slug.len() <= Self::MOST_ROLE_CHARACTERS && slug.bytes().all(plain);
        well_formed && !["admin", "owner", "root"].iter().any(|powerful| slug.contains(powerful))
    }
}

/// An organization with what hangs on it, as one bounded read gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrganizationDetails {
    /// The organization.
    pub organization: Organization,
    /// Its domains, oldest first; at most `Features::MOST_DOMAINS`.
    pub domains: Vec<OrganizationDomain>,
    /// What it is allowed.
    pub policy: Policy,
}

/// The one owner of a domain in a deployment: the guard item behind every decision about an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainOwner {
    /// The name.
    pub domain: DomainName,
    /// Who owns it.
    pub organization_id: OrganizationId,
    /// By which claim.
    pub organization_domain_id: OrganizationDomainId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrators_role_is_never_the_default() {
        for good in ["member", "viewer", "team-lead_2"] {
            assert!(Policy::may_be_default_role(good), "{good}");
        }
        for bad in
            ["", "admin", "org-admin", "super_administrator", "owner", "Member", "a b", &"x".repeat(49)]
        {
            assert!(!Policy::may_be_default_role(bad), "{bad}");
        }
    }
}
