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

#[cfg(test)]
mod tests {
    use portico_shared::domain::connection::ConnectionType;
    use portico_shared::domain::domain_name::DomainName;
    use portico_shared::domain::ids::{ConnectionId, OrganizationDomainId, ProfileId};
    use portico_shared::domain::organization::{DomainOwner, Features, Policy};
    use portico_shared::domain::person::Profile;

    use super::*;

    const OURS: u8 = 1;
    const ANOTHERS: u8 = 2;
    /// Who is behind the profile, and whom the address leads to.
    const BEHIND_PROFILE: u8 = 7;
    const BEHIND_EMAIL: u8 = 8;

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::from_bytes([n; 16])
    }

    fn person(n: u8) -> PersonId {
        PersonId::from_bytes([n; 16])
    }

    fn profile() -> Profile {
        let connection = ConnectionId::from_bytes([3; 16]);
        Profile {
            id: ProfileId::derive(connection, "ada"),
            person_id: person(BEHIND_PROFILE),
            organization_id: organization(OURS),
            connection_id: connection,
            connection_type: ConnectionType::GenericSAML,
            idp_id: "ada".to_owned(),
            email: "ada@acme.com".to_owned(),
            email_verified: true,
            first_name: None,
            last_name: None,
            name: None,
            role: "editor".to_owned(),
            groups: None,
            custom_attributes: Default::default(),
            raw_attributes: Default::default(),
        }
    }

    /// An identity as one row of the table gives it.
    fn identity(owner: Option<u8>, profile_known: bool, email_known: bool, policy: Policy) -> Identity {
        let owner = owner.map(|n| DomainOwner {
            domain: DomainName::parse("acme.com").unwrap(),
            organization_id: organization(n),
            organization_domain_id: OrganizationDomainId::from_bytes([n; 16]),
        });
        Identity {
            policy,
            domain_owner: owner,
            profile: profile_known.then(profile),
            person_by_email: email_known.then(|| person(BEHIND_EMAIL)),
        }
    }

    #[test]
    fn the_table_of_decisions() {
        let (known, linked) = (Member::Known(person(BEHIND_PROFILE)), Member::Linked(person(BEHIND_EMAIL)));
        let outside = NotAdmitted::EmailOutsideDomains;
        // domain's owner, profile known, address known, outside allowed, JIT → who, verified, takes the address
        for (owner, profile_known, email_known, allow_outside, jit, expected) in [
            (Some(OURS), false, false, false, true, Ok((Member::New, true, true))),
            (Some(OURS), false, true, false, true, Ok((linked, true, false))),
            (Some(OURS), true, false, false, true, Ok((known, true, true))),
            (Some(OURS), true, true, false, true, Ok((known, true, false))),
            (Some(OURS), false, false, false, false, Err(NotAdmitted::JitDisabled)),
            (Some(OURS), false, true, false, false, Ok((linked, true, false))),
            (Some(OURS), true, false, false, false, Ok((known, true, true))),
            (Some(ANOTHERS), false, false, false, true, Err(outside)),
            (Some(ANOTHERS), true, true, false, true, Err(outside)),
            (None, false, false, false, true, Err(outside)),
            (None, true, false, false, true, Err(outside)),
            (None, false, false, true, true, Ok((Member::New, false, false))),
            (None, false, true, true, true, Ok((Member::New, false, false))),
            (Some(ANOTHERS), false, true, true, true, Ok((Member::New, false, false))),
            (Some(ANOTHERS), false, true, true, false, Err(NotAdmitted::JitDisabled)),
            (None, true, true, true, false, Ok((known, false, false))),
            (Some(OURS), false, false, true, true, Ok((Member::New, true, true))),
        ] {
            let policy =
                Policy { jit, allow_profiles_outside_organization: allow_outside, ..Policy::default() };
            let row = identity(owner, profile_known, email_known, policy);
            let decided = decide_admission(organization(OURS), &row)
                .map(|admission| (admission.member, admission.email_verified, admission.takes_email));
            assert_eq!(decided, expected, "{row:?}");
        }
    }

    #[test]
    fn a_plan_without_single_sign_on_lets_nobody_in() {
        let features = Features { sso: false, ..Features::default() };
        let row = identity(Some(OURS), true, true, Policy { features, ..Policy::default() });
        assert_eq!(decide_admission(organization(OURS), &row), Err(NotAdmitted::SsoNotInPlan));
    }

    #[test]
    fn a_known_profile_keeps_its_role_and_everybody_else_gets_the_default_one() {
        let policy = Policy { default_role: "viewer".to_owned(), ..Policy::default() };
        for (profile_known, role) in [(true, "editor"), (false, "viewer")] {
            let row = identity(Some(OURS), profile_known, false, policy.clone());
            assert_eq!(decide_admission(organization(OURS), &row).unwrap().role, role);
        }
    }
}
