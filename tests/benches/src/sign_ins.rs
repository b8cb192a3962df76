//! Whole sign-ins against the local program: a process of its own, with the functions behind its front door and the
//! embedded store on threads of its own. The driver, the browser and the identity provider are in this process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use portico_local::STORE_THREADS;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::customer::{Customer, Deployment, Step, Visitor};
use crate::process::{self, Stopwatch};
use crate::table::{self, Aim, quantile, short, sorted};

/// How many people sign in one after another. Each does so twice: the first time makes the person.
const PEOPLE: usize = 600;
/// How many sign in at the same time, and how often each.
const IN_FLIGHT: usize = 16;
const EACH: usize = 75;

/// CPU milliseconds per request on the server's side, without the store: what the price of a sign-in is computed from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) authorize: f64,
    pub(crate) acs: f64,
    pub(crate) token: f64,
    pub(crate) profile: f64,
}

impl Figures {
    pub(crate) fn of(&self, step: Step) -> f64 {
        match step {
            Step::Authorize => self.authorize,
            Step::Acs => self.acs,
            Step::Token => self.token,
            Step::Profile => self.profile,
        }
    }

    pub(crate) fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("tests/bench --only sign-ins comes first");
        serde_json::from_str(&text).unwrap()
    }
}

/// CPU milliseconds: of the functions and what stands in for AWS before them, and of the store.
#[derive(Debug, Clone, Copy, Default)]
struct Cpu {
    server: f64,
    store: f64,
}

/// The local program.
struct Program {
    process: Child,
    deployment: Deployment,
    data: TempDir,
}

