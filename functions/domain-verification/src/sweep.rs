//! The schedule's work: every claim whose check is due, looked at once, by whichever run takes its lease first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Duration, Timelike, Utc};
use portico_shared::app::App;
use portico_shared::domain::domain_check::DomainCheck;
use portico_shared::domain::organization::{DomainState, OrganizationDomain};
use portico_shared::operations::domains::{Claim, Closely, look, settle};
use portico_shared::store::{DOMAIN_CHECK, DUE_SHARDS, Due, StoreError, Versioned, WriteDomainError};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many claims are looked at at the same time. Each asks several servers; `Dns` bounds the questions.
const AT_ONCE: usize = 64;
/// How long a run begins new looks. It is invoked every minute, and what it leaves is taken by the next; the function's
/// timeout of 120 seconds leaves time for the last looks to end, of which one takes 50 seconds at the most.
const RUN_TIME: Duration = Duration::seconds(60);
/// How long a claim is kept from other runs: more than a look and its writing take.
const LEASE: Duration = Duration::minutes(2);

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Claims that were looked at.
    pub checked: usize,
    /// Claims that another run had, or that were gone or changed meanwhile.
    pub passed_over: usize,
    /// Claims that couldn't be read or written. Their leases run out, and they are due again.
    pub failed: usize,
    /// By how many seconds the longest due check was late when the run began.
    pub behind_seconds: i64,
    /// Whether the time ended before the work did.
    pub cut_short: bool,
}

impl From<Swept> for Value {
    fn from(swept: Swept) -> Self {
        json!({
            "checked": swept.checked,
            "passed_over": swept.passed_over,
            "failed": swept.failed,
            "behind_seconds": swept.behind_seconds,
            "cut_short": swept.cut_short,
        })
    }
}

#[derive(Debug, Default)]
struct Counts {
    checked: AtomicUsize,
    passed_over: AtomicUsize,
    failed: AtomicUsize,
}

/// A run.
struct Run<'a> {
    app: &'a App,
    end: DateTime<Utc>,
    room: Arc<Semaphore>,
    counts: Arc<Counts>,
    under_way: JoinSet<()>,
    swept: Swept,
}

/// Looks at every claim that is due.
///
/// # Errors
/// The table can't be read. What was looked at until then is kept.
pub async fn sweep(app: &App) -> Result<Swept, StoreError> {
    let mut run = Run {
        app,
        end: app.clock().now() + RUN_TIME,
        room: Arc::new(Semaphore::new(AT_ONCE)),
        counts: Arc::default(),
        under_way: JoinSet::new(),
        swept: Swept::default(),
    };
    let swept = run.all().await;
    let ended = run.ended().await;
    app.metrics().domain_checks_behind(ended.behind_seconds);
    swept.map(|()| ended)
}

impl Run<'_> {
    /// All shards, another one first in each minute. How late each is is seen before any work is begun, and one that can't be
    /// read doesn't keep the others waiting.
    async fn all(&mut self) -> Result<(), StoreError> {
        let first = u8::try_from(self.app.clock().now().minute()).unwrap_or(0) % DUE_SHARDS;
        let shards = (first..DUE_SHARDS).chain(0..first);
        let mut heads = Vec::new();
        let mut read = Ok(());
        for shard in shards {
            match self.app.store().due(DOMAIN_CHECK, shard, None).await {
                Ok(head) => {
                    self.swept.behind_seconds = self.swept.behind_seconds.max(lateness(self.app, &head));
                    heads.push((shard, head));
                }
                Err(error) => read = Err(error),
            }
        }
        for (shard, head) in heads {
            if let Err(error) = self.shard(shard, head).await {
                read = Err(error);
            }
        }
        read
    }

    async fn shard(
        &mut self,
        shard: u8,
        mut batch: Vec<Versioned<Due<DomainCheck>>>,
    ) -> Result<(), StoreError> {
        while let Some(last) = batch.last().map(|last| last.value.clone()) {
            self.begin(batch).await?;
            if self.is_over() {
                self.swept.cut_short = true;
                return Ok(());
            }
            batch = self.app.store().due(DOMAIN_CHECK, shard, Some(&last)).await?;
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.app.clock().now() >= self.end
    }

    /// Begins to look at a batch; waits for room, so that no more is in memory than is under way.
    async fn begin(&mut self, batch: Vec<Versioned<Due<DomainCheck>>>) -> Result<(), StoreError> {
        let checks: Vec<_> = batch.iter().map(|due| &due.value.work).collect();
        let claims = self.app.store().claims_of(&checks).await?;
        for (check, domain) in batch.into_iter().zip(claims) {
            if self.is_over() {
                break;
            }
            let Ok(permit) = self.room.clone().acquire_owned().await else { break };
            let (app, counts) = (self.app.clone(), self.counts.clone());
            self.under_way.spawn(async move {
                check_one(&app, check, domain, &counts).await;
                drop(permit);
            });
            while self.under_way.try_join_next().is_some() {}
        }
        Ok(())
    }

    async fn ended(mut self) -> Swept {
        while self.under_way.join_next().await.is_some() {}
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        Swept {
            checked: count(&self.counts.checked),
            passed_over: count(&self.counts.passed_over),
            failed: count(&self.counts.failed),
            ..self.swept
        }
    }
}

/// By how many seconds the longest due of a shard's checks is late.
fn lateness(app: &App, batch: &[Versioned<Due<DomainCheck>>]) -> i64 {
    let first = batch.first().and_then(|due| due.value.at);
    first.map_or(0, |at| (app.clock().now() - at).num_seconds())
}

async fn check_one(
    app: &App,
    check: Versioned<Due<DomainCheck>>,
    domain: Result<Option<OrganizationDomain>, StoreError>,
    counts: &Counts,
) {
    let checked = async { check_leased(app, check, domain?).await };
    let count = match checked.await {
        Ok(true) => &counts.checked,
        Ok(false) | Err(WriteDomainError::Raced | WriteDomainError::Taken) => &counts.passed_over,
        Err(error) => {
            tracing::error!(?error, "a domain could not be checked");
            &counts.failed
        }
    };
    count.fetch_add(1, Ordering::Relaxed);
}

async fn check_leased(
    app: &App,
    check: Versioned<Due<DomainCheck>>,
    domain: Option<OrganizationDomain>,
) -> Result<bool, WriteDomainError> {
    let Some(check) = app.store().lease(&check, LEASE).await? else { return Ok(false) };
    let Some(domain) = domain else {
        app.store().drop_work(&check).await?;
        return Ok(false);
    };
    let owned = domain.state.owns() || domain.state == DomainState::Lapsed;
    let sighting = look(app, &domain, if owned { Closely::Twice } else { Closely::Once }).await;
    settle(app, &Claim { domain, check }, &sighting).await?;
    Ok(true)
}
