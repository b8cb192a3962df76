//! The table of published attacks in docs/security.md, held against what there is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::vectors::{directories, root};

/// How many published attacks the table answers.
const ATTACKS: usize = 25;

struct Row {
    number: usize,
    vectors: Vec<String>,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let document = fs::read_to_string(root().join("../../../docs/security.md")).unwrap();
    let (_, section) = document.split_once("## Published attacks").expect("security.md has the section");
    let table = section.split("\n## ").next().unwrap();
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let number = cells.get(1)?.parse().ok()?;
        assert_eq!(cells.len(), 7, "a row has five cells: {line}");
        Some(Row { number, vectors: in_backticks(cells[4]), tests: in_backticks(cells[5]) })
    };
    table.lines().filter_map(row).collect()
}

fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a name is what a pattern says, where `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|rest| fits(after, rest))
        }),
    }
}

/// The names of all functions that are marked as tests, below a directory.
fn collect_tests(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && !matches!(&*name, "target" | "node_modules" | "vectors")
        {
            collect_tests(&path, names);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let marked = text.split("test]\n").skip(1).chain(text.split("test(").skip(1));
            let function = |after: &str| {
                let (_, rest) = after.split_once("fn ")?;
                rest.split_once('(').map(|(name, _)| name.to_owned())
            };
            names.extend(marked.filter_map(function));
        }
    }
}

#[test]
fn every_published_attack_has_a_vector_or_a_test_that_exists() {
    let vectors = directories("response/refused");
    let mut tests = BTreeSet::new();
    for directory in ["shared", "functions", "tests"] {
        collect_tests(&root().join("../../..").join(directory), &mut tests);
    }
    let rows = rows();
    let answered: BTreeSet<_> = rows.iter().map(|row| row.number).collect();
    assert_eq!(answered, (1..=ATTACKS).collect());
    for row in rows {
        assert!(!row.vectors.is_empty() || !row.tests.is_empty(), "nothing answers {}", row.number);
        for pattern in &row.vectors {
            assert!(vectors.iter().any(|name| fits(pattern, name)), "{}: no vector {pattern}", row.number);
        }
        for name in &row.tests {
            assert!(tests.contains(name), "{}: no test {name}", row.number);
        }
    }
}

#[test]
fn a_pattern_fits_what_it_says_and_nothing_else() {
    for (pattern, name, expected) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a*", "ab", true),
        ("*-b", "a-b", true),
        ("xsw*-signed", "xsw1-signed", true),
        ("xsw*-signed", "xsw1-signed-response", false),
        ("*a*c", "abac", true),
    ] {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }
}
