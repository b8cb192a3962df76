//! The schedule: removes the memberships of deleted users and groups, and directories that are to be deleted. Whoever holds
//! the lease of a piece of work does some of it and says so; a run that dies loses the lease, and the next one goes on.

use chrono::{DateTime, TimeDelta, Utc};
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
/// How long a run works, and a step longer. The schedule comes every minute; a run is shorter than the requests that are so
/// slow that an alarm tells of them.
const LONGEST: TimeDelta = TimeDelta::seconds(18);
/// How long one piece of work has, where others may be waiting.
const TURN: TimeDelta = TimeDelta::seconds(5);

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Deleted users and groups of which nothing is left.
    pub forgotten: u32,
    /// Directories that are gone.
    pub directories: u32,
    /// Work that isn't finished yet, or failed.
    pub unfinished: u32,
    /// By how many seconds the work was late that had waited longest.
    pub behind_seconds: i64,
}

impl From<Swept> for Value {
    fn from(swept: Swept) -> Self {
        json!({
            "forgotten": swept.forgotten,
            "directories": swept.directories,
            "unfinished": swept.unfinished,
            "behind_seconds": swept.behind_seconds,
        })
    }
}

/// One run.
///
/// # Errors
/// The table can't be asked what is due; or a piece of work failed, which is logged, comes again, and keeps no other from its
/// turn.
pub async fn sweep(app: &App) -> Result<Swept, StoreError> {
    let until = app.clock().now() + LONGEST;
    let (mut swept, mut failed) = (Swept::default(), None);
    loop {
        let passed = pass(app, until).await?;
        swept.forgotten += passed.forgotten;
        swept.directories += passed.directories;
        swept.unfinished = passed.unfinished;
        swept.behind_seconds = swept.behind_seconds.max(passed.behind_seconds);
        failed = passed.failed.or(failed);
        // More may be due than one look shows; and what took its turn and isn't done has another one, once everything else
        // has had its own.
        let some = passed.turned + passed.forgotten + passed.directories > 0;
        if !some || app.clock().now() >= until {
            app.metrics().directory_sweep_behind(swept.behind_seconds);
            return failed.map_or(Ok(swept), Err);
        }
    }
}

/// What all that was due came to, a turn each.
#[derive(Debug, Default)]
struct Passed {
    forgotten: u32,
    directories: u32,
    unfinished: u32,
    /// Work that had a whole turn and isn't done.
    turned: u32,
    /// By how much the latest of it was late.
    behind_seconds: i64,
    /// Why some of it failed.
    failed: Option<StoreError>,
}

impl Passed {
    /// Takes note of when some of it was due.
    fn due(&mut self, at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let late = at.map_or(0, |at| (now - at).num_seconds());
        self.behind_seconds = self.behind_seconds.max(late);
    }

    fn unfinished(&mut self, ended: Result<Turn, StoreError>) {
        self.unfinished += 1;
        match ended {
            Ok(Turn::Over) => self.turned += 1,
            Ok(_) => {}
            Err(cause) => {
                tracing::error!(%cause, "what was deleted could not be removed yet");
                self.failed = Some(cause);
            }
        }
    }
}

/// How a piece of work's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The work is done.
    Done,
    /// Its time is over.
    Over,
    /// It had none: somebody else is at it, or the run ends.
    None,
}

async fn pass(app: &App, until: DateTime<Utc>) -> Result<Passed, StoreError> {
    let mut passed = Passed::default();
    // Another shard is the first one every minute: none waits for the others' work.
    let first = u8::try_from(app.clock().now().timestamp() / 60 % i64::from(DUE_SHARDS)).unwrap_or_default();
    for shard in (first..DUE_SHARDS).chain(0..first) {
        for due in app.store().due::<Leftovers>(LEFTOVERS, shard, None).await? {
            passed.due(due.value.at, app.clock().now());
            match under_lease(app, &due, until, forget).await {
                Ok(Turn::Done) => passed.forgotten += 1,
                ended => passed.unfinished(ended),
            }
        }
        for due in app.store().due::<Deletion>(DELETION, shard, None).await? {
            passed.due(due.value.at, app.clock().now());
            match under_lease(app, &due, until, delete).await {
                Ok(Turn::Done) => passed.directories += 1,
                ended => passed.unfinished(ended),
            }
        }
    }
    Ok(passed)
}

/// Takes a piece of work and does steps of it until it is done, or its turn or the run ends.
async fn under_lease<T, F>(
    app: &App,
    due: &Versioned<Due<T>>,
    until: DateTime<Utc>,
    step: impl Fn(App, Versioned<Due<T>>) -> F,
) -> Result<Turn, StoreError>
where
    T: Serialize + DeserializeOwned + Clone,
    F: Future<Output = Result<bool, StoreError>>,
{
    let now = app.clock().now();
    if now >= until {
        return Ok(Turn::None);
    }
    let Some(leased) = app.store().lease(due, LEASE).await? else { return Ok(Turn::None) };
    let until = until.min(now + TURN);
    while app.clock().now() < until {
        if step(app.clone(), leased.clone()).await? {
            return Ok(Turn::Done);
        }
    }
    // The next run goes on at once.
    let mut rest = leased.value.clone();
    rest.at = Some(app.clock().now());
    app.store().finish(&leased, &rest).await?;
    Ok(Turn::Over)
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
