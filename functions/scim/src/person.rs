//! Which members of the organization a directory's user is. Pure: all that it rests on was read, and the transaction that
//! follows holds the same facts once more.
//!
//! The provider's own id counts before the address: an address may pass from one person to the next. Where the organization
//! knew the two as two people, the user is both of them, so that neither outlives the other. An address that another user of
//! the same directory has is somebody else's, or another account. Whether the organization has proved the domain doesn't
//! matter here: the directory is the organization's own, and all that it can do to a member by an address is to end their
//! access.

use portico_shared::domain::directory::DirectoryUser;
use portico_shared::domain::ids::{DirectoryId, PersonId};
use portico_shared::domain::person::{AddressHolder, IdpIdHolder, Person};
use portico_shared::store::{DirectoryIdentity, Expected, Holders, Holding, Leads, UserPerson, Versioned};

/// Ties a new user to people, and says what is to be kept of that. `user` comes with a fresh person.
pub(crate) fn link(user: &mut DirectoryUser, identity: &DirectoryIdentity) -> (UserPerson, Vec<Holding>) {
    let directory = user.directory_id;
    let address = identity.address_holder.as_ref();
    let by_address =
        address.map(|read| &read.value).filter(|holder| !holder.directories.contains(&directory));
    let by_address = by_address.map(|holder| holder.person_id);
    let by_idp_id = identity.idp_id_holder.as_ref().map(|read| &read.value);
    let by_idp_id =
        by_idp_id.filter(|holder| means(holder, directory, by_address)).map(|holder| holder.person_id);
    let mut known = by_idp_id.into_iter().chain(by_address.filter(|person| by_idp_id != Some(*person)));
    let person = match known.next() {
        Some(first) => {
            user.person_id = first;
            user.others.extend(known);
            UserPerson::Known
        }
        None => UserPerson::New(person(user, identity)),
    };
    let mut taken = Taken::default();
    if let Some(email) = user.email() {
        taken.address(user, &email.folded(), address);
    }
    if let Some(idp_id) = user.document.external_id() {
        taken.idp_id(user, (idp_id, by_address), identity.idp_id_holder.as_ref());
    }
    (person, taken.holdings)
}

fn person(user: &DirectoryUser, identity: &DirectoryIdentity) -> Person {
    let name = user.document.user_name().unwrap_or_default();
    Person {
        id: user.person_id,
        organization_id: user.organization_id,
        email: user.email().map_or_else(|| name.to_owned(), |email| email.folded()),
        status: user.status(),
        role: identity.policy.default_role.clone(),
        revoked_before: None,
        created_at: user.created_at,
        updated_at: user.created_at,
    }
}

/// Whether a directory means the person to whom an id leads: it said so before, only a sign-in said so, or the address says
/// the same. Two directories may both number their people from 1.
fn means(holder: &IdpIdHolder, directory: DirectoryId, by_address: Option<PersonId>) -> bool {
    let said = holder.directories.is_empty() || holder.directories.contains(&directory);
    (said && !holder.ambiguous) || by_address == Some(holder.person_id)
}

/// What a user lets go of, and what it takes.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    address: (Option<String>, Option<String>),
    idp_id: (Option<String>, Option<String>),
}

impl Moved {
    /// By a change.
    pub(crate) fn between(before: &DirectoryUser, after: &DirectoryUser) -> Self {
        let addresses = [before, after].map(|user| user.email().map(|email| email.folded()));
        let idp_ids = [before, after].map(|user| user.document.external_id().map(str::to_owned));
        let differing = |[was, is]: [Option<String>; 2]| if was == is { (None, None) } else { (was, is) };
        Self { address: differing(addresses), idp_id: differing(idp_ids) }
    }

    /// By its deletion: whoever gets the address next is somebody else; the provider's own id stays theirs.
    pub(crate) fn of_deletion(user: &DirectoryUser) -> Self {
        Self { address: (user.email().map(|email| email.folded()), None), idp_id: (None, None) }
    }

    /// The addresses, and the ids.
    pub(crate) fn named(&self) -> (Vec<&str>, Vec<&str>) {
        (both(&self.address), both(&self.idp_id))
    }

    /// What is to be kept where all is as usual: nobody else had what it lets go of, and nobody had what it takes. The
    /// transaction is refused where it isn't.
    pub(crate) fn usual(&self, user: &DirectoryUser) -> Vec<Holding> {
        let (person, directory) = (user.person_id, user.directory_id);
        let gone = |leads| Holding { leads, expected: Expected::NobodyOr(person, directory) };
        let new = |leads| Holding { leads, expected: Expected::Nobody };
        let (address, idp_id) = (self.address.clone(), self.idp_id.clone());
        let holdings = [
            address.0.map(|was| gone(Leads::Address(was, None))),
            address.1.map(|is| new(Leads::Address(is, Some(address_of(person, directory))))),
            idp_id.0.map(|was| gone(Leads::IdpId(was, None))),
            idp_id.1.map(|is| new(Leads::IdpId(is, Some(idp_id_of(person, directory))))),
        ];
        holdings.into_iter().flatten().collect()
    }

