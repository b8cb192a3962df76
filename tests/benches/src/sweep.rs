//! One run of the schedule over very many claims, some of whose name servers never answer, over real UDP on loopback.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_net::proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_net::proto::rr::rdata::{A, NS};
use hickory_net::proto::rr::{Name, RData, Record, RecordType};
use portico_tests::{Api, Deployment, Setup};
use serde_json::{Value, json};

use crate::process::{self, Stopwatch};
use crate::table::{self, Aim, short};

/// How many claims are due.
const CLAIMS: usize = 10_000;
/// One in so many has name servers that never answer.
const DEAD: usize = 100;
/// How many domains one request makes.
const AT_ONCE: usize = 10;
/// Where nobody answers: the socket is there, so that nothing says so.
const NOBODY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// A name server of every domain `d0.example`, `d1.example`, …, and the resolver that knows them.
struct Names {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _nobody: UdpSocket,
}

impl Names {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let nobody = UdpSocket::bind((NOBODY, address.port())).unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                counted.fetch_add(1, Ordering::Relaxed);
                let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
                socket.send_to(&answer(&question).to_vec().unwrap(), from).unwrap();
            }
        });
        Self { address, asked, _nobody: nobody }
    }

    fn take(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

fn answer(question: &Message) -> Message {
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.authoritative = true;
    let query: Query = question.queries[0].clone();
    let labels = query.name().num_labels();
    let text = query.name().to_ascii().to_lowercase();
    let data = match (query.query_type(), labels) {
        (RecordType::NS, 2) => Some(RData::NS(NS(Name::from_ascii(format!("ns.{text}")).unwrap()))),
        (RecordType::A, 3) => Some(RData::A(A(if is_dead(&text) { NOBODY } else { Ipv4Addr::LOCALHOST }))),
        (RecordType::TXT, _) => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            None
        }
        _ => None,
    };
    answer.add_answers(data.map(|data| Record::from_rdata(query.name().clone(), 60, data)));
    answer.add_query(query);
    answer
}

fn is_dead(name: &str) -> bool {
    let number =
        name.trim_start_matches("ns.d").split('.').next().and_then(|number| number.parse::<usize>().ok());
    number.is_some_and(|number| number % DEAD == 0)
}

async fn fill(api: &Api) {
    for first in (0..CLAIMS).step_by(AT_ONCE) {
        let domains: Vec<_> = (first..first + AT_ONCE).map(|number| format!("d{number}.example")).collect();
        api.post("/organizations", &json!({ "name": "Bench", "domains": domains })).await.ok();
    }
}

/// What a run came to.
struct Run {
    seconds: f64,
    questions: usize,
    swept: Value,
}

async fn sweep(deployment: &Deployment, names: &Names) -> Run {
    names.take();
    let watch = Stopwatch::start();
    let event = json!({ "portico_schedule": true });
    let swept = deployment.stack.invoke("domain-verification", event).await.unwrap();
    let seconds = watch.elapsed().as_secs_f64();
    let count = |name: &str| swept[name].as_u64().unwrap() as usize;
    assert_eq!((count("checked"), count("failed")), (CLAIMS, 0), "{swept}");
    assert_eq!(swept["cut_short"], json!(false), "{swept}");
    Run { seconds, questions: names.take(), swept }
}

/// Prints what a run needs: its calls counted with the function in this process, its memory with the built one.
pub(crate) async fn print(built: &Path) {
    let names = Names::start();
    let setup = || Setup { name_server: Some(names.address), ..Setup::default() };
    let counted = Deployment::start_with(setup()).await;
    fill(&counted.api).await;
    counted.round_trips.take();
    let run = sweep(&counted, &names).await;
    let cost = counted.round_trips.take();
    counted.stop().await;

    let binaries = Deployment::start_with(Setup { binaries: Some(built.to_owned()), ..setup() }).await;
    fill(&binaries.api).await;
    let packaged = sweep(&binaries, &names).await;
    let memory = memory_of("DomainVerificationFunction");
    binaries.stop().await;

    println!("### A run of the schedule: {CLAIMS} due claims, 1 in {DEAD} with dead name servers\n");
    let aim = |what: &str, most, measured, unit| Aim { what: what.to_owned(), most, measured, unit };
    table::print_aims(&[
        aim("one run, built function", 100.0, packaged.seconds, "s"),
        aim("its peak memory", 64.0, memory, "MB"),
    ]);
    table::print(
        &["run", "checked", "seconds", "questions answered", "DynamoDB requests"],
        &[
            vec![
                "built function".to_owned(),
                packaged.swept["checked"].to_string(),
                short(packaged.seconds),
                packaged.questions.to_string(),
                String::new(),
            ],
            vec![
                "in this process".to_owned(),
                run.swept["checked"].to_string(),
                short(run.seconds),
                run.questions.to_string(),
                cost.requests.to_string(),
            ],
        ],
    );
}

fn memory_of(function: &str) -> f64 {
    let instance = process::children_in(function).next();
    process::peak_memory(instance.unwrap_or_else(|| panic!("{function} has no instance")))
}
