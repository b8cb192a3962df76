//! What a directory's requests cost, whatever its size. Round trips are counted with the
//! function in this process; CPU is that of the built function, a process of its own, beside the embedded store's.

use std::iter;
use std::path::Path;
use std::time::Duration;

use portico_local::STORE_THREADS;
use portico_tests::{Answer, Cost, Deployment, Directory, fill, fill_group, user_id};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::process::{self, Stopwatch};
use crate::table::{self, Aim, quantile, short, sorted};

/// One in so many is a member of the group.
const GROUP: u64 = 10;
/// How often each request is made: fewer than there are users who aren't in the group.
const EACH: u64 = 80;
/// A directory may make 50 requests a second.
const PACE: Duration = Duration::from_millis(22);
const FUNCTION: &str = "ScimFunction";
/// CPU milliseconds that these requests may take, whatever the size.
const MOST: f64 = 1.0;
const AIMED_AT: [Request; 3] = [Request::Create, Request::FilterByUserName, Request::AddMember];

/// The kinds of requests, in an order in which each finds what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// What a function does for any request: it has no token, and nothing is read for it.
    Refused,
    Create,
    Read,
    FilterByUserName,
    FilterByExternalId,
    Change,
    AddMember,
    RemoveMember,
    FirstPage,
    PageByCursor,
    Deactivate,
    Delete,
}

impl Request {
    const ALL: [Self; 12] = [
        Self::Refused,
        Self::Create,
        Self::Read,
        Self::FilterByUserName,
        Self::FilterByExternalId,
        Self::Change,
        Self::AddMember,
        Self::RemoveMember,
        Self::FirstPage,
        Self::PageByCursor,
        Self::Deactivate,
        Self::Delete,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Refused => "no token: refused without a look",
            Self::Create => "create a user",
            Self::Read => "a user by id",
            Self::FilterByUserName => "filter by `userName`",
            Self::FilterByExternalId => "filter by `externalId`",
            Self::Change => "PATCH a user's title",
            Self::AddMember => "PATCH one member into the group",
            Self::RemoveMember => "PATCH one member out of it",
            Self::FirstPage => "the first 100 by number",
            Self::PageByCursor => "100 behind a cursor",
            Self::Deactivate => "deactivate a user",
            Self::Delete => "delete a user",
        }
    }

    /// How many round trips it may take, by docs/data-model.md.
    fn budget(self) -> u32 {
        match self {
            Self::Refused => 0,
            Self::Read => 1,
            Self::AddMember | Self::RemoveMember | Self::FirstPage => 3,
            Self::Create
            | Self::FilterByUserName
            | Self::FilterByExternalId
            | Self::Change
            | Self::PageByCursor
            | Self::Deactivate
            | Self::Delete => 2,
        }
    }
}

/// A directory of a size, and who was made in it.
struct Scene<'d> {
    directory: &'d Directory,
    size: u64,
    group: String,
    made: Vec<String>,
    stranger: Client,
    /// Nobody is made in two scenes: whoever was there before is known already, which costs less.
    round: String,
}

