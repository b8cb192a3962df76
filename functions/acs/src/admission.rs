//! Whether the person whom a verified answer names is let in, and as whom. Pure: all that it rests on is in `Identity`,
//! and the transaction that follows holds the same facts once more.

use portico_shared::domain::ids::{OrganizationId, PersonId};
use portico_shared::store::Identity;

/// Who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    /// The person behind the profile that this subject already has.
    Known(PersonId),
    /// The person whom the organization knows by this address; the subject is new.
    Linked(PersonId),
    /// Nobody whom the organization knows.
    New,
}

/// A person is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Admission {
    /// As whom.
    pub(crate) member: Member,
    /// The slug of their role.
    pub(crate) role: String,
    /// Whether the address lies in a domain that the organization owns.
    pub(crate) email_verified: bool,
    /// Whether the address leads to them from now on.
    pub(crate) takes_email: bool,
}

/// Why a person is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// The organization's plan is without single sign-on.
    SsoNotInPlan,
    /// The address is outside of the organization's domains.
    EmailOutsideDomains,
    /// Nobody knows the person, and a first sign-in makes nobody.
    JitDisabled,
}

/// Decides. The subject counts before the address: an address may pass from one person to another, a subject doesn't. And
/// an address counts only where the organization owns its domain: else any identity provider could claim anybody.
pub(crate) fn decide_admission(
    organization: OrganizationId,
    identity: &Identity,
) -> Result<Admission, NotAdmitted> {
    let policy = &identity.policy;
    if !policy.features.sso {
        return Err(NotAdmitted::SsoNotInPlan);
    }
    let email_verified =
        identity.domain_owner.as_ref().is_some_and(|owner| owner.organization_id == organization);
    if !email_verified && !policy.allow_profiles_outside_organization {
        return Err(NotAdmitted::EmailOutsideDomains);
    }
    let by_email = identity.person_by_email.filter(|_| email_verified);
    let (member, role) = match (&identity.profile, by_email) {
        (Some(profile), _) => (Member::Known(profile.person_id), profile.role.clone()),
        (None, Some(person)) => (Member::Linked(person), policy.default_role.clone()),
        (None, None) if policy.jit => (Member::New, policy.default_role.clone()),
        (None, None) => return Err(NotAdmitted::JitDisabled),
    };
    Ok(Admission { member, role, email_verified, takes_email: email_verified && by_email.is_none() })
}
