//! What can be done to a directory's users. Routes and bulk operations do it alike.

use std::sync::atomic::{AtomicBool, Ordering};

use portico_protocol::scim::{Document, Patch, ResourceKind, fold};
use portico_shared::domain::directory::{DirectoryUser, email_of, idp_ids_of};
use portico_shared::domain::event::EventName;
use portico_shared::domain::ids::{DirectoryUserId, PersonId};
use portico_shared::domain::person::PersonStatus;
use portico_shared::store::{
    DirectoryWants, Edge, Holding, IdentityHints, Leftovers, NewUser, StoreError, UserChange, Versioned,
    Word, WriteUserError,
};
use portico_shared::web::directory::{user_event, user_updated};
use portico_shared::web::retried::retried;

use crate::answer::Preconditions;
use crate::caller::Caller;
use crate::error::RouteError;
use crate::person::{Moved, link};

/// How many memberships of a deleted user go in the same transaction: what the user's own rows leave of a hundred actions.
const EDGES_AT_ONCE: usize = 29;
/// The most groups that are shown with a user.
pub(crate) const MOST_GROUPS: usize = 1000;
/// How many steps a request takes by itself to remove the memberships that are left of a deleted user.
const LEFTOVER_STEPS: usize = 4;

/// A user as it is after a request, with the groups that it is in.
pub(crate) struct UserNow {
    /// The user.
    pub(crate) user: Versioned<DirectoryUser>,
    /// The memberships; none were read where they aren't shown.
    pub(crate) edges: Vec<Edge>,
}

/// Reads a path's id; one that can't be an id is that of nobody.
pub(crate) fn user_id(id: &str) -> Result<DirectoryUserId, RouteError> {
    DirectoryUserId::parse(id).map_err(|_| not_found(id))
}

fn not_found(id: &str) -> RouteError {
    RouteError::NotFound(ResourceKind::User, id.chars().take(100).collect())
}

/// A user, with its groups if `with_groups`: one round trip.
pub(crate) async fn find(caller: &Caller, id: &str, with_groups: bool) -> Result<UserNow, RouteError> {
    let wants = DirectoryWants { users: user_id(id).into_iter().collect(), ..DirectoryWants::default() };
    let memberships = async {
        match wants.users.first().filter(|_| with_groups) {
            Some(user) => {
                let store = caller.app.store();
                Ok(store.memberships_between(caller.directory_id(), (*user, *user), MOST_GROUPS).await?)
            }
            None => Ok(Vec::new()),
        }
    };
    let (mut context, edges) = tokio::try_join!(caller.enter(&wants), memberships)?;
    let user = wants.users.first().and_then(|id| context.users.remove(id));
    Ok(UserNow { user: user.ok_or_else(|| not_found(id))?, edges })
}

/// Makes a user.
pub(crate) async fn create(caller: &Caller, document: &Document) -> Result<UserNow, RouteError> {
    let document = document.clone().or_active(true);
    let user = retried(|| create_once(caller, &document)).await?;
    Ok(UserNow { user: Versioned { value: user, version: 1 }, edges: Vec::new() })
}

