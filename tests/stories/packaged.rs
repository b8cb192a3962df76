//! The functions as they are deployed: the binaries that `sam build` made, each behind a runtime API as in Lambda.

// It is test code: a panic here is a failed test, and what a story prints is its result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::path::PathBuf;

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
    deployment.stop().await;
}
