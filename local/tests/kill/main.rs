//! kill -9: the local program dies in the middle of many sign-ins and is started again on its data. What reached the
//! application is then what the table knows: a code whose trade was never answered is had again, exactly once; one whose
//! trade was answered is used up, unless the kill fell between the answer and its mark (docs/decisions.md); every sign-in
//! that the log has, the event log has, once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)] // a failure here is a failed test

mod portico;
mod provider;
mod sign_in;
mod sync;

use portico::{Address, Portico, Trade};
use sign_in::{Reached, sign_in};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// What was found after the kills, added up.
#[derive(Debug, Default)]
struct Found {
    /// Sign-ins that had not yet brought a code.
    without_code: usize,
    /// Codes whose trade was answered: they stayed so.
    answered: usize,
    /// Those among them whose mark fell to the kill: they could be traded once more, for the same token.
    unmarked: usize,
    /// Codes whose trade was cut off: they were had again, once.
    had_again: usize,
    /// Codes that were traded twice without an answer: there is no third time.
    lost_twice: usize,
    /// The sign-ins in the log, each with its one event.
    succeeded: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_has_lost_nothing_that_reached_the_application() {
    println!("{:?}", prove(3, 40).await);
}

/// The same at length: `cargo test --workspace --test kill -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn twenty_kills_amid_two_hundred_sign_ins_each_lose_nothing_that_reached_the_application() {
    println!("{:?}", prove(20, 200).await);
}

async fn prove(kills: usize, sign_ins: usize) -> Found {
    let data = tempfile::tempdir().unwrap();
    let mut found = Found::default();
    let mut portico = Portico::start(data.path()).await;
    for kill in 0..kills {
        // From the first code that reaches the application to nearly the last token.
        let all = sign_ins * 2;
        let after = all * (kill + 1) / (kills + 1);
        let reached = killed_after(after, portico, sign_ins).await;
        portico = Portico::start(data.path()).await;
        let before = (found.answered, found.had_again);
        let sessions = check_codes(&portico, reached, &mut found).await;
        check_logs(&portico, &sessions, &mut found).await;
        println!(
            "kill {}: after {after} of {all} codes and tokens; {} trades were answered, {} were had again",
            kill + 1,
            found.answered - before.0,
            found.had_again - before.1
        );
    }
    portico.stop().await;
    // Else the kills proved nothing.
    assert!(found.answered > 0 && found.had_again > 0, "{found:?}");
    found
}

/// Begins the sign-ins, all at once, and kills the program when so many codes and tokens have reached the application.
async fn killed_after(reached: usize, mut portico: Portico, sign_ins: usize) -> Vec<Reached> {
    let (progress, mut steps) = mpsc::unbounded_channel();
    let address = Arc::new(portico.address.clone());
    let mut people = JoinSet::new();
    for number in 0..sign_ins {
        people.spawn(sign_in(address.clone(), number, progress.clone()));
    }
    drop(progress);
    for _ in 0..reached {
        if steps.recv().await.is_none() {
            break;
        }
    }
    portico.kill().await;
    people.join_all().await
}

/// Holds every code against its rule; gives the sessions of those that were traded.
async fn check_codes(portico: &Portico, reached: Vec<Reached>, found: &mut Found) -> BTreeSet<String> {
    let address = Arc::new(portico.address.clone());
    let mut checks = JoinSet::new();
    let mut codes = Vec::new();
    for reached in reached {
        match reached {
            Reached::Nothing => found.without_code += 1,
            // The program may have been too busy for the first trade, and died over the second.
            Reached::Gone | Reached::Code { unanswered: 2.., .. } => found.lost_twice += 1,
            Reached::Code { code, .. } => codes.push((code, None)),
            Reached::Token { code, token } => codes.push((code, Some(token))),
        }
    }
    // Those first that must be had again within a minute.
    codes.sort_by_key(|(_, answered)| answered.is_some());
    for (code, answered) in codes {
        match answered {
            Some(_) => found.answered += 1,
            None => found.had_again += 1,
        }
        let address = address.clone();
        checks.spawn(async move { check_code(&address, &code, answered).await });
    }
    let mut sessions = Vec::new();
    for checked in checks.join_all().await {
        match checked {
            Checked::Good(session) => sessions.push(session),
            Checked::Unmarked(session) => {
                found.unmarked += 1;
                sessions.push(session);
            }
            Checked::LostTwice => {
                found.had_again -= 1;
                found.lost_twice += 1;
            }
        }
    }
    let distinct: BTreeSet<String> = sessions.iter().cloned().collect();
    assert_eq!(distinct.len(), sessions.len(), "two codes of one sign-in");
    distinct
}

/// How a code kept its rule.
enum Checked {
    /// It gave one token of this session that the application heard of.
    Good(String),
    /// The mark of its trade fell to the kill: it could be traded once more.
    Unmarked(String),
    /// The second trade found the program too busy, and used it up.
    LostTwice,
}

async fn check_code(address: &Address, code: &str, answered: Option<String>) -> Checked {
    let token = match &answered {
        Some(token) => token.clone(),
        None => match address.trade_patiently(code).await {
            (Trade::Token(token), _) => token,
            (Trade::Refused(_), 1..) => return Checked::LostTwice,
            (Trade::Refused(refusal), _) => {
                panic!("a code whose trade was never answered was refused: {refusal}")
            }
            (Trade::Busy | Trade::Killed, _) => panic!("the program ended by itself"),
        },
    };
    let session = address.session(&token).await.expect("an answered token does not count");
    let (mut second, _) = address.trade_patiently(code).await;
    // The kill may have come between the answer and its mark.
    let unmarked = match &second {
        Trade::Token(again) => {
            assert!(answered.is_some(), "a code was had again twice");
            assert_eq!(*again, token, "a code gave two tokens");
            true
        }
        _ => false,
    };
    if unmarked {
        second = address.trade_patiently(code).await.0;
    }
    assert_eq!(address.session(&token).await, None, "the token of a code that was traded once too often");
    let Trade::Refused(refusal) = second else { panic!("a code was traded three times") };
    assert!(refusal.contains("used already"), "{refusal}");
    if unmarked { Checked::Unmarked(session) } else { Checked::Good(session) }
}

/// Every sign-in that succeeded has one event, and every event its sign-in; those of the codes are among them.
async fn check_logs(portico: &Portico, sessions: &BTreeSet<String>, found: &mut Found) {
    const NAME: &str = "authentication.sso_succeeded";
    let records = portico.address.succeeded_in_the_log().await;
    let events = portico.address.events(NAME, "/data/sso/session_id", records.len()).await;
    let as_set = |all: &[String]| all.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(as_set(&events).len(), events.len(), "an event is doubled");
    assert_eq!(as_set(&events), as_set(&records), "events and sign-in records differ");
    assert!(sessions.is_subset(&as_set(&records)), "a code without a record");
    found.succeeded = records.len();
}