impl Scene<'_> {
    /// Makes the request of this number.
    async fn make(&mut self, request: Request, number: u64) {
        // Users from all over the directory, who are not in the group.
        let outside = self.size - self.size / GROUP;
        let user = self.size / GROUP + number.wrapping_mul(7_919) % outside;
        let on_user = |id: &str| format!("/Users/{id}");
        match request {
            Request::Refused => {
                let url = format!("{}/Users?count=1", self.directory.endpoint);
                expect(401, &Answer::of(self.stranger.get(url)).await);
            }
            Request::Create => self.create(number).await,
            Request::Read => self.get(&on_user(&user_id(user))).await,
            Request::FilterByUserName => {
                self.get(&format!("/Users?filter=userName+eq+%22user{user}@large.test%22")).await;
            }
            Request::FilterByExternalId => {
                self.get(&format!("/Users?filter=externalId+eq+%22ext{user}%22")).await;
            }
            Request::Change => {
                let title = format!("{} {number}", self.round);
                let change = json!([{ "op": "replace", "path": "title", "value": title }]);
                self.patch(&on_user(&user_id(user)), change).await;
            }
            Request::AddMember => {
                let added =
                    json!([{ "op": "add", "path": "members", "value": [{ "value": user_id(user) }] }]);
                self.patch(&format!("/Groups/{}", self.group), added).await;
            }
            Request::RemoveMember => {
                let path = format!("members[value eq \"{}\"]", user_id(user));
                self.patch(&format!("/Groups/{}", self.group), json!([{ "op": "remove", "path": path }]))
                    .await;
            }
            Request::FirstPage => self.get("/Users?startIndex=1&count=100").await,
            Request::PageByCursor => {
                self.get(&format!("/Users?count=100&cursor={}", user_id(number % outside))).await;
            }
            Request::Deactivate => {
                let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
                self.patch(&on_user(&self.made(number)), off).await;
            }
            Request::Delete => {
                let answer = self.directory.send(Method::DELETE, &on_user(&self.made(number)), None).await;
                expect(204, &answer);
            }
        }
    }

    fn made(&self, number: u64) -> String {
        self.made[usize::try_from(number).unwrap()].clone()
    }

    async fn create(&mut self, number: u64) {
        let name = format!("{}-{number}@new.test", self.round);
        let body = json!({
            "userName": name,
            "externalId": name,
            "name": { "givenName": "New", "familyName": "User" },
            "emails": [{ "value": name, "type": "work", "primary": true }],
            "active": true,
        });
        let answer = self.directory.post("/Users", &body).await;
        expect(201, &answer);
        self.made.push(answer.body["id"].as_str().unwrap().to_owned());
    }

    async fn get(&self, path: &str) {
        let answer = self.directory.get(path).await;
        expect(200, &answer);
        assert_ne!(answer.body["totalResults"], json!(0), "{path}");
    }

    async fn patch(&self, path: &str, operations: Value) {
        let answer = self.directory.patch(path, operations).await;
        assert!(answer.status == 200 || answer.status == 204, "{} {}", answer.status, answer.body);
    }
}

fn expect(status: u16, answer: &Answer) {
    assert_eq!(answer.status, status, "{}", answer.body);
}

/// What one kind of request took.
struct Measured {
    request: Request,
    cost: Cost,
    /// CPU milliseconds of the function and of the store.
    function: f64,
    store: f64,
    p50: f64,
}

/// Prints what requests cost at each size, the smallest first, with the functions in `built`.
pub(crate) async fn print(built: &Path, sizes: &[u64]) {
    let mut deployment = Deployment::start().await;
    let directory = Directory::new(&deployment).await;
    let (mut filled, mut all) = (0, Vec::new());
    let mut memory = 0.0_f64;
    for &size in sizes {
        let watch = Stopwatch::start();
        fill(&deployment.stack, &directory, filled..size).await;
        filled = size;
        let group = fill_group(&deployment.stack, &directory, size, 0..size / GROUP).await;
        eprintln!("{size} users, after {} s", short(watch.elapsed().as_secs_f64()));
        let scene = |round| Scene {
            directory: &directory,
            size,
            group: group.clone(),
            made: Vec::new(),
            stranger: Client::new(),
            round: format!("{round}-{size}"),
        };
        let costs = count(&deployment, scene("counted")).await;
        deployment = deployment.restart_with(Some(built.to_owned())).await;
        all.push((size, measure(scene("measured"), costs).await));
        memory = memory.max(peak_memory());
        deployment = deployment.restart_with(None).await;
    }
    deployment.stop().await;
    report(&all, memory);
}

/// What each kind costs in round trips and units. Each is made twice, the first time to warm the function.
async fn count(deployment: &Deployment, mut scene: Scene<'_>) -> Vec<Cost> {
    let mut costs = Vec::new();
    for request in Request::ALL {
        for number in 0..2 {
            charged(deployment, scene.directory).await;
            deployment.round_trips.take();
            scene.make(request, number).await;
        }
        costs.push(deployment.round_trips.take());
    }
    costs
}

/// Makes requests until they are charged: then none of the next few is. The clock stays the machine's, which the built function
/// goes by.
async fn charged(deployment: &Deployment, directory: &Directory) {
    for _ in 0..20 {
        deployment.round_trips.take();
        directory.get("/Users?count=0").await.ok();
        tokio::time::sleep(PACE).await;
        deployment.round_trips.quiet().await;
        // Two reads answer it: whoever is calling, and the numbers.
        if deployment.round_trips.take().requests > 2 {
            return;
        }
    }
    panic!("no request was charged");
}

