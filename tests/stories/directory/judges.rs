//! Judges of SCIM servers that others wrote.

use std::collections::BTreeMap;

use portico_tests::{Deployment, Directory, Peer};
use serde_json::json;

/// How the checks of a judge ended: each end with its number. Whatever isn't a pass is printed with its reason.
async fn judged(call: &str, passed: &str) -> BTreeMap<String, usize> {
    let deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let arguments = json!({ "endpoint": directory.endpoint, "token": directory.token });
    let results = Peer::python("scim_judges.py").call(call, arguments).await;
    let mut ends = BTreeMap::new();
    for result in results.as_array().unwrap() {
        let ended = result["ended"].as_str().unwrap();
        *ends.entry(ended.to_owned()).or_default() += 1;
        if ended != passed {
            println!("{call}: {ended}: {} {}", result["name"], result["reason"]);
        }
    }
    println!("{call}: {ends:?}");
    deployment.stop().await;
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_of_scim2_tester_passes() {
    let mut ends = judged("scim2_tester", "SUCCESS").await;
    let passed = ends.remove("SUCCESS").unwrap_or(0);
    assert!(passed >= 133, "only {passed} checks were made");
    assert!(ends.is_empty(), "{ends:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_strict_profile_of_scim_sanity_passes() {
    let mut ends = judged("scim_sanity", "PASS").await;
    let passed = ends.remove("PASS").unwrap_or(0);
    // Three checks are of a draft's resource types, which are skipped where a server hasn't them.
    let skipped = ends.remove("SKIP").unwrap_or(0);
    assert!(passed >= 28 && skipped <= 3, "{passed} passed, {skipped} skipped");
    assert_eq!(ends, BTreeMap::<String, usize>::new());
}
