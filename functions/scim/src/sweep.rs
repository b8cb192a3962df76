//! The schedule: removes the memberships of deleted users and groups, and directories that are to be deleted. Whoever holds
//! the lease of a piece of work does some of it and says so; a run that dies loses the lease, and the next one goes on.

use chrono::TimeDelta;
use portico_shared::app::App;
use portico_shared::domain::event::EventName;
use portico_shared::store::{
    DELETION, DUE_SHARDS, Deletion, Due, LEFTOVERS, Leftovers, StoreError, Versioned,
};
use portico_shared::web::directory::directory_event;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How long a lease holds: longer than the step that is done under it.
const LEASE: TimeDelta = TimeDelta::seconds(120);
/// How long a run works. The schedule comes every minute.
const LONGEST: TimeDelta = TimeDelta::seconds(45);

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Deleted users and groups of which nothing is left.
    pub forgotten: u32,
    /// Directories that are gone.
    pub directories: u32,
    /// Work that isn't finished yet, or failed.
    pub unfinished: u32,
}

impl From<Swept> for Value {
    fn from(swept: Swept) -> Self {
        json!({
            "forgotten": swept.forgotten,
            "directories": swept.directories,
            "unfinished": swept.unfinished,
        })
    }
}

/// One run.
///
/// # Errors
/// The table can't be asked what is due. A piece of work that fails is logged and comes again.
pub async fn sweep(app: &App) -> Result<Swept, StoreError> {
    let until = app.clock().now() + LONGEST;
    let mut swept = Swept::default();
    for shard in 0..DUE_SHARDS {
        for due in app.store().due::<Leftovers>(LEFTOVERS, shard, None).await? {
            match under_lease(app, &due, until, forget).await {
                Ok(true) => swept.forgotten += 1,
                ended => unfinished(&mut swept, ended),
            }
        }
        for due in app.store().due::<Deletion>(DELETION, shard, None).await? {
            match under_lease(app, &due, until, delete).await {
                Ok(true) => swept.directories += 1,
                ended => unfinished(&mut swept, ended),
            }
        }
    }
    Ok(swept)
}

fn unfinished(swept: &mut Swept, ended: Result<bool, StoreError>) {
    swept.unfinished += 1;
    if let Err(cause) = ended {
        tracing::error!(%cause, "what was deleted could not be removed yet");
    }
}

/// Takes a piece of work and does steps of it until it is done or the run ends. `true` once it is done.
async fn under_lease<T, F>(
    app: &App,
    due: &Versioned<Due<T>>,
    until: chrono::DateTime<chrono::Utc>,
    step: impl Fn(App, Versioned<Due<T>>) -> F,
) -> Result<bool, StoreError>
where
    T: Serialize + DeserializeOwned + Clone,
    F: Future<Output = Result<bool, StoreError>>,
{
    let Some(leased) = app.store().lease(due, LEASE).await? else { return Ok(false) };
    while app.clock().now() < until {
        if step(app.clone(), leased.clone()).await? {
            return Ok(true);
        }
    }
    // The next run goes on at once.
    let mut rest = leased.value.clone();
    rest.at = Some(app.clock().now());
    app.store().finish(&leased, &rest).await?;
    Ok(false)
}

async fn forget(app: App, leased: Versioned<Due<Leftovers>>) -> Result<bool, StoreError> {
    if !app.store().forget_leftovers(&leased.value.work).await? {
        return Ok(false);
    }
    app.store().drop_work(&leased).await?;
    Ok(true)
}

async fn delete(app: App, leased: Versioned<Due<Deletion>>) -> Result<bool, StoreError> {
    let id = leased.value.work.directory_id;
    if !app.store().empty_directory(id).await? {
        return Ok(false);
    }
    // It is said only now: whatever the directory still had to say came before.
    let directory = app.store().directory(id).await?;
    let event = directory.map(|read| directory_event(EventName::DsyncDeleted, &read.value));
    app.store().finish_directory_deletion(&leased, event).await
}