async fn measure(mut scene: Scene<'_>, costs: Vec<Cost>) -> Vec<Measured> {
    // What an instance does once is no cost of a request.
    for number in 0..50 {
        scene.get(&format!("/Users/{}", user_id(number))).await;
        tokio::time::sleep(PACE).await;
    }
    let mut all = Vec::new();
    for (request, cost) in Request::ALL.into_iter().zip(costs) {
        let (before, mut latencies) = (cpu(), Vec::new());
        for number in 0..EACH {
            let watch = Stopwatch::start();
            scene.make(request, number).await;
            latencies.push(watch.milliseconds());
            tokio::time::sleep(PACE).await;
        }
        let after = cpu();
        let each = |before: f64, after: f64| (after - before) / EACH as f64;
        all.push(Measured {
            request,
            cost,
            function: each(before.0, after.0),
            store: each(before.1, after.1),
            p50: quantile(&sorted(latencies), 0.5),
        });
    }
    all
}

/// CPU milliseconds so far: of the function's instances, and of the embedded store.
fn cpu() -> (f64, f64) {
    let (function, instances) = process::cpu_of_children_in(FUNCTION);
    assert!(instances > 0, "{FUNCTION} has no instance");
    let store = process::cpu_by_thread_name(std::process::id()).get(STORE_THREADS).copied();
    (function, store.expect("the store has threads of its own"))
}

fn peak_memory() -> f64 {
    let instances = process::children_in(FUNCTION);
    instances.map(process::peak_memory).fold(0.0, f64::max)
}

fn aims(size: u64, measured: &[Measured]) -> impl Iterator<Item = Aim> {
    let among = thousands(size);
    let over = measured.iter().filter(|one| one.cost.round_trips > one.request.budget()).count();
    let budgets = Aim {
        what: format!("among {among}: requests that take more round trips than their budget"),
        most: 0.0,
        measured: over as f64,
        unit: "kinds",
    };
    let aimed = measured.iter().filter(|one| AIMED_AT.contains(&one.request));
    let cpu = aimed.map(move |one| Aim {
        what: format!("among {among}: CPU to {}", one.request.name()),
        most: MOST,
        measured: one.function,
        unit: "ms",
    });
    iter::once(budgets).chain(cpu)
}

/// What one member more costs in a large group beyond what it costs in a small one.
fn one_member_more(small: &(u64, Vec<Measured>), large: &(u64, Vec<Measured>)) -> Aim {
    let cost = |measured: &[Measured]| {
        let added = measured.iter().find(|one| one.request == Request::AddMember);
        let Cost { read_units, write_units, .. } = added.expect("every request is measured").cost;
        read_units + write_units
    };
    let [of_small, of_large] = [small.0, large.0].map(|size| thousands(size / GROUP));
    Aim {
        what: format!("one member more: what a group of {of_large} costs beyond one of {of_small}"),
        most: 0.0,
        measured: cost(&large.1) - cost(&small.1),
        unit: "units",
    }
}

fn report(all: &[(u64, Vec<Measured>)], memory: f64) {
    println!("### A directory's requests\n");
    println!(
        "The built function behind the runtime API, {EACH} requests of each kind one after another; CPU is the function's, and the \
         embedded store's is shown apart. The group holds one in {GROUP} of the users.\n"
    );
    let mut all_aims: Vec<_> = all.iter().flat_map(|(size, measured)| aims(*size, measured)).collect();
    all_aims.extend(all.iter().skip(1).map(|large| one_member_more(&all[0], large)));
    table::print_aims(&all_aims);
    for (size, measured) in all {
        let rows: Vec<_> = measured
            .iter()
            .map(|one| {
                let Cost { round_trips, read_units, write_units, .. } = one.cost;
                vec![
                    one.request.name().to_owned(),
                    one.request.budget().to_string(),
                    round_trips.to_string(),
                    read_units.to_string(),
                    write_units.to_string(),
                    short(one.function),
                    short(one.store),
                    short(one.p50),
                ]
            })
            .collect();
        let among = format!("among {} users", thousands(*size));
        let head =
            ["budget", "round trips", "read units", "write units", "CPU ms", "store's CPU ms", "p50 ms"];
        table::print(&[&[among.as_str()], head.as_slice()].concat(), &rows);
    }
    println!("The most memory that an instance of the function had: {memory:.0} MB.\n");
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    parts.join(",")
}