async fn create_once(caller: &Caller, document: &Document) -> Result<DirectoryUser, RouteError> {
    let app = &caller.app;
    let now = app.clock().now();
    let (address, idp_ids) = (email_of(document), idp_ids_of(document));
    let name = document.user_name().map(fold);
    let identity = caller.claimed_organization().map(|organization| IdentityHints {
        organization,
        idp_ids: &idp_ids,
        email: address.as_ref(),
    });
    let wants = DirectoryWants {
        user_name: name.as_deref(),
        user_external_id: document.external_id(),
        identity,
        ..DirectoryWants::default()
    };
    let context = caller.enter(&wants).await?;
    if context.by_user_name.is_some() {
        return Err(name_taken(document));
    }
    if context.by_user_external_id.is_some() {
        return Err(external_id_taken(document));
    }
    let directory = &context.directory.value;
    let mut user = DirectoryUser {
        id: DirectoryUserId::mint(now, app.rng()),
        directory_id: directory.id,
        organization_id: directory.organization_id,
        person_id: PersonId::mint(now, app.rng()),
        others: Vec::new(),
        document: document.clone(),
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let (person, holdings) = link(&mut user, &context.identity);
    let event = user_event(EventName::DsyncUserCreated, &user);
    let new = NewUser { user: &user, person, holdings, event };
    app.store().create_directory_user(new).await.map_err(|error| refused(error, document))?;
    Ok(user)
}

/// Puts another document in place of a user's.
pub(crate) async fn replace(
    caller: &Caller,
    (id, document): (&str, &Document),
    preconditions: &Preconditions,
    with_groups: bool,
) -> Result<UserNow, RouteError> {
    change(caller, id, preconditions, with_groups, |before| {
        // Whoever leaves `active` out doesn't mean to let somebody in again.
        Ok(document.clone().or_active(before.active()))
    })
    .await
}

/// Changes parts of a user.
pub(crate) async fn patch(
    caller: &Caller,
    (id, patch): (&str, &Patch),
    preconditions: &Preconditions,
    with_groups: bool,
) -> Result<UserNow, RouteError> {
    change(caller, id, preconditions, with_groups, |before| Ok(patch.apply(before)?)).await
}

async fn change(
    caller: &Caller,
    id: &str,
    preconditions: &Preconditions,
    with_groups: bool,
    changed: impl Fn(&Document) -> Result<Document, RouteError>,
) -> Result<UserNow, RouteError> {
    let unusual = AtomicBool::new(false);
    retried(|| async {
        let now = find(caller, id, with_groups).await?;
        preconditions.check_change(now.user.version)?;
        let before = &now.user.value;
        let document = changed(&before.document)?;
        // Whoever says it comes to the same, whatever was before.
        let otherwise = before.document.clone().with_active(!before.document.active());
        let says_active = changed(&otherwise)?.active() == document.active();
        if document == before.document {
            if says_active {
                repeat(caller, &now.user).await?;
            }
            return Ok(now);
        }
        let mut user = before.with(document, caller.app.clock().now());
        let word = word(before, &user, says_active);
        match write(caller, &now.user, (&mut user, word), unusual.load(Ordering::Relaxed)).await {
            Ok(()) => Ok(UserNow {
                user: Versioned { value: user, version: now.user.version + 1 },
                edges: now.edges,
            }),
            Err(WriteUserError::IdentityTaken) => {
                unusual.store(true, Ordering::Relaxed);
                Err(RouteError::Raced)
            }
            Err(error) => Err(refused(error, &user.document)),
        }
    })
    .await
}

/// What a change says of the access of the people who are the user. What was said before counts again: another directory may
/// have said otherwise in between.
fn word(before: &DirectoryUser, user: &DirectoryUser, said: bool) -> Option<Word> {
    match user.status() {
        status if status != before.status() => Some(Word::Turned(status)),
        PersonStatus::Active => said.then_some(Word::Admitted),
        ended => Some(Word::Turned(ended)),
    }
}

/// Says of the people once more what their user says, where it isn't so.
async fn repeat(caller: &Caller, read: &Versioned<DirectoryUser>) -> Result<(), RouteError> {
    let (store, user) = (caller.app.store(), &read.value);
    if store.people_are(user, user.status()).await? {
        return Ok(());
    }
    let repeated = store.repeat_of_user(read, Word::Turned(user.status())).await;
    repeated.map_err(|error| refused(error, &user.document))
}

/// Writes a change; where addresses or ids led otherwise than they usually do, by what they lead to.
async fn write(
    caller: &Caller,
    read: &Versioned<DirectoryUser>,
    (user, word): (&mut DirectoryUser, Option<Word>),
    unusual: bool,
) -> Result<(), WriteUserError> {
    let store = caller.app.store();
    let moved = Moved::between(&read.value, user);
    let holdings = if unusual { decided(caller, &moved, user).await? } else { moved.usual(user) };
    let event = user_updated(&read.value, user);
    store.update_directory_user(read, user, UserChange { word, holdings }, event).await
}

/// What is to be kept of addresses and ids by what they lead to.
async fn decided(
    caller: &Caller,
    moved: &Moved,
    user: &mut DirectoryUser,
) -> Result<Vec<Holding>, StoreError> {
    let store = caller.app.store();
    let (addresses, idp_ids) = moved.named();
    let holders = store.holders(user.organization_id, &addresses, &idp_ids).await?;
    let heir = match moved.left_to_another(&holders) {
        Some(address) => store.another_with_address(user, address).await?,
        None => None,
    };
    Ok(moved.decided(user, &holders, heir.map(|heir| heir.person_id)))
}

/// Deletes a user, and ends the person's access.
pub(crate) async fn delete(
    caller: &Caller,
    id: &str,
    preconditions: &Preconditions,
) -> Result<(), RouteError> {
    let store = caller.app.store();
    let unusual = AtomicBool::new(false);
    let edges = retried(|| async {
        let UserNow { user: read, edges } = find(caller, id, true).await?;
        preconditions.check_change(read.version)?;
        let user = &read.value;
        let moved = Moved::of_deletion(user);
        let holdings = if unusual.load(Ordering::Relaxed) {
            decided(caller, &moved, &mut user.clone()).await?
        } else {
            moved.usual(user)
        };
        let event = user_event(EventName::DsyncUserDeleted, user);
        let leftovers = Leftovers::of_user(user.directory_id, user.id, caller.app.clock().now());
        let at_once: Vec<_> = edges.iter().take(EDGES_AT_ONCE).cloned().collect();
        match store.delete_directory_user(&read, holdings, &at_once, (event, &leftovers)).await {
            Ok(()) => Ok((leftovers.work, edges.len() > EDGES_AT_ONCE)),
            Err(WriteUserError::IdentityTaken) => {
                unusual.store(true, Ordering::Relaxed);
                Err(RouteError::Raced)
            }
            Err(error) => Err(refused(error, &user.document)),
        }
    })
    .await?;
    if let (leftovers, true) = edges {
        forget(caller, &leftovers).await;
    }
    Ok(())
}

/// Goes on with what is left, as far as one request may. What it doesn't reach, or where it fails, the schedule goes on.
pub(crate) async fn forget(caller: &Caller, leftovers: &Leftovers) {
    for _ in 0..LEFTOVER_STEPS {
        match caller.app.store().forget_leftovers(leftovers).await {
            Ok(false) => {}
            Ok(true) => return,
            Err(cause) => {
                tracing::warn!(%cause, "memberships are left for the schedule to remove");
                return;
            }
        }
    }
}

fn name_taken(document: &Document) -> RouteError {
    RouteError::UserNameTaken(document.user_name().unwrap_or_default().chars().take(100).collect())
}

fn external_id_taken(document: &Document) -> RouteError {
    let id = document.external_id().unwrap_or_default().chars().take(100).collect();
    RouteError::ExternalIdTaken(ResourceKind::User, id)
}

fn refused(error: WriteUserError, document: &Document) -> RouteError {
    match error {
        WriteUserError::UserNameTaken => name_taken(document),
        WriteUserError::ExternalIdTaken => external_id_taken(document),
        WriteUserError::IdentityTaken | WriteUserError::Raced => RouteError::Raced,
        WriteUserError::Store(error) => error.into(),
    }
}