    /// What is to be kept by what was read; others who turn out to be the user are added to it.
    pub(crate) fn decided(&self, user: &mut DirectoryUser, read: &Holders) -> Vec<Holding> {
        let mut taken = Taken::default();
        if let Some(was) = &self.address.0 {
            taken.holdings.extend(read.addresses.get(was).and_then(|held| without_address(user, was, held)));
        }
        if let Some(was) = &self.idp_id.0 {
            taken.holdings.extend(read.idp_ids.get(was).and_then(|held| without_idp_id(user, was, held)));
        }
        let address = self.address.1.as_ref().and_then(|is| read.addresses.get(is));
        if let Some(is) = &self.address.1 {
            taken.address(user, is, address);
        }
        if let Some(is) = &self.idp_id.1 {
            let by_address = address.map(|held| held.value.person_id);
            taken.idp_id(user, (is, by_address), read.idp_ids.get(is));
        }
        for other in taken.others {
            if user.others.len() < DirectoryUser::MOST_OTHERS {
                user.others.push(other);
            }
        }
        taken.holdings
    }
}

/// The address without this directory; nothing to do where it is somebody else's.
fn without_address(user: &DirectoryUser, was: &str, held: &Versioned<AddressHolder>) -> Option<Holding> {
    let mut holder = held.value.clone();
    if !is(user, holder.person_id) {
        return None;
    }
    holder.directories.retain(|directory| *directory != user.directory_id);
    let rest = (!holder.directories.is_empty()).then_some(holder);
    Some(Holding { leads: Leads::Address(was.to_owned(), rest), expected: Expected::Version(held.version) })
}

/// The provider's own id, likewise.
fn without_idp_id(user: &DirectoryUser, was: &str, held: &Versioned<IdpIdHolder>) -> Option<Holding> {
    let mut holder = held.value.clone();
    if !is(user, holder.person_id) {
        return None;
    }
    holder.directories.retain(|directory| *directory != user.directory_id);
    let rest = (!holder.directories.is_empty()).then_some(holder);
    Some(Holding { leads: Leads::IdpId(was.to_owned(), rest), expected: Expected::Version(held.version) })
}

fn both(pair: &(Option<String>, Option<String>)) -> Vec<&str> {
    [&pair.0, &pair.1].into_iter().flatten().map(String::as_str).collect()
}

fn is(user: &DirectoryUser, person: PersonId) -> bool {
    user.people().any(|known| known == person)
}

fn address_of(person_id: PersonId, directory: DirectoryId) -> AddressHolder {
    AddressHolder { person_id, connections: Vec::new(), directories: vec![directory] }
}

fn idp_id_of(person_id: PersonId, directory: DirectoryId) -> IdpIdHolder {
    IdpIdHolder { person_id, directories: vec![directory], ambiguous: false }
}

/// What a user takes.
#[derive(Debug, Default)]
struct Taken {
    holdings: Vec<Holding>,
    /// Who turn out to be the user, besides those who are known.
    others: Vec<PersonId>,
}

impl Taken {
    fn address(&mut self, user: &DirectoryUser, address: &str, held: Option<&Versioned<AddressHolder>>) {
        let directory = user.directory_id;
        let (holder, expected) = match held {
            None => (address_of(user.person_id, directory), Expected::Nobody),
            // Another account of the same directory has it, or this one already.
            Some(held) if held.value.directories.contains(&directory) => return,
            Some(held) => {
                let mut joined = held.value.clone();
                self.add(user, joined.person_id);
                joined.directories.push(directory);
                (joined, Expected::Version(held.version))
            }
        };
        self.holdings.push(Holding { leads: Leads::Address(address.to_owned(), Some(holder)), expected });
    }

    fn idp_id(
        &mut self,
        user: &DirectoryUser,
        (idp_id, by_address): (&str, Option<PersonId>),
        held: Option<&Versioned<IdpIdHolder>>,
    ) {
        let directory = user.directory_id;
        let (holder, expected) = match held {
            None => (idp_id_of(user.person_id, directory), Expected::Nobody),
            Some(held) => {
                let mut joined = held.value.clone();
                let theirs = is(user, joined.person_id) || means(&joined, directory, by_address);
                if theirs {
                    self.add(user, joined.person_id);
                }
                let said = joined.directories.contains(&directory);
                if said && (theirs || joined.ambiguous) {
                    return;
                }
                joined.ambiguous |= !theirs;
                if !said {
                    joined.directories.push(directory);
                }
                (joined, Expected::Version(held.version))
            }
        };
        self.holdings.push(Holding { leads: Leads::IdpId(idp_id.to_owned(), Some(holder)), expected });
    }

    fn add(&mut self, user: &DirectoryUser, person: PersonId) {
        if !is(user, person) && !self.others.contains(&person) {
            self.others.push(person);
        }
    }
}
