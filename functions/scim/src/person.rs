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
    let by_address = led_by(address, directory);
    let by_idp_id = user.idp_ids().into_iter().filter_map(|idp_id| {
        let holder = &identity.idp_id_holders.get(idp_id)?.value;
        means(user, idp_id, holder, by_address).then_some(holder.person_id)
    });
    let mut known: Vec<PersonId> = Vec::new();
    for person in by_idp_id.chain(by_address) {
        if !known.contains(&person) {
            known.push(person);
        }
    }
    let mut known = known.into_iter();
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
    for idp_id in user.idp_ids() {
        taken.idp_id(user, (idp_id, by_address), identity.idp_id_holders.get(idp_id));
    }
    (person, taken.holdings)
}

/// To whom an address leads a directory: what another of its users has says nothing of this one.
fn led_by(address: Option<&Versioned<AddressHolder>>, directory: DirectoryId) -> Option<PersonId> {
    let holder = &address?.value;
    (!holder.directories.contains(&directory)).then_some(holder.person_id)
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

/// Whether a directory means by a user the person to whom an id leads: it said so before, only a sign-in said so, or the address
/// says the same. Two directories may both number their people from 1; and what is one user's name may be another one's id.
fn means(user: &DirectoryUser, idp_id: &str, holder: &IdpIdHolder, by_address: Option<PersonId>) -> bool {
    let directory = user.directory_id;
    let said = if holder.directories.contains(&directory) {
        !is_name(user, idp_id) && !holder.names.contains(&directory)
    } else {
        holder.directories.is_empty()
    };
    (said && !holder.ambiguous) || by_address == Some(holder.person_id)
}

/// Whether an id of a user is the name that they sign in by.
fn is_name(user: &DirectoryUser, idp_id: &str) -> bool {
    user.document.external_id() != Some(idp_id)
}

/// What a user lets go of, and what it takes.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    address: (Option<String>, Option<String>),
    idp_ids: (Vec<String>, Vec<String>),
    /// Whether the user is gone.
    deleted: bool,
}

impl Moved {
    /// By a change.
    pub(crate) fn between(before: &DirectoryUser, after: &DirectoryUser) -> Self {
        let [was, is] = [before, after].map(|user| user.email().map(|email| email.folded()));
        let (old, new) = (before.idp_ids(), after.idp_ids());
        // What was the id and is the name now, or the other way round, is taken once more.
        let same = |id: &str| old.contains(&id) && is_name(before, id) == is_name(after, id);
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let gone = old.iter().copied().filter(|id| !new.contains(id)).collect();
        let taken = new.iter().copied().filter(|id| !same(id)).collect();
        Self {
            address: if was == is { (None, None) } else { (was, is) },
            idp_ids: (owned(gone), owned(taken)),
            deleted: false,
        }
    }

    /// By its deletion: whoever gets the address or the name next is somebody else; the provider's own id stays theirs.
    pub(crate) fn of_deletion(user: &DirectoryUser) -> Self {
        let names = user.idp_ids().into_iter().filter(|id| is_name(user, id)).map(str::to_owned);
        Self {
            address: (user.email().map(|email| email.folded()), None),
            idp_ids: (names.collect(), Vec::new()),
            deleted: true,
        }
    }

    /// The addresses, and the ids.
    pub(crate) fn named(&self) -> (Vec<&str>, Vec<&str>) {
        let (was, is) = &self.address;
        let (gone, new) = &self.idp_ids;
        (
            [was, is].into_iter().flatten().map(String::as_str).collect(),
            gone.iter().chain(new).map(String::as_str).collect(),
        )
    }

    /// The address that the user leaves to another one of the directory, where there is such a one.
    pub(crate) fn left_to_another(&self, read: &Holders) -> Option<&str> {
        let was = self.address.0.as_deref()?;
        read.addresses.get(was).filter(|held| held.value.among_several).map(|_| was)
    }

    /// What is to be kept where all is as usual: nobody else had what it lets go of, and nobody had what it takes. The
    /// transaction is refused where it isn't.
    pub(crate) fn usual(&self, user: &DirectoryUser) -> Vec<Holding> {
        let (person, directory) = (user.person_id, user.directory_id);
        let gone = |leads| Holding { leads, expected: Expected::NobodyOr(person, directory) };
        let new = |leads| Holding { leads, expected: Expected::Nobody };
        let (was, is) = self.address.clone();
        let (old_ids, new_ids) = self.idp_ids.clone();
        let mut holdings = Vec::new();
        holdings.extend(was.map(|was| gone(Leads::Address(was, None))));
        holdings.extend(is.map(|is| new(Leads::Address(is, Some(address_of(person, directory))))));
        holdings.extend(old_ids.into_iter().map(|was| gone(Leads::IdpId(was, None))));
        holdings.extend(new_ids.into_iter().map(|is| {
            let holder = idp_id_of(user, &is);
            new(Leads::IdpId(is, Some(holder)))
        }));
        holdings
    }

