//! The functions as they are deployed: the binaries that `sam build` made, each behind a runtime API as in Lambda.

// It is test code: a panic here is a failed test, and what a story prints is its result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use portico_tests::{Customer, Deployment, Person, SamlIdp, Setup};
use serde_json::json;

/// Where `sam build` put the binaries.
// The test command says so: no App is involved.
#[allow(clippy::disallowed_methods)]
fn built() -> PathBuf {
    let directory = std::env::var("PORTICO_SAM_BUILD");
    directory
        .expect("PORTICO_SAM_BUILD does not say where sam build's output is: run tests/run --only package")
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_binaries_serve_a_whole_sign_in() {
    let deployment = Deployment::start_with(Setup { binaries: Some(built()), ..Setup::default() }).await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let code = acme.code(&deployment, &mut Person::default()).await;
    let token = deployment.trade(&code).await.ok();
    assert_eq!(token["profile"]["email"], json!("ada@acme.test"));
    let profile =
        deployment.api.with_key(token["access_token"].as_str().unwrap()).get("/sso/profile").await.ok();
    assert_eq!(profile["id"], token["profile"]["id"]);
    // The binary marked the trade once its answer was posted: else the code could be had again.
    let again = deployment.trade(&code).await;
    assert_eq!(
        (again.status.as_u16(), &again.body["error"]),
        (400, &json!("invalid_grant")),
        "{}",
        again.body
    );
    deployment.stop().await;
}

/// The processes of this one's that run a function's binary.
fn instances(function: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let of_function = |program: PathBuf| {
        let directory = program.parent().and_then(Path::file_name).unwrap_or_default();
        directory.to_string_lossy().to_lowercase().starts_with(function)
    };
    let processes =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let children = processes.filter(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)).map(str::to_owned);
        let program = std::fs::read_link(format!("/proc/{id}/exe"));
        parent.as_deref() == Some(&own) && program.is_ok_and(of_function)
    });
    children.collect()
}

/// Whether something has arrived for a process that it hasn't read (proc_pid_net(5)).
fn has_mail(process: &str) -> bool {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let links = files
        .filter_map(|file| Some(std::fs::read_link(file.ok()?.path()).ok()?.to_string_lossy().into_owned()));
    let sockets: Vec<String> =
        links.filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap();
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let unread = fields[4].split(':').nth(1).is_some_and(|unread| unread.contains(|digit| digit != '0'));
        unread && sockets.iter().any(|socket| socket == fields[9])
    })
}

fn signal(name: &str, process: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status().unwrap();
    assert!(sent.success(), "kill -{name} {process}");
}

/// What a panic does to a built binary (`panic = "abort"`): SIGABRT with an event in hand. The instance is stopped before,
/// so that the event has reached it and surely isn't answered; nothing in the product helps a test to crash it.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_aborts_with_an_event_in_hand_is_a_502_and_the_next_request_is_served() {
    let deployment = Deployment::start_with(Setup { binaries: Some(built()), ..Setup::default() }).await;
    let acme = Customer::new(&deployment, "acme.test", SamlIdp::pysaml2().await).await;
    let code = acme.code(&deployment, &mut Person::default()).await;
    let idle = instances("sso");
    assert!(!idle.is_empty(), "no instance of sso runs");
    idle.iter().for_each(|process| signal("STOP", process));
    let abort = async {
        let holder = loop {
            match idle.iter().find(|process| has_mail(process)) {
                Some(holder) => break holder,
                None => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            }
        };
        signal("ABRT", holder);
        idle.iter().for_each(|process| signal("CONT", process));
    };
    let (answer, ()) = tokio::join!(deployment.trade(&code), abort);
    assert_eq!((answer.status.as_u16(), &answer.body), (502, &json!({ "message": "Internal Server Error" })));
    assert!(!answer.header("apigw-requestid").is_empty());
    let token = deployment.trade(&code).await.ok();
    assert_eq!(token["profile"]["email"], json!("ada@acme.test"));
    deployment.stop().await;
}
