//! The functions as `sam build` made them, each behind the runtime API: from its start to its first answer, its memory,
//! its size.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use portico_local::{Options, Stack};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::json;
use url::Url;

use crate::customer::{Customer, Deployment};
use crate::process::{self, Stopwatch};
use crate::table::{self, Aim, quantile, short, sorted};

/// How often every function is started.
const STARTS: usize = 21;
/// How many sign-ins have gone through an instance when its memory is read.
const SIGN_INS: usize = 100;
const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";
/// The functions, by the directories that `sam build` leaves.
const FUNCTIONS: [&str; 5] =
    ["SsoFunction", "AcsFunction", "ManagementFunction", "DomainVerificationFunction", "ScimFunction"];
/// A claim that isn't there: the answer reads the table.
const NO_CLAIM: &str = "/organization_domains/org_domain_01EHZNVPK2QXHMVWCEDQEKY69A";

/// Prints what the functions in `built` need.
pub(crate) async fn print(built: &Path) {
    let data = tempfile::tempdir().unwrap();
    let mut options = Options { binaries: Some(built.to_owned()), ..Options::new(data.path()) };
    let stack = Stack::start(options.clone()).await.unwrap();
    options.port = Url::parse(&stack.local_url()).unwrap().port().unwrap();
    let customer = Customer::new(deployment(&stack).await, &data.path().join("bench-idp")).await;
    for visitor in &mut customer.visitors(0, SIGN_INS) {
        customer.sign_in(visitor).await;
    }
    let provider = Provider::new(&customer).await;
    first_answer(&customer, &provider, "DomainVerificationFunction").await;
    first_answer(&customer, &provider, "ScimFunction").await;
    let memory = peak_memory();
    stack.stop().await;

    let mut starts: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..STARTS {
        let stack = Stack::start(options.clone()).await.unwrap();
        for function in FUNCTIONS {
            starts.entry(function).or_default().push(first_answer(&customer, &provider, function).await);
        }
        stack.stop().await;
    }
    report(built, &memory, starts);
}

async fn deployment(stack: &Stack) -> Deployment {
    let minted = json!({ "portico_admin": { "action": "create_api_key", "name": "bench" } });
    let minted = stack.invoke("management", minted).await.unwrap();
    let deployment = Deployment {
        base_url: stack.base_url().to_owned(),
        client_id: stack.client_id().to_owned(),
        api_key: minted["key"].as_str().unwrap().to_owned(),
        redirect_uri: REDIRECT_URI.to_owned(),
    };
    let api = portico_tests::Api::new(&deployment.base_url, &deployment.api_key);
    api.post("/user_management/redirect_uris", &json!({ "uri": REDIRECT_URI })).await.ok();
    deployment
}

/// Where a directory's provider pushes to, and its token.
struct Provider {
    endpoint: String,
    token: String,
}

impl Provider {
    async fn new(customer: &Customer) -> Self {
        let api = customer.api();
        let organization = api.post("/organizations", &json!({ "name": "Bench" })).await.ok();
        let asked =
            json!({ "organization_id": organization["id"], "name": "Bench", "type": "okta scim v2.0" });
        let made = api.post("/directories", &asked).await.ok();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { endpoint: text("endpoint"), token: text("bearer_token") }
    }
}

/// Milliseconds to the first answer of a function that has no instance yet. Each of these requests reads the table.
async fn first_answer(customer: &Customer, provider: &Provider, function: &str) -> f64 {
    let key = customer.api_key();
    let (address, key, expected) = match function {
        "SsoFunction" => (customer.authorize_url(), key, StatusCode::FOUND),
        "AcsFunction" => (customer.metadata_url(), key, StatusCode::OK),
        "DomainVerificationFunction" => (customer.url(NO_CLAIM), key, StatusCode::NOT_FOUND),
        "ScimFunction" => {
            (format!("{}/Users?count=1", provider.endpoint), provider.token.as_str(), StatusCode::OK)
        }
        _ => (customer.url("/organizations"), key, StatusCode::OK),
    };
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let request = client.get(&address).bearer_auth(key);
    let watch = Stopwatch::start();
    let answer = request.send().await.unwrap();
    let taken = watch.milliseconds();
    assert_eq!(answer.status(), expected, "{address}");
    taken
}

/// The most memory of every function's instance.
fn peak_memory() -> BTreeMap<String, f64> {
    let of = |(pid, program): (u32, std::path::PathBuf)| {
        let directory = program.parent()?.file_name()?.to_str()?.to_owned();
        Some((directory, process::peak_memory(pid)))
    };
    process::children().into_iter().filter_map(of).collect()
}

fn report(built: &Path, memory: &BTreeMap<String, f64>, mut starts: BTreeMap<&str, Vec<f64>>) {
    let (mut aims, mut rows) = (Vec::new(), Vec::new());
    for function in FUNCTIONS {
        let program = fs::read(built.join(function).join("bootstrap")).unwrap();
        let packed = zipped(&program);
        let starts = sorted(starts.remove(function).unwrap());
        let (start, slowest) = (quantile(&starts, 0.5), quantile(&starts, 1.0));
        let memory = memory.get(function).copied().unwrap_or_else(|| panic!("{function} has no instance"));
        rows.push(vec![
            function.to_owned(),
            short(start),
            short(slowest),
            short(memory),
            short(megabytes(program.len())),
            short(packed),
        ]);
        let aim = |what: &str, most, measured, unit| Aim {
            what: format!("{what}, {function}"),
            most,
            measured,
            unit,
        };
        aims.push(aim("start to first answer, median", 15.0, start, "ms"));
        aims.push(aim("memory", 20.0, memory, "MB"));
        aims.push(aim("zip", 6.0, packed, "MB"));
    }
    println!("### The built functions, behind the runtime API\n");
    table::print_aims(&aims);
    let start = format!("median of {STARTS} starts, ms");
    let memory = format!("peak memory after {SIGN_INS} sign-ins, MB");
    table::print(&["function", &start, "slowest, ms", &memory, "binary, MB", "zip, MB"], &rows);
}

/// Megabytes of the package that SAM uploads: one file, deflated at the usual level.
fn zipped(program: &[u8]) -> f64 {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(program).unwrap();
    megabytes(encoder.finish().unwrap().len())
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
