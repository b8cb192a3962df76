//! kill -9: the local program dies in the middle of a company's import, and is started again on its data. The provider sends
//! again what it got no answer to. In the end everybody is there once, the numbers are right, and each change has its one
//! event.

use crate::portico::Portico;
use crate::provider::{Known, Provider};
use serde_json::json;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// What is imported, and how often the program is killed meanwhile.
struct Plan {
    users: usize,
    kills_among_users: usize,
    members: usize,
    kills_among_members: usize,
    /// After how many milliseconds of a group's push the program is killed.
    pushed_for: Range<u64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_and_sent_again_is_whole() {
    prove(Plan {
        users: 600,
        kills_among_users: 2,
        members: 480,
        kills_among_members: 1,
        pushed_for: 0..200,
    })
    .await;
}

/// The same at length: `cargo test --release --workspace --test kill -- --ignored --nocapture import`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes many minutes"]
async fn an_import_of_a_hundred_thousand_that_is_killed_ten_times_and_sent_again_is_whole() {
    prove(Plan {
        users: 100_000,
        kills_among_users: 7,
        members: 20_000,
        kills_among_members: 3,
        pushed_for: 200..2_000,
    })
    .await;
}

/// The program, and word of where it is for whoever talks to it.
struct Mortal<'d> {
    data: &'d Path,
    portico: Portico,
    moved: watch::Sender<String>,
    kills: usize,
}

impl<'d> Mortal<'d> {
    async fn start(data: &'d Path) -> Self {
        let portico = Portico::start(data).await;
        let moved = watch::Sender::new(portico.address.base_url.clone());
        Self { data, portico, moved, kills: 0 }
    }

    async fn die_and_rise(&mut self, when: &str) {
        self.portico.kill().await;
        self.portico = Portico::start(self.data).await;
        self.moved.send_replace(self.portico.address.base_url.clone());
        self.kills += 1;
        println!("kill {}: {when}", self.kills);
    }
}

async fn prove(plan: Plan) {
    let data = tempfile::tempdir().unwrap();
    let mut mortal = Mortal::start(data.path()).await;
    let provider = Provider::new(&mortal.portico.address, mortal.moved.subscribe()).await;
    let (mut progress, importing) = (provider.progress(), tokio::spawn(provider.clone().import(plan.users)));
    let share = plan.users / plan.kills_among_users;
    for kill in 0..plan.kills_among_users {
        let after = share * kill + random(0..share as u64 - 100) as usize;
        let answered = *progress.wait_for(|answered| *answered >= after).await.unwrap();
        // Anywhere within a request, not only right after an answer.
        tokio::time::sleep(Duration::from_millis(random(0..50))).await;
        mortal.die_and_rise(&format!("{answered} of {} users were answered", plan.users)).await;
    }
    let known = importing.await.unwrap();
    // Else the kills proved nothing.
    assert!(provider.cut_off() >= plan.kills_among_users, "{}", provider.cut_off());

    let members = known[..plan.members].to_vec();
    let pushing = tokio::spawn(provider.clone().push_group(members.clone()));
    for _ in 0..plan.kills_among_members {
        let milliseconds = random(plan.pushed_for.clone());
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        let state = if pushing.is_finished() { "pushed already" } else { "being pushed" };
        mortal.die_and_rise(&format!("after {milliseconds} ms, the group {state}")).await;
    }
    let group = pushing.await.unwrap();
    check_users(&provider, &plan, known).await;
    check_members(&provider, &group, members).await;
    check_numbers(&mortal.portico, &provider, &plan).await;
    check_events(&mortal.portico, &provider, &plan).await;
    println!("{} requests were cut off", provider.cut_off());
    mortal.portico.stop().await;
}

/// A random number of the range.
fn random(range: Range<u64>) -> u64 {
    let number = u64::from_le_bytes(portico_shared::domain::random::Rng::system().bytes());
    range.start + number % (range.end - range.start)
}

async fn check_users(provider: &Provider, plan: &Plan, known: Vec<Known>) {
    assert_eq!(known.len(), plan.users);
    let shown = provider.all("").await;
    assert!(shown == known, "{} of {} users are shown, or others", shown.len(), plan.users);
    let names: BTreeSet<_> = shown.iter().map(|user| &user.name).collect();
    assert_eq!(names.len(), plan.users, "names are doubled");
    assert_eq!(provider.total().await, json!(plan.users));
}

async fn check_members(provider: &Provider, group: &str, members: Vec<Known>) {
    let shown = provider.all(&format!("filter=groups.value+eq+%22{group}%22")).await;
    assert!(shown == members, "{} of {} members are shown, or others", shown.len(), members.len());
}

async fn check_numbers(portico: &Portico, provider: &Provider, plan: &Plan) {
    let path = format!("/directories/{}", provider.directory);
    let directory = portico.address.list(&path).await;
    let numbers = json!({ "users": { "active": plan.users, "inactive": 0 }, "groups": 1 });
    assert_eq!(directory["metadata"], numbers);
}

async fn check_events(portico: &Portico, provider: &Provider, plan: &Plan) {
    let of_members = portico.address.events("dsync.group.user_added", "/data/user/id", plan.members).await;
    let of_users = portico.address.events("dsync.user.created", "/data/id", plan.users).await;
    let of_groups = portico.address.events("dsync.group.created", "/data/id", 1).await;
    let shown: Vec<_> = provider.all("").await.into_iter().map(|user| user.id).collect();
    assert!(sorted(of_users) == shown, "not one event for each user");
    assert!(sorted(of_members) == shown[..plan.members], "not one event for each member");
    assert_eq!(of_groups.len(), 1);
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}
