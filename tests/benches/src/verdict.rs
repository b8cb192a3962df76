//! The verdict's times, as criterion's files have them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::table::{self, Aim, short};

/// How many of the slowest are named.
const SLOWEST: usize = 6;

/// One benchmark: its group, its name, the median in microseconds.
struct Timed {
    group: String,
    name: String,
    median: f64,
}

/// Prints what criterion left in `directory`.
pub(crate) fn print(directory: &Path) {
    let timed = read(directory);
    let of = |group: &str| timed.iter().filter(|one| one.group == group).collect::<Vec<_>>();
    let (signed, accepted) = (of("signed"), of("accepted"));
    let hostile: Vec<_> = of("refused").into_iter().chain(of("largest")).collect();
    assert!(!signed.is_empty() && !accepted.is_empty() && !hostile.is_empty(), "criterion left nothing");
    println!("### The verdict, from base64 to a proven assertion or a refusal\n");
    let small = signed.iter().filter(|one| one.name.starts_with("6 KB"));
    let encrypted: Vec<_> = accepted.iter().copied().filter(|one| is_encrypted(one)).collect();
    let mut aims: Vec<_> = small.map(|one| aim("signed", 150.0, one)).collect();
    aims.extend(slowest(&encrypted).first().map(|one| aim("the slowest encrypted response", 500.0, one)));
    let worst = slowest(&hostile);
    aims.push(Aim {
        what: format!("the slowest of {} hostile documents ({})", hostile.len(), worst[0].name),
        most: 20.0,
        measured: worst[0].median / 1e3,
        unit: "ms",
    });
    table::print_aims(&aims);
    print_times("document", &signed);
    print_times("as the providers write it", &accepted);
    print_times("slowest of the vectors that are refused", &slowest(&of("refused"))[..SLOWEST]);
    print_times("the largest that fit into the limits (250 KB of base64)", &slowest(&of("largest")));
    let certificate = timed.iter().find(|one| one.group == "certificate").map_or(0.0, |one| one.median);
    println!("Reading one certificate of the connection takes {} µs more.\n", short(certificate));
}

fn is_encrypted(one: &Timed) -> bool {
    one.name.contains("encrypted")
}

fn aim(what: &str, most: f64, one: &Timed) -> Aim {
    Aim { what: format!("{what}: {}", one.name), most, measured: one.median, unit: "µs" }
}

fn slowest<'t>(timed: &[&'t Timed]) -> Vec<&'t Timed> {
    let mut timed = timed.to_vec();
    timed.sort_by(|one, other| other.median.total_cmp(&one.median));
    timed
}

fn print_times(head: &str, timed: &[&Timed]) {
    let rows: Vec<_> = timed.iter().map(|one| vec![one.name.clone(), short(one.median)]).collect();
    table::print(&[head, "µs"], &rows);
}

/// Every `new/` below the directory is one benchmark's last run.
fn read(directory: &Path) -> Vec<Timed> {
    let (mut found, mut open) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap_or_else(|problem| panic!("{directory:?}: {problem}")) {
            let path = entry.unwrap().path();
            if path.ends_with("new") {
                let (about, estimates) =
                    (json(path.join("benchmark.json")), json(path.join("estimates.json")));
                let text = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
                let nanoseconds = estimates["median"]["point_estimate"].as_f64().expect("a median");
                found.push(Timed {
                    group: text("group_id"),
                    name: text("value_str"),
                    median: nanoseconds / 1e3,
                });
            } else if path.is_dir() {
                open.push(path);
            }
        }
    }
    found.sort_by(|one, other| (&one.group, &one.name).cmp(&(&other.group, &other.name)));
    found
}

fn json(path: PathBuf) -> Value {
    let text = fs::read_to_string(&path).unwrap_or_else(|problem| panic!("{path:?}: {problem}"));
    serde_json::from_str(&text).unwrap_or_else(|problem| panic!("{path:?}: {problem}"))
}
