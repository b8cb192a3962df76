//! Which member of the organization a new user of a directory is. Pure: all that it rests on was read with the request, and
//! the transaction that follows holds the same facts once more.

use portico_shared::domain::directory::DirectoryUser;
use portico_shared::domain::ids::{DirectoryId, PersonId};
use portico_shared::domain::person::{AddressHolder, Person};
use portico_shared::store::{DirectoryIdentity, UserPerson};

/// What is to be kept of a new user's person.
#[derive(Debug)]
pub(crate) struct Link {
    /// The person.
    pub(crate) person: UserPerson,
    /// To whom the address leads from now on, and the version that was read of it.
    pub(crate) holder: Option<(AddressHolder, Option<u64>)>,
    /// Whether the provider's own id leads to the person from now on, and the version that was read of that.
    pub(crate) idp_id: Option<Option<u64>>,
}

/// Decides. The provider's own id counts before the address: an address may pass from one person to the next. An address
/// that another user of the same directory has is somebody else's, or another account. Whether the organization has proved
/// the domain doesn't matter here: the directory is the organization's own, and all that it can do to a member by an address
/// is to end their access. Nobody gets in by it, since a sign-in looks at the domain itself.
pub(crate) fn link(user: &DirectoryUser, fresh: PersonId, identity: &DirectoryIdentity) -> Link {
    let directory = user.directory_id;
    let holder = identity.address_holder.as_ref();
    let by_address = holder.map(|read| &read.value).filter(|holder| !holder.directories.contains(&directory));
    let by_idp_id = identity.idp_id_holder.as_ref();
    let known = by_idp_id.map(|read| read.value.person_id).or(by_address.map(|holder| holder.person_id));
    let person_id = known.unwrap_or(fresh);
    let holder = match (user.email(), holder) {
        (None, _) => None,
        (Some(_), None) => Some((holder_of(person_id, directory), None)),
        (Some(_), Some(read)) => {
            joined(&read.value, person_id, directory).map(|joined| (joined, Some(read.version)))
        }
    };
    Link {
        person: known.map_or_else(|| UserPerson::New(person(user, fresh, identity)), UserPerson::Known),
        holder,
        idp_id: match by_idp_id {
            Some(read) => (!read.value.in_directory).then_some(Some(read.version)),
            None => user.document.external_id().map(|_| None),
        },
    }
}

fn holder_of(person_id: PersonId, directory: DirectoryId) -> AddressHolder {
    AddressHolder { person_id, connections: Vec::new(), directories: vec![directory] }
}

/// The holder with one more directory; nothing where the address is another person's, or the directory has it already.
fn joined(holder: &AddressHolder, person_id: PersonId, directory: DirectoryId) -> Option<AddressHolder> {
    if holder.person_id != person_id || holder.directories.contains(&directory) {
        return None;
    }
    let mut joined = holder.clone();
    joined.directories.push(directory);
    Some(joined)
}

fn person(user: &DirectoryUser, id: PersonId, identity: &DirectoryIdentity) -> Person {
    let name = user.document.user_name().unwrap_or_default();
    Person {
        id,
        organization_id: user.organization_id,
        email: user.email().map_or_else(|| name.to_owned(), |email| email.folded()),
        status: user.status(),
        role: identity.policy.default_role.clone(),
        revoked_before: None,
        created_at: user.created_at,
        updated_at: user.created_at,
    }
}
