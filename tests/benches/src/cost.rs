//! What a million sign-ins cost: read and write units counted at the SDK, CPU as measured, prices as published.

use std::path::Path;

use portico_tests::{Cost, Deployment as Story, REDIRECT_URI};

use crate::customer::{Customer, Deployment, Step};
use crate::sign_ins::Figures;
use crate::table;

/// On-demand prices of us-east-1 in US dollars, as known in November 2026. Check them before you rely on a sum.
mod price {
    pub(super) const WRITE_UNIT: f64 = 0.625 / 1e6;
    pub(super) const READ_UNIT: f64 = 0.125 / 1e6;
    pub(super) const HTTP_API_REQUEST: f64 = 1.00 / 1e6;
    pub(super) const LAMBDA_REQUEST: f64 = 0.20 / 1e6;
    pub(super) const LAMBDA_GB_SECOND_X86: f64 = 0.000_016_666_7;
    pub(super) const LAMBDA_GB_SECOND_ARM: f64 = 0.000_013_333_4;
}

/// MemorySize of both functions in template.yaml, in GB.
const MEMORY: f64 = 0.5;
/// Lambda gives a whole core with 1,769 MB, and less in proportion.
const SHARE_OF_A_CORE: f64 = 512.0 / 1769.0;
/// What one round trip to DynamoDB takes in the same region, in milliseconds: an assumption, on the safe side.
const ROUND_TRIP: f64 = 5.0;
const MILLION: f64 = 1e6;

/// Prints the price, with its arithmetic. `figures` is what the sign-ins section measured.
pub(crate) async fn print(figures: &Path) {
    let figures = Figures::read(figures);
    let (first, again) = count().await;
    println!("### What a million sign-ins cost\n");
    println!(
        "Each by connection: authorize, ACS, token, profile. Units are counted from DynamoDB's answers. Lambda bills \
         round trips × {ROUND_TRIP} ms (assumed) and the measured CPU at 512 MB's share of a core, {SHARE_OF_A_CORE:.2}, \
         rounded up to whole milliseconds.\n"
    );
    print_counted(&figures, &again);
    print_price("by people who have signed in before", &figures, &again);
    print_price("all of them first ones", &figures, &first);
    println!(
        "Prices: us-east-1, on demand, as known in November 2026; check them. Not in it: logs (CloudWatch, by volume), \
         storage, data transfer; KMS is asked once per instance.\n"
    );
}

type Steps = Vec<(Step, Cost)>;

/// What each request of a first sign-in costs in units, and of a later one.
async fn count() -> (Steps, Steps) {
    let story = Story::start().await;
    let data = tempfile::tempdir().unwrap();
    let deployment = Deployment {
        base_url: story.base_url().to_owned(),
        client_id: story.stack.client_id().to_owned(),
        api_key: story.api_key.clone(),
        redirect_uri: REDIRECT_URI.to_owned(),
    };
    let customer = Customer::new(deployment, data.path()).await;
    let mut people = customer.visitors(0, 2);
    // Another person's sign-in warms the functions: what an instance reads once is no cost of a request.
    customer.sign_in(&mut people[0]).await;
    let mut counted = Vec::new();
    for _ in 0..2 {
        let mut steps = Vec::new();
        for step in Step::ALL {
            story.round_trips.take();
            customer.step(&mut people[1], step).await;
            steps.push((step, story.round_trips.take()));
        }
        counted.push(steps);
    }
    story.stop().await;
    let again = counted.remove(1);
    (counted.remove(0), again)
}

/// What Lambda bills for a request, in milliseconds.
fn billed(figures: &Figures, (step, cost): &(Step, Cost)) -> f64 {
    (f64::from(cost.round_trips) * ROUND_TRIP + figures.of(*step) / SHARE_OF_A_CORE).ceil()
}

fn print_counted(figures: &Figures, steps: &Steps) {
    let row = |counted: &(Step, Cost)| {
        let (step, cost) = counted;
        vec![
            step.name().to_owned(),
            cost.round_trips.to_string(),
            cost.read_units.to_string(),
            cost.write_units.to_string(),
            format!("{:.2}", figures.of(*step)),
            billed(figures, counted).to_string(),
        ]
    };
    let rows: Vec<_> = steps.iter().map(row).collect();
    table::print(&["request", "round trips", "read units", "write units", "CPU ms", "billed ms"], &rows);
}

fn print_price(whose: &str, figures: &Figures, steps: &Steps) {
    let sum = |of: &dyn Fn(&(Step, Cost)) -> f64| steps.iter().map(of).sum::<f64>();
    let requests = steps.len() as f64;
    let (reads, writes) = (sum(&|(_, cost)| cost.read_units), sum(&|(_, cost)| cost.write_units));
    let milliseconds = sum(&|counted| billed(figures, counted));
    let gb_seconds = MILLION * milliseconds / 1e3 * MEMORY;
    let (x86, arm) = (gb_seconds * price::LAMBDA_GB_SECOND_X86, gb_seconds * price::LAMBDA_GB_SECOND_ARM);
    let lines = [
        ("DynamoDB writes", format!("1M × {writes} units × $0.625/M"), MILLION * writes * price::WRITE_UNIT),
        ("DynamoDB reads", format!("1M × {reads} units × $0.125/M"), MILLION * reads * price::READ_UNIT),
        (
            "API Gateway",
            format!("1M × {requests} requests × $1.00/M"),
            MILLION * requests * price::HTTP_API_REQUEST,
        ),
        (
            "Lambda requests",
            format!("1M × {requests} requests × $0.20/M"),
            MILLION * requests * price::LAMBDA_REQUEST,
        ),
        (
            "Lambda time, x86",
            format!("1M × {milliseconds} ms × {MEMORY} GB = {gb_seconds:.0} GB-s × $0.0000166667"),
            x86,
        ),
    ];
    let total: f64 = lines.iter().map(|(_, _, dollars)| dollars).sum();
    let mut rows: Vec<_> =
        lines.map(|(what, sum, dollars)| vec![what.to_owned(), sum, format!("${dollars:.2}")]).into();
    rows.push(vec!["**together**".to_owned(), whose.to_owned(), format!("**${total:.2}**")]);
    rows.push(vec![
        "on arm64".to_owned(),
        "× $0.0000133334 a GB-s".to_owned(),
        format!("${:.2}", total - x86 + arm),
    ]);
    table::print(&["a million", "arithmetic", "price"], &rows);
}
