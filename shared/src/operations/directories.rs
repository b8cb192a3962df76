//! Directories and their tokens: made, renamed for another provider, revoked.

use crate::app::App;
use crate::domain::directory::{Directory, DirectoryState, DirectoryToken, DirectoryType};
use crate::domain::event::EventName;
use crate::domain::ids::{DirectoryId, DirectoryTokenId};
use crate::domain::organization::OrganizationDetails;
use crate::domain::portal::{SetupProgress, Walk};
use crate::domain::token::PlainToken;
use crate::store::{
    BesideDirectory, NewProgress, OrganizationSetup, StoreError, Versioned, WriteDirectoryError,
};
use crate::web::directory::{directory_event, token_event};
use crate::web::retried::MayRace;

/// Why a directory or a token of it isn't written.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is none of this id, or it is being deleted.
    #[error("there is no such directory or token")]
    NotFound,
    /// The table, or a lost race.
    #[error(transparent)]
    Write(#[from] WriteDirectoryError),
}

impl From<StoreError> for DirectoryError {
    fn from(error: StoreError) -> Self {
        Self::Write(error.into())
    }
}

impl MayRace for DirectoryError {
    /// An organization that was there a moment ago: somebody is deleting it.
    fn is_raced(&self) -> bool {
        matches!(self, Self::Write(WriteDirectoryError::Raced | WriteDirectoryError::NoOrganization))
    }
}

/// Where the identity provider pushes to.
pub fn endpoint(app: &App, id: DirectoryId) -> String {
    app.config().public_url.join(&format!("/scim/v2/{id}"))
}

fn new_directory(
    app: &App,
    owner: &OrganizationDetails,
    (name, directory_type): (&str, DirectoryType),
) -> Directory {
    let now = app.clock().now();
    Directory {
        id: DirectoryId::mint(now, app.rng()),
        organization_id: owner.organization.id,
        name: name.to_owned(),
        directory_type,
        state: DirectoryState::Validating,
        created_at: now,
        updated_at: now,
        last_event_id: None,
    }
}

/// Makes a directory with its first token, for an organization as it was read.
///
/// # Errors
/// [`DirectoryError`].
pub async fn create(
    app: &App,
    owner: &Versioned<OrganizationDetails>,
    named: (&str, DirectoryType),
) -> Result<(Directory, PlainToken), DirectoryError> {
    let directory = new_directory(app, &owner.value, named);
    let (token, plain) = new_token(app, &directory);
    let event = token_event(EventName::DsyncTokenCreated, &token);
    app.store().create_directory(owner, &directory, (BesideDirectory::Token(&token), event)).await?;
    Ok((directory, plain))
}

/// Makes a directory that has no token yet, for an organization as it was read; its setup begins with it, at the guide's
/// screen that is named.
///
/// # Errors
/// [`DirectoryError`].
pub async fn begin(
    app: &App,
    setup: &OrganizationSetup,
    named: (&str, DirectoryType),
    (guide, step): (&str, &str),
) -> Result<(), DirectoryError> {
    let owner = &setup.details;
    let directory = new_directory(app, &owner.value, named);
    let event = directory_event(EventName::DsyncCreated, &directory);
    let walk = Walk { guide: guide.to_owned(), step: step.to_owned(), subject: directory.id };
    let progress = SetupProgress { directory: Some(walk), ..setup.progress.value.clone() };
    let progress = NewProgress {
        organization: directory.organization_id,
        read: setup.progress.version,
        progress: &progress,
    };
    Ok(app.store().create_directory(owner, &directory, (BesideDirectory::Setup(progress), event)).await?)
}

/// Another token of a directory.
fn new_token(app: &App, directory: &Directory) -> (DirectoryToken, PlainToken) {
    let now = app.clock().now();
    let plain = PlainToken::directory(directory.organization_id, app.rng());
    let token = DirectoryToken {
        id: DirectoryTokenId::mint(now, app.rng()),
        directory_id: directory.id,
        organization_id: directory.organization_id,
        hash: plain.hashed(),
        suffix: plain.suffix(),
        created_at: now,
    };
    (token, plain)
}

/// A directory that isn't being deleted.
async fn living(app: &App, id: DirectoryId) -> Result<Versioned<Directory>, DirectoryError> {
    let read = app.store().directory(id).await?.ok_or(DirectoryError::NotFound)?;
    if read.value.state == DirectoryState::Deleting { Err(DirectoryError::NotFound) } else { Ok(read) }
}

/// Makes another token of a directory.
///
/// # Errors
/// [`DirectoryError`].
pub async fn create_token(
    app: &App,
    id: DirectoryId,
) -> Result<(DirectoryToken, PlainToken), DirectoryError> {
    let read = living(app, id).await?;
    let (token, plain) = new_token(app, &read.value);
    let event = token_event(EventName::DsyncTokenCreated, &token);
    app.store().create_directory_token(&read, (&token, event)).await?;
    Ok((token, plain))
}

/// Ends a token of a directory at once.
///
/// # Errors
/// [`DirectoryError`].
pub async fn revoke_token(app: &App, id: DirectoryId, token: &str) -> Result<(), DirectoryError> {
    let read = living(app, id).await?;
    let tokens = app.store().directory_tokens(id).await?;
    let named = tokens.into_iter().find(|known| known.id.to_string() == token);
    let named = named.ok_or(DirectoryError::NotFound)?;
    let event = token_event(EventName::DsyncTokenRevoked, &named);
    Ok(app.store().revoke_directory_token(&read, (&named, event)).await?)
}

/// Makes a directory one of another provider's, while its first request is still to come.
///
/// # Errors
/// [`DirectoryError`]; `Raced` where that request has come.
pub async fn set_type(app: &App, id: DirectoryId, kind: DirectoryType) -> Result<(), DirectoryError> {
    let read = living(app, id).await?;
    if read.value.state != DirectoryState::Validating {
        return Err(WriteDirectoryError::Raced.into());
    }
    let changed = Directory { directory_type: kind, updated_at: app.clock().now(), ..read.value.clone() };
    let (before, after) = (read.value.directory_type.as_str(), kind.as_str());
    let event = directory_event(EventName::DsyncUpdated, &changed)
        .changing(serde_json::json!({ "type": before }), serde_json::json!({ "type": after }));
    Ok(app.store().replace_directory(&read, &changed, event).await?)
}
