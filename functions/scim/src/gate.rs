//! How many requests a directory makes. The table says how much was paid for, each instance counts on top of it what it
//! has let in since, and says so seldom, after an answer: a directory that makes few requests costs no write at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use portico_shared::domain::directory::RateLimit;
use portico_shared::domain::ids::DirectoryId;
use portico_shared::store::{Charge, DirectoryContext};
use portico_shared::web::after_answer::AfterAnswer;

use crate::Scim;
use crate::error::Told;

/// How many requests an instance lets in before it charges them.
const CHARGED_AT_ONCE: u32 = 10;
/// What an instance counts within this time, if it is less than is charged at once, isn't: a hundred instances that all do no more
/// stay within the limit together.
const REMEMBERED: TimeDelta = TimeDelta::seconds(20);
/// How old the last note of a token's use may be.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::seconds(60);
/// The resources that are written to.
const RESOURCES: [&str; 3] = ["Users", "Groups", "Bulk"];
/// How many directories an instance keeps count of.
const MOST_DIRECTORIES: usize = 1024;

/// What an instance has let in and not charged yet.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<HashMap<DirectoryId, Uncharged>>);

#[derive(Debug, Clone, Copy)]
struct Uncharged {
    requests: u32,
    since: DateTime<Utc>,
}

/// Where a request leaves that it was let in, and the charge that follows its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Left>>);

#[derive(Debug, Default)]
struct Left {
    admitted: bool,
    charge: Option<Charge>,
}

impl Slot {
    fn leave(&self, charge: Option<Charge>) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = Left { admitted: true, charge };
        }
    }

    fn take(&self) -> Left {
        self.0.lock().map(|mut slot| std::mem::take(&mut *slot)).unwrap_or_default()
    }
}

impl Gate {
    /// Lets a request in that counts as so many, or says after how many seconds it may come again.
    pub(crate) fn admit(
        &self,
        context: &DirectoryContext,
        now: DateTime<Utc>,
        (weight, slot): (u32, &Slot),
    ) -> Result<(), u32> {
        let id = context.directory.value.id;
        let limit = RateLimit::OF_A_DIRECTORY;
        let uncharged = self.count(id, now, weight);
        let paid = context.usage.paid_until.map_or(now, |paid| paid.max(now));
        if let Some(seconds) = limit.wait(Some(paid + limit.cost(uncharged)), now) {
            return Err(seconds);
        }
        let noted = context.usage.token_used_at.is_some_and(|used| now - used < USE_NOTED_EVERY);
        let token = (!noted).then_some(context.token.id);
        let due = uncharged >= CHARGED_AT_ONCE || !noted;
        slot.leave(due.then(|| Charge { directory_id: id, requests: self.settle(id), token }));
        Ok(())
    }

    /// Counts a request: how many there are that aren't charged.
    fn count(&self, id: DirectoryId, now: DateTime<Utc>, weight: u32) -> u32 {
        let Ok(mut directories) = self.0.lock() else { return 1 };
        if directories.len() >= MOST_DIRECTORIES {
            directories.retain(|_, uncharged| now - uncharged.since < REMEMBERED);
        }
        let uncharged = directories.entry(id).or_insert(Uncharged { requests: 0, since: now });
        if now - uncharged.since >= REMEMBERED {
            *uncharged = Uncharged { requests: 0, since: now };
        }
        uncharged.requests = uncharged.requests.saturating_add(weight);
        uncharged.requests
    }

    /// Takes what is to be charged.
    fn settle(&self, id: DirectoryId) -> u32 {
        let Ok(mut directories) = self.0.lock() else { return 1 };
        directories.remove(&id).map_or(1, |uncharged| uncharged.requests)
    }
}

/// Counts a write that wasn't done, and says whose it was: what it said is about people, and stays out of the log. A duplicate, a
/// lost precondition and what isn't there are how providers find out, and say nothing about a mapping. Nor does whoever wasn't
/// let in; and members of whom the rest is to be sent again are on their way.
fn count_write(scim: &Scim, (method, path): (&Method, &str), admitted: bool, response: &Response) {
    let status = response.status();
    let told = response.extensions().get::<Told>().copied().unwrap_or_default();
    let mut parts = path.split('/').skip(3);
    // Whoever has no token may write anything into a path.
    let directory = parts.next().and_then(|id| DirectoryId::parse(id).ok());
    let directory = directory.map(|id| id.to_string()).unwrap_or_default();
    let resource = parts.next().filter(|name| RESOURCES.contains(name)).unwrap_or_default();
    if status.is_server_error() && !told.on_its_way {
        scim.app.metrics().directory_write_failed(status.as_str());
        tracing::warn!(directory, %method, resource, status = status.as_u16(), "a write failed");
    } else if status.is_client_error() && admitted && !matches!(status.as_u16(), 404 | 409 | 412) {
        scim.app.metrics().directory_write_refused(status.as_str());
        let Told { scim_type, .. } = told;
        tracing::warn!(directory, %method, resource, status = status.as_u16(), scim_type, "a write was refused");
    }
}

/// Charges, after the answer, what the request left to be charged; and counts writes that weren't done.
pub(crate) async fn charge_after(State(scim): State<Scim>, mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let left = slot.take();
    if method != Method::GET && !path.ends_with("/.search") {
        count_write(&scim, (&method, &path), left.admitted, &response);
    }
    if let Some(charge) = left.charge {
        let store = scim.app.store().clone();
        let charged = async move {
            if let Err(cause) = store.charge_directory(&charge, RateLimit::OF_A_DIRECTORY).await {
                tracing::warn!(%cause, directory = %charge.directory_id, "requests were not charged");
            }
        };
        AfterAnswer::new(charged).attach(&mut response);
    }
    response
}