impl Program {
    async fn start(path: &Path) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(path)
            .args(["--json", "--port", "0", "--data"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|problem| panic!("{path:?}: {problem}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the program says when it is ready");
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        let deployment = Deployment {
            base_url: text("base_url"),
            client_id: text("client_id"),
            api_key: text("api_key"),
            redirect_uri: text("redirect_uri"),
        };
        Self { process, deployment, data }
    }

    fn pid(&self) -> u32 {
        self.process.id().expect("the program runs")
    }

    fn provider(&self) -> PathBuf {
        self.data.path().join("bench-idp")
    }

    fn cpu(&self) -> Cpu {
        let by_name = process::cpu_by_thread_name(self.pid());
        let store = by_name.get(STORE_THREADS).copied().expect("the store has threads of its own");
        Cpu { server: by_name.values().sum::<f64>() - store, store }
    }
}

/// One kind of request, made by everybody one after another.
struct Measured {
    cpu: Cpu,
    /// Milliseconds, one for each visitor.
    latencies: Vec<f64>,
}

/// Prints what sign-ins cost, and keeps what they cost in CPU in `figures`.
pub(crate) async fn print(program: &Path, figures: &Path) {
    let program = Program::start(program).await;
    let customer = Customer::new(program.deployment.clone(), &program.provider()).await;
    // What an instance does once is no cost of a sign-in: keys are opened, connections are made.
    for visitor in &mut customer.visitors(0, 50) {
        customer.sign_in(visitor).await;
    }
    let mut people = customer.visitors(1_000, PEOPLE);
    let first = one_at_a_time(&program, &customer, &mut people).await;
    let again = one_at_a_time(&program, &customer, &mut people).await;
    let crowd = at_once(&program, &customer).await;
    let memory = process::peak_memory(program.pid());

    println!("### A whole sign-in: authorize, ACS, token, profile\n");
    let total = sum(&again);
    table::print_aims(&[Aim {
        what: "CPU of a returning person's sign-in, server's side without the store".to_owned(),
        most: 1.6,
        measured: total.server,
        unit: "ms",
    }]);
    print_requests(&first, &again);
    print_latencies(&again, &crowd);
    println!(
        "Sixteen at once: {} sign-ins a second, {} ms CPU each on the server's side and {} ms in the store, with the \
         driver on the same cores. The most memory that the whole program had, store included: {memory:.0} MB.\n",
        short(crowd.per_second),
        short(crowd.cpu.server),
        short(crowd.cpu.store),
    );
    keep(&again, figures);
}

async fn one_at_a_time(program: &Program, customer: &Customer, people: &mut [Visitor]) -> Vec<Measured> {
    let mut all = Vec::new();
    for step in Step::ALL {
        let before = program.cpu();
        let mut latencies = Vec::with_capacity(people.len());
        for visitor in &mut *people {
            latencies.push(customer.step(visitor, step).await);
        }
        all.push(Measured { cpu: each(before, program.cpu(), people.len()), latencies });
    }
    all
}

struct Crowd {
    cpu: Cpu,
    latencies: Vec<f64>,
    per_second: f64,
}

async fn at_once(program: &Program, customer: &Customer) -> Crowd {
    let (before, watch) = (program.cpu(), Stopwatch::start());
    let mut under_way = JoinSet::new();
    for number in 0..IN_FLIGHT {
        let customer = customer.clone();
        under_way.spawn(async move {
            let mut latencies = Vec::new();
            for visitor in &mut customer.visitors(10_000 + number * EACH, EACH) {
                latencies.push(customer.sign_in(visitor).await);
            }
            latencies
        });
    }
    let latencies: Vec<f64> = under_way.join_all().await.into_iter().flatten().collect();
    let count = latencies.len();
    let per_second = count as f64 / watch.elapsed().as_secs_f64();
    Crowd { cpu: each(before, program.cpu(), count), latencies, per_second }
}

fn each(before: Cpu, after: Cpu, count: usize) -> Cpu {
    let count = count as f64;
    Cpu { server: (after.server - before.server) / count, store: (after.store - before.store) / count }
}

fn sum(steps: &[Measured]) -> Cpu {
    steps.iter().fold(Cpu::default(), |sum, step| Cpu {
        server: sum.server + step.cpu.server,
        store: sum.store + step.cpu.store,
    })
}

fn print_requests(first: &[Measured], again: &[Measured]) {
    let row = |name: &str, first: Cpu, again: Cpu, p50: String| {
        vec![
            name.to_owned(),
            short(again.server),
            short(again.store),
            short(first.server),
            short(first.store),
            p50,
        ]
    };
    let mut rows: Vec<_> = Step::ALL
        .iter()
        .zip(first.iter().zip(again))
        .map(|(step, (first, again))| {
            let p50 = short(quantile(&sorted(again.latencies.iter().copied()), 0.5));
            row(step.name(), first.cpu, again.cpu, p50)
        })
        .collect();
    rows.push(row("all four", sum(first), sum(again), String::new()));
    table::print(
        &["request", "CPU ms", "store's CPU ms", "first sign-in: CPU ms", "store's", "p50 ms"],
        &rows,
    );
}

fn print_latencies(again: &[Measured], crowd: &Crowd) {
    let whole = (0..PEOPLE).map(|visitor| again.iter().map(|step| step.latencies[visitor]).sum());
    let rows = [("1", sorted(whole)), ("16, new people", sorted(crowd.latencies.iter().copied()))].map(
        |(in_flight, latencies)| {
            vec![in_flight.to_owned(), short(quantile(&latencies, 0.5)), short(quantile(&latencies, 0.99))]
        },
    );
    table::print(&["sign-ins in flight", "p50 ms", "p99 ms"], &rows);
}

fn keep(again: &[Measured], file: &Path) {
    let of = |step: Step| again[Step::ALL.iter().position(|known| *known == step).unwrap()].cpu.server;
    let figures = Figures {
        authorize: of(Step::Authorize),
        acs: of(Step::Acs),
        token: of(Step::Token),
        profile: of(Step::Profile),
    };
    fs::write(file, serde_json::to_vec_pretty(&figures).unwrap()).unwrap();
}
