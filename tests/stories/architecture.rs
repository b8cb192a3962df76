//! The rules of docs/architecture.md that a program can check: who may depend on whom, who may name DynamoDB, how long a
//! file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The crates, and which of the house's own crates each may use.
const CRATES: &[(&str, &[&str])] = &[
    ("shared/protocol", &[]),
    ("shared", &["protocol"]),
    ("shared/testing", &["shared"]),
    ("functions/sso", &["protocol", "shared"]),
    ("functions/acs", &["protocol", "shared"]),
    ("functions/management", &["protocol", "shared"]),
    ("functions/domain-verification", &["shared"]),
    ("functions/scim", &["protocol", "shared"]),
    ("functions/portal-link", &["shared"]),
    ("functions/portal", &["protocol", "shared"]),
    (
        "local",
        &[
            "protocol",
            "shared",
            "sso",
            "acs",
            "management",
            "domain-verification",
            "scim",
            "portal-link",
            "portal",
        ],
    ),
    ("tests", &["protocol", "shared", "sso", "acs", "management", "local"]),
    ("tests/benches", &["shared", "local", "tests"]),
];

/// The modules of the shared crate, and which others each may use. `app` is what the layers come together in, and `web`
/// is handed it.
const MODULES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &[]),
    ("aws", &["config"]),
    ("net", &["config", "domain"]),
    ("store", &["domain"]),
    ("vault", &["domain", "store"]),
    ("telemetry", &["config", "domain"]),
    ("web", &["app", "config", "domain", "store", "telemetry", "vault"]),
    ("operations", &["app", "config", "domain", "net", "store", "vault", "web"]),
    ("app", &["aws", "config", "domain", "net", "store", "telemetry", "vault", "web"]),
    ("lib", &[]),
];

/// The files outside of the store that may name the DynamoDB SDK: they make the client and hand it on.
const MAKE_THE_CLIENT: &[&str] = &["shared/src/aws.rs", "shared/src/app.rs"];

const MOST_LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust files below a directory of the repository, by their path from its root.
fn files(below: &str) -> BTreeMap<String, String> {
    let (mut found, mut open) = (BTreeMap::new(), vec![root().join(below)]);
    while let Some(directory) = open.pop() {
        for entry in
            std::fs::read_dir(&directory).unwrap_or_else(|problem| panic!("{directory:?}: {problem}"))
        {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir()
                && !matches!(name, "target" | "node_modules" | "vectors")
                && !name.starts_with('.')
            {
                open.push(path);
            } else if name.ends_with(".rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(!found.is_empty(), "no Rust file below {below}");
    found
}

/// The files below a directory that go into the deployment, without tests and comments.
fn shipped(below: &str) -> BTreeMap<String, String> {
    let tests =
        |name: &str| name.ends_with("/tests.rs") || name.ends_with("/testing.rs") || name.contains("/tests/");
    let code = |text: String| {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files(below).into_iter().filter(|(name, _)| !tests(name)).map(|(name, text)| (name, code(text))).collect()
}

/// The house's own crates in `[dependencies]`; what only tests need is not looked at.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.strip_prefix("portico-"));
    names.map(|rest| rest.split(['.', ' ', '=']).next().unwrap().to_owned()).collect()
}

/// The modules of the own crate that a file names, by `use` or by path.
fn own_modules(text: &str) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let grouped = text.split("use crate::{").skip(1).filter_map(|rest| rest.split("};").next());
    let grouped = grouped.flat_map(|list| list.split(',')).map(str::trim);
    let plain = text.split("crate::").skip(1);
    let names = plain.chain(grouped).filter_map(|rest| rest.split(ends).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn no_crate_depends_on_one_above_it_and_no_function_on_another() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest.split("members = [").nth(1).unwrap().split(']').next().unwrap();
    let members: BTreeSet<&str> = members
        .split(',')
        .map(|member| member.trim().trim_matches('"'))
        .filter(|member| !member.is_empty())
        .collect();
    let known: BTreeSet<&str> = CRATES.iter().map(|(directory, _)| *directory).collect();
    assert_eq!(members, known, "every member of the workspace has its place among the layers");
    for (directory, allowed) in CRATES {
        let manifest = std::fs::read_to_string(root().join(directory).join("Cargo.toml")).unwrap();
        for used in dependencies(&manifest) {
            assert!(allowed.contains(&used.as_str()), "{directory} depends on portico-{used}");
        }
    }
}

#[test]
fn inside_the_shared_crate_no_module_uses_one_above_it() {
    for (file, text) in shipped("shared/src") {
        let module = file.trim_start_matches("shared/src/").split(['/', '.']).next().unwrap();
        let allowed = MODULES.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} has no place among the layers"));
        for used in own_modules(&text) {
            assert!(used == module || allowed.contains(&used.as_str()), "{file} uses crate::{used}");
        }
    }
}

#[test]
fn only_the_store_names_dynamodb() {
    for (file, text) in
        [shipped("shared/src"), shipped("functions"), shipped("shared/protocol/src")].into_iter().flatten()
    {
        let may = file.starts_with("shared/src/store/") || MAKE_THE_CLIENT.contains(&file.as_str());
        assert!(may || !text.contains("aws_sdk_dynamodb"), "{file} names the DynamoDB SDK");
    }
}

#[test]
fn only_the_keys_file_formats_keys() {
    for (file, text) in [shipped("shared/src"), shipped("functions")].into_iter().flatten() {
        if file == "shared/src/store/keys.rs" || file.starts_with("shared/src/store/keys/") {
            continue;
        }
        for literal in text.split('"').skip(1).step_by(2) {
            let class = literal.split('#').next().unwrap_or_default();
            let is_key = literal.contains('#')
                && !class.is_empty()
                && class.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(!is_key, "{file} writes a key: {literal:?}");
        }
    }
}

#[test]
fn protocol_knows_no_aws_no_runtime_and_no_clock() {
    for (file, text) in shipped("shared/protocol/src") {
        for foreign in ["aws_sdk", "tokio", "lambda_", "axum", "SystemTime", "Utc::now", "reqwest"] {
            assert!(!text.contains(foreign), "{file} names {foreign}");
        }
    }
}

#[test]
fn nothing_reads_the_whole_table() {
    for below in ["shared", "functions", "local", "tests"] {
        for (file, text) in files(below) {
            let scan = [".sc", "an("].concat();
            let input = ["Scan", "FluentBuilder"].concat();
            // Over an iterator, `scan` folds; no builder of a request takes arguments.
            assert!(!text.contains(&format!("{scan})")) && !text.contains(&input), "{file} scans");
        }
    }
}

#[test]
fn no_rust_file_is_longer_than_400_lines() {
    for below in ["shared", "functions", "local", "tests"] {
        for (file, text) in files(below) {
            assert!(text.lines().count() <= MOST_LINES, "{file} has {} lines", text.lines().count());
        }
    }
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(
        own_modules("use crate::{store::Store, web::error};\nlet a = crate::net::fetch();"),
        ["net", "store", "web"].map(str::to_owned).into()
    );
    assert_eq!(
        dependencies(
            "[package]\n\n[dependencies]\nportico-protocol.workspace = true\naxum = \"1\"\n\n[dev-dependencies]\nportico-local.workspace = true\n"
        ),
        ["protocol".to_owned()].into()
    );
}
