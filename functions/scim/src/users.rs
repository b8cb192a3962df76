//! What can be done to a directory's users. Routes and bulk operations do it alike.

use std::sync::atomic::{AtomicBool, Ordering};

use portico_protocol::scim::{Document, Patch, ResourceKind, fold};
use portico_shared::domain::directory::DirectoryUser;
use portico_shared::domain::domain_name::EmailAddress;
use portico_shared::domain::event::{EventName, NewEvent};
use portico_shared::domain::ids::{DirectoryUserId, PersonId};
use portico_shared::domain::person::PersonStatus;
use portico_shared::store::{
    DirectoryWants, Edge, IdentityHints, Leftovers, NewUser, PersonChange, UserPerson, Versioned,
    WriteUserError,
};
use portico_shared::web::directory::{user_event, user_updated};
use portico_shared::web::retried::retried;

use crate::answer::Preconditions;
use crate::caller::Caller;
use crate::error::RouteError;
use crate::person::link;

/// How many memberships of a deleted user go in the same transaction: what the user's own rows leave of a hundred actions.
const EDGES_AT_ONCE: usize = 30;
/// The most groups that are shown with a user.
const MOST_GROUPS: usize = 1000;
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
    let address = EmailAddress::parse(document.primary_email().unwrap_or_default());
    let name = document.user_name().map(fold);
    let identity = caller.claimed_organization().map(|organization| IdentityHints {
        organization,
        idp_id: document.external_id(),
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
    let fresh = PersonId::mint(now, app.rng());
    let mut user = DirectoryUser {
        id: DirectoryUserId::mint(now, app.rng()),
        directory_id: directory.id,
        organization_id: directory.organization_id,
        person_id: fresh,
        document: document.clone(),
        created_at: now,
        updated_at: now,
        last_event_id: None,
    };
    let link = link(&user, fresh, &context.identity);
    if let UserPerson::Known(person) = link.person {
        user.person_id = person;
    }
    let new = NewUser {
        user: &user,
        person: link.person,
        holder: link.holder,
        idp_id: link.idp_id,
        event: user_event(EventName::DsyncUserCreated, &user),
    };
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
    // Whether addresses and ids lead where the user says; let go where they lead to somebody else.
    let leads = AtomicBool::new(true);
    retried(|| async {
        let now = find(caller, id, with_groups).await?;
        preconditions.check_change(now.user.version)?;
        let document = changed(&now.user.value.document)?;
        if document == now.user.value.document {
            return Ok(now);
        }
        let user = now.user.value.with(document, caller.app.clock().now());
        match write(caller, &now.user, &user, leads.load(Ordering::Relaxed)).await {
            Ok(()) => Ok(UserNow {
                user: Versioned { value: user, version: now.user.version + 1 },
                edges: now.edges,
            }),
            Err(WriteUserError::IdentityTaken) => {
                leads.store(false, Ordering::Relaxed);
                Err(RouteError::Raced)
            }
            Err(error) => Err(refused(error, &user.document)),
        }
    })
    .await
}

async fn write(
    caller: &Caller,
    read: &Versioned<DirectoryUser>,
    user: &DirectoryUser,
    leads: bool,
) -> Result<(), WriteUserError> {
    let before = &read.value;
    let (was, is) = (before.email(), user.email());
    let moved = was.as_ref().map(|email| email.folded()) != is.as_ref().map(|email| email.folded());
    let (id_was, id_is) = (before.document.external_id(), user.document.external_id());
    let mut person = PersonChange {
        status: (before.status() != user.status()).then(|| user.status()),
        ..PersonChange::default()
    };
    if leads {
        if moved {
            person.address = (was.as_ref(), is.as_ref());
        }
        if id_was != id_is {
            person.idp_id = (id_was, id_is);
        }
    }
    let event: NewEvent = user_updated(before, user);
    caller.app.store().update_directory_user(read, user, &person, event).await
}

/// Deletes a user, and ends the person's access.
pub(crate) async fn delete(
    caller: &Caller,
    id: &str,
    preconditions: &Preconditions,
) -> Result<(), RouteError> {
    let store = caller.app.store();
    let releases = AtomicBool::new(true);
    let edges = retried(|| async {
        let UserNow { user: read, edges } = find(caller, id, true).await?;
        preconditions.check_change(read.version)?;
        let user = &read.value;
        let address = user.email();
        let mut person = PersonChange { status: Some(PersonStatus::Deactivated), ..PersonChange::default() };
        if releases.load(Ordering::Relaxed) {
            // Whoever gets the address next is somebody else; the provider's own id stays theirs.
            person.address.0 = address.as_ref();
        }
        let event = user_event(EventName::DsyncUserDeleted, user);
        let leftovers = Leftovers::of_user(user.directory_id, user.id, caller.app.clock().now());
        let at_once: Vec<_> = edges.iter().take(EDGES_AT_ONCE).cloned().collect();
        match store.delete_directory_user(&read, &person, &at_once, (event, &leftovers)).await {
            Ok(()) => Ok((leftovers.work, edges.len() > EDGES_AT_ONCE)),
            Err(WriteUserError::IdentityTaken) => {
                releases.store(false, Ordering::Relaxed);
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