    /// What is to be kept by what was read; others who turn out to be the user are added to it. `heir` is another user of the
    /// directory, to whom the address is left.
    pub(crate) fn decided(
        &self,
        user: &mut DirectoryUser,
        read: &Holders,
        heir: Option<PersonId>,
    ) -> Vec<Holding> {
        let mut taken = Taken::default();
        if let Some(was) = &self.address.0 {
            let held = read.addresses.get(was);
            taken.holdings.extend(held.and_then(|held| self.without_address(user, (was, held), heir)));
        }
        for was in &self.idp_ids.0 {
            taken.holdings.extend(read.idp_ids.get(was).and_then(|held| without_idp_id(user, was, held)));
        }
        let address = self.address.1.as_ref().and_then(|is| read.addresses.get(is));
        if let Some(is) = &self.address.1 {
            taken.address(user, is, address);
        }
        let by_address = led_by(address, user.directory_id);
        for is in &self.idp_ids.1 {
            taken.idp_id(user, (is, by_address), read.idp_ids.get(is));
        }
        for other in taken.others {
            // Sign-ins come with what was said last.
            if user.others.len() == DirectoryUser::MOST_OTHERS {
                user.others.remove(0);
            }
            user.others.push(other);
        }
        taken.holdings
    }

    /// The address without this user; nothing to do where it is somebody else's.
    fn without_address(
        &self,
        user: &DirectoryUser,
        (was, held): (&str, &Versioned<AddressHolder>),
        heir: Option<PersonId>,
    ) -> Option<Holding> {
        let (mut holder, directory) = (held.value.clone(), user.directory_id);
        let expected = Expected::Version(held.version);
        if !is(user, holder.person_id) {
            // Whoever has it may be leaving it to this user right now: one of the two comes second and looks again.
            let several = holder.among_several && holder.directories.contains(&directory);
            return several
                .then(|| Holding { leads: Leads::Address(was.to_owned(), Some(holder)), expected });
        }
        holder.directories.retain(|other| *other != directory);
        let rest = match heir.filter(|_| holder.directories.is_empty()) {
            Some(heir) => Some(AddressHolder { among_several: true, ..address_of(heir, directory) }),
            None => {
                holder.among_several &= !holder.directories.is_empty();
                // A sign-in said so too, of somebody who turned out to be the user: it is theirs until a sign-in says otherwise.
                let by_sign_in =
                    !self.deleted && holder.person_id != user.person_id && !holder.connections.is_empty();
                (!holder.directories.is_empty() || by_sign_in).then_some(holder)
            }
        };
        Some(Holding { leads: Leads::Address(was.to_owned(), rest), expected })
    }
}

/// What the provider named the user by, likewise.
fn without_idp_id(user: &DirectoryUser, was: &str, held: &Versioned<IdpIdHolder>) -> Option<Holding> {
    let mut holder = held.value.clone();
    if !is(user, holder.person_id) {
        return None;
    }
    holder.forget(user.directory_id);
    let rest = (!holder.directories.is_empty()).then_some(holder);
    Some(Holding { leads: Leads::IdpId(was.to_owned(), rest), expected: Expected::Version(held.version) })
}

fn is(user: &DirectoryUser, person: PersonId) -> bool {
    user.people().any(|known| known == person)
}

fn address_of(person_id: PersonId, directory: DirectoryId) -> AddressHolder {
    AddressHolder { person_id, connections: Vec::new(), directories: vec![directory], among_several: false }
}

fn idp_id_of(user: &DirectoryUser, idp_id: &str) -> IdpIdHolder {
    let directories = vec![user.directory_id];
    let names = if is_name(user, idp_id) { directories.clone() } else { Vec::new() };
    IdpIdHolder { person_id: user.person_id, directories, names, ambiguous: false }
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
            // Another account of the same directory has it, or this one already. It is written though it said so before:
            // whoever has it may be leaving it right now, and must see this one.
            Some(held) if held.value.directories.contains(&directory) => {
                (AddressHolder { among_several: true, ..held.value.clone() }, Expected::Version(held.version))
            }
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
            None => (idp_id_of(user, idp_id), Expected::Nobody),
            Some(held) => {
                let mut joined = held.value.clone();
                let theirs = is(user, joined.person_id) || means(user, idp_id, &joined, by_address);
                if theirs {
                    self.add(user, joined.person_id);
                }
                joined.ambiguous |= !theirs;
                if theirs || !joined.directories.contains(&directory) {
                    joined.forget(directory);
                    let of_user = idp_id_of(user, idp_id);
                    joined.directories.extend(of_user.directories);
                    joined.names.extend(of_user.names);
                }
                if joined == held.value {
                    return;
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
