//! How long the verdict takes, from the form field's base64 to a proof or a refusal: every vector on disk, documents of
//! a given size by each kind of signature, and the largest documents that a stranger or a dishonest provider can post.
//!
//! `tests/bench --only verdict` runs it and prints what came out beside what is aimed at. Time is the thread's CPU time: a
//! verdict waits for nothing, and other programs on the machine then count for less.

// It is test code: a panic here says that a document isn't what the bench takes it for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use portico_protocol::saml::{AttributeMap, Idp, IdpCertificate, map_profile};
use rustix::time::{ClockId, clock_gettime};

mod documents;
// The suite's own, of which a bench needs less than the suite does.
#[path = "../../tests/suite/support/mod.rs"]
#[allow(dead_code)]
mod support;

use documents::{Case, Outcome};

/// What the thread has spent, shown as criterion shows time.
struct CpuTime(WallTime);

impl CpuTime {
    fn spent() -> Duration {
        let spent = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(spent.tv_sec.try_into().unwrap(), spent.tv_nsec.try_into().unwrap())
    }
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        Self::spent()
    }

    fn end(&self, start: Duration) -> Duration {
        Self::spent() - start
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        self.0.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.0.formatter()
    }
}

/// Cases that stand for how long a sign-in takes.
fn precise(criterion: &mut Criterion<CpuTime>) {
    measure(criterion, "signed", documents::of_size(6_000));
    measure(criterion, "signed", documents::of_size(60_000));
    measure(criterion, "accepted", documents::accepted());
    certificate(criterion);
}

/// Many cases, of which the slowest counts.
fn bounded(criterion: &mut Criterion<CpuTime>) {
    measure(criterion, "refused", documents::refused());
    measure(criterion, "largest", documents::largest());
}

fn measure(criterion: &mut Criterion<CpuTime>, group: &str, cases: Vec<Case>) {
    let mut group = criterion.benchmark_group(group);
    for case in cases {
        assert_eq!(case.outcome(), case.expected, "{}", case.name);
        group.bench_function(BenchmarkId::from_parameter(&case.name), |bencher| {
            bencher.iter(|| match case.verdict() {
                // Mapping is part of accepting: a provider decides how many attributes there are to map.
                Ok(assertion) if case.expected == Outcome::Accepted => {
                    drop(black_box(map_profile(&assertion, Idp::Generic, &AttributeMap::default())));
                }
                other => drop(black_box(other)),
            });
        });
    }
    group.finish();
}

/// Reading a certificate as the table keeps it, once for each of a connection's certificates and request.
fn certificate(criterion: &mut Criterion<CpuTime>) {
    let pem = support::vectors::key_file("idp.pem");
    criterion
        .bench_function("certificate", |bencher| bencher.iter(|| IdpCertificate::parse(black_box(&pem))));
}

/// Fewer resamples than criterion's own 100,000, which cost more than what is measured here.
fn config(samples: usize, warm_up: u64, measurement: u64) -> Criterion<CpuTime> {
    Criterion::default()
        .with_measurement(CpuTime(WallTime))
        .without_plots()
        .nresamples(1_001)
        .sample_size(samples)
        .warm_up_time(Duration::from_millis(warm_up))
        .measurement_time(Duration::from_millis(measurement))
}

criterion_group! { name = sign_ins; config = config(30, 200, 900); targets = precise }
criterion_group! { name = hostile; config = config(10, 30, 120); targets = bounded }
criterion_main!(sign_ins, hostile);
