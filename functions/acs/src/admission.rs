//! Whether the person whom a verified answer names is let in, and as whom. Pure: all that it rests on is in `Identity`,
//! and the transaction that follows holds the same facts once more.

use portico_shared::domain::connection::Connection;
use portico_shared::domain::ids::PersonId;
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
    /// To whom the address leads.
    pub(crate) address: Address,
}

/// To whom an address leads, from a sign-in on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// To nobody: it is not of a domain that the organization owns.
    Unproved,
    /// To the person who signs in, as was known already.
    Theirs,
    /// To the person who signs in; it led to nobody before.
    Taken,
    /// To the person who signs in; it wasn't known of this connection yet.
    Joined,
    /// To another person, who has it still.
    Anothers,
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
/// an address counts only where the organization owns its domain: else any identity provider could claim anybody. Nor does
/// it count where a profile at this very connection came with it: another subject there is another person of the
/// provider's, to whom the address has passed. A subject that a directory of the organization knows is whom it says, and so is
/// an address that one of its users has: whoever came in as somebody else would stay when the directory ends the access.
///
/// `ended` is a person who turned out to be deactivated. A profile of theirs is somebody else's by now, if the directory or
/// the address says so: whoever was deleted and provisioned again may be a new person.
pub(crate) fn decide_admission(
    connection: &Connection,
    identity: &Identity,
    ended: Option<PersonId>,
) -> Result<Admission, NotAdmitted> {
    let policy = &identity.policy;
    if !policy.features.sso {
        return Err(NotAdmitted::SsoNotInPlan);
    }
    let owner = identity.domain_owner.as_ref();
    let email_verified = owner.is_some_and(|owner| owner.organization_id == connection.organization_id);
    if !email_verified && !policy.allow_profiles_outside_organization {
        return Err(NotAdmitted::EmailOutsideDomains);
    }
    let holder = identity.address_holder.as_ref().map(|read| &read.value);
    let holder = holder.filter(|holder| email_verified || !holder.directories.is_empty());
    let seen_here = holder.is_some_and(|holder| holder.connections.contains(&connection.id));
    let by_address = holder.filter(|holder| !seen_here || !holder.directories.is_empty());
    let by_address = by_address.map(|holder| holder.person_id);
    let in_directory = identity.idp_id_holder.as_ref().filter(|holder| holder.leads_sign_ins());
    // Another provider's subject may be the name of somebody else: an address that says so counts before it.
    let in_directory = in_directory
        .filter(|holder| !holder.is_name() || by_address.is_none_or(|person| person == holder.person_id));
    let mut others = in_directory.map(|holder| holder.person_id).into_iter().chain(by_address);
    let linked = others.find(|person| Some(*person) != ended);
    let (member, role) = match (&identity.profile, linked) {
        (Some(profile), Some(other)) if ended == Some(profile.value.person_id) => {
            (Member::Linked(other), profile.value.role.clone())
        }
        (Some(profile), _) => (Member::Known(profile.value.person_id), profile.value.role.clone()),
        (None, Some(other)) => (Member::Linked(other), policy.default_role.clone()),
        (None, None) if policy.jit => (Member::New, policy.default_role.clone()),
        (None, None) => return Err(NotAdmitted::JitDisabled),
    };
    let address = match (holder, member) {
        _ if !email_verified => Address::Unproved,
        (None, _) => Address::Taken,
        (Some(holder), Member::Known(person) | Member::Linked(person)) if holder.person_id == person => {
            if seen_here {
                Address::Theirs
            } else {
                Address::Joined
            }
        }
        (Some(_), _) => Address::Anothers,
    };
    Ok(Admission { member, role, email_verified, address })
}
