//! Directories: whole syncs, as identity providers push them and as applications see them.

mod api;
mod bad_input;
mod costs;
mod deletion;
mod faults;
mod judges;
mod large;
mod leavers;
mod lists;
mod people;
mod practice;
pub(crate) mod wire;

use portico_tests::Deployment;
use serde_json::Value;

/// The events of an organization so far, oldest first.
pub(crate) async fn events(deployment: &Deployment, organization: &str) -> Vec<Value> {
    // Readers stay a moment behind, so that none misses an event that commits late.
    deployment.move_clock(60);
    let (mut all, mut after) = (Vec::new(), String::new());
    for _ in 0..200 {
        let path = format!("/events?order=asc&limit=100&organization_id={organization}{after}");
        let page = deployment.api.get(&path).await.ok();
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["list_metadata"]["after"].as_str() {
            Some(cursor) => after = format!("&after={cursor}"),
            None => break,
        }
    }
    all
}

/// The names of events about directories.
pub(crate) fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().map(|event| event["event"].as_str().unwrap());
    names.filter(|name| name.starts_with("dsync.")).collect()
}
