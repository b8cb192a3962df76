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
use crate::error::ScimTypeOfAnswer;

/// How many requests an instance lets in before it charges them.
const CHARGED_AT_ONCE: u32 = 10;
/// What an instance counted longer ago than this was slower than any limit and isn't charged.
const REMEMBERED: TimeDelta = TimeDelta::seconds(1);
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

/// Where a request leaves the charge that follows its answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Charge>>>);

impl Slot {
    fn leave(&self, charge: Charge) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = Some(charge);
        }
    }
}

impl Gate {
    /// Lets a request in, or says after how many seconds it may come again.
    pub(crate) fn admit(
        &self,
        context: &DirectoryContext,
        now: DateTime<Utc>,
        slot: &Slot,
    ) -> Result<(), u32> {
        let id = context.directory.value.id;
        let limit = RateLimit::OF_A_DIRECTORY;
        let uncharged = self.count(id, now);
        let paid = context.usage.paid_until.map_or(now, |paid| paid.max(now));
        if let Some(seconds) = limit.wait(Some(paid + limit.cost(uncharged)), now) {
            return Err(seconds);
        }
        let noted = context.usage.token_used_at.is_some_and(|used| now - used < USE_NOTED_EVERY);
        if uncharged >= CHARGED_AT_ONCE || !noted {
            let token = (!noted).then_some(context.token.id);
            slot.leave(Charge { directory_id: id, requests: self.settle(id), token });
        }
        Ok(())
    }

    /// Counts a request: how many there are that aren't charged.
    fn count(&self, id: DirectoryId, now: DateTime<Utc>) -> u32 {
        let Ok(mut directories) = self.0.lock() else { return 1 };
        if directories.len() >= MOST_DIRECTORIES {
            directories.retain(|_, uncharged| now - uncharged.since < REMEMBERED);
        }
        let uncharged = directories.entry(id).or_insert(Uncharged { requests: 0, since: now });
        if now - uncharged.since >= REMEMBERED {
            *uncharged = Uncharged { requests: 0, since: now };
        }
        uncharged.requests += 1;
        uncharged.requests
    }

    /// Takes what is to be charged.
    fn settle(&self, id: DirectoryId) -> u32 {
        let Ok(mut directories) = self.0.lock() else { return 1 };
        directories.remove(&id).map_or(1, |uncharged| uncharged.requests)
    }
}

/// Counts a write that wasn't done, and says whose it was: what it said is about people, and stays out of the log. A duplicate, a
/// lost precondition and what isn't there are how providers find out, and say nothing about a mapping.
fn count_write(scim: &Scim, (method, path): (&Method, &str), response: &Response) {
    let status = response.status();
    let mut parts = path.split('/').skip(3);
    // Whoever has no token may write anything into a path.
    let directory = parts.next().and_then(|id| DirectoryId::parse(id).ok());
    let directory = directory.map(|id| id.to_string()).unwrap_or_default();
    let resource = parts.next().filter(|name| RESOURCES.contains(name)).unwrap_or_default();
    if status.is_server_error() {
        scim.app.metrics().directory_write_failed(status.as_str());
        tracing::warn!(directory, %method, resource, status = status.as_u16(), "a write failed");
    } else if status.is_client_error() && !matches!(status.as_u16(), 404 | 409 | 412) {
        scim.app.metrics().directory_write_refused(status.as_str());
        let scim_type = response.extensions().get::<ScimTypeOfAnswer>().map_or("", |kind| kind.0);
        tracing::warn!(directory, %method, resource, status = status.as_u16(), scim_type, "a write was refused");
    }
}

/// Charges, after the answer, what the request left to be charged; and counts writes that weren't done.
pub(crate) async fn charge_after(State(scim): State<Scim>, mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    if method != Method::GET && !path.ends_with("/.search") {
        count_write(&scim, (&method, &path), &response);
    }
    let charge = slot.0.lock().ok().and_then(|mut slot| slot.take());
    if let Some(charge) = charge {
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
