//! What a sign-in costs, measured: CPU, latency and memory of a whole one, the built functions' cold start and size, the
//! price of a million; and what a directory's requests cost, up to a million users. `tests/bench` runs it section by section; each prints Markdown, targets first.

// It is test code: a panic here ends a bench, and what it prints is its result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod cost;
mod customer;
mod directory;
mod functions;
mod machine;
mod process;
mod sign_ins;
mod sweep;
mod table;
mod verdict;

use std::path::PathBuf;

const USAGE: &str = "usage: portico-benches machine | verdict DIRECTORY | sign-ins PROGRAM FIGURES | \
     functions SAM_BUILD | sweep SAM_BUILD | directory SAM_BUILD SIZE... | cost FIGURES";

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let section = arguments.next().expect(USAGE);
    let mut path = || PathBuf::from(arguments.next().expect(USAGE));
    match section.as_str() {
        "machine" => machine::print(),
        "verdict" => verdict::print(&path()),
        "sign-ins" => sign_ins::print(&path(), &path()).await,
        "functions" => functions::print(&path()).await,
        "sweep" => sweep::print(&path()).await,
        "directory" => {
            let built = path();
            let sizes: Vec<u64> = arguments.map(|size| size.parse().expect(USAGE)).collect();
            directory::print(&built, &sizes).await;
        }
        "cost" => cost::print(&path()).await,
        _ => panic!("{USAGE}"),
    }
}
