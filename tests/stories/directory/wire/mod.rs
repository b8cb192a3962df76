//! What identity providers really send, replayed: each exchange with its answers, and what the directory holds in the end.

mod expect;
mod replay;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use portico_tests::{Deployment, Directory};
use serde_json::Value;

fn files(provider: &str) -> Vec<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("stories/directory/wire/exchanges").join(provider);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn exchange(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap())
        .unwrap_or_else(|error| panic!("{file:?}: {error}"))
}

/// Plays one exchange of a provider's in this directory.
pub(crate) async fn play(directory: &Directory, provider: &str, name: &str) {
    let file = files(provider).into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    let file = file.unwrap_or_else(|| panic!("{provider} has no exchange {name}"));
    replay::replay(directory, &exchange(&file), name).await;
}

/// Replays all exchanges of a provider, each in a directory of its own.
async fn replayed(provider: &str) {
    let deployment = Deployment::start().await;
    for file in files(provider) {
        let directory = Directory::new(&deployment).await;
        replay::replay(&directory, &exchange(&file), &file.file_stem().unwrap().to_string_lossy()).await;
    }
    deployment.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn okta_gets_what_it_needs() {
    replayed("okta").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entra_id_gets_what_it_needs() {
    replayed("entra").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jumpcloud_gets_what_it_needs() {
    replayed("jumpcloud").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ping_google_onelogin_rippling_and_canaille_get_what_they_need() {
    for provider in ["ping", "google", "onelogin", "rippling", "canaille"] {
        replayed(provider).await;
    }
}

/// Statements about rates, which no single exchange replays: the tests of the function's gate hold them.
const OF_THE_GATE: [&str; 1] = ["okta-11"];

#[test]
fn every_statement_is_replayed_and_every_exchange_names_its_statements() {
    let page = include_str!("statements.md");
    let rows: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|row| row.split(" | ").next())
        .filter(|id| id.contains('-'))
        .collect();
    let marked = page
        .lines()
        .filter(|line| ["| V |", "| L |", "| I |", "| V,L |"].iter().any(|mark| line.contains(mark)));
    let mut named = BTreeSet::from(OF_THE_GATE.map(str::to_owned));
    let mut exchanges = 0;
    for provider in ["okta", "entra", "jumpcloud", "ping", "google", "onelogin", "rippling", "canaille"] {
        for file in files(provider) {
            exchanges += 1;
            let statements = exchange(&file)["statements"].clone();
            let statements: Vec<String> = serde_json::from_value(statements).unwrap();
            assert!(!statements.is_empty(), "{file:?} replays nothing");
            for id in statements {
                assert!(rows.contains(id.as_str()), "{file:?} names {id}, which is no row");
                named.insert(id);
            }
        }
    }
    let missing: Vec<_> = rows.iter().filter(|id| !named.contains(**id)).collect();
    assert!(missing.is_empty(), "no exchange replays {missing:?}");
    println!(
        "{} statements, {} of them marked V, L or I, in {exchanges} exchanges",
        rows.len(),
        marked.count()
    );
    assert!(rows.len() >= 34 && exchanges >= 30);
}
