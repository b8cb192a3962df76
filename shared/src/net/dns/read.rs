//! What an answer to a question for TXT says.

use hickory_net::proto::op::{DnsResponse, ResponseCode};
use hickory_net::proto::rr::{Name, RData};

use crate::domain::domain_proof::{Failure, Said};

/// What one server's answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// It is said.
    Said(Said),
    /// CNAMEs lead away, to a name that this server doesn't speak for.
    Leads { cnames: Vec<String>, to: Name },
}

/// Reads an answer of a server that is in charge of the name.
pub(super) fn read_authoritative(answer: &DnsResponse, name: &Name) -> Reading {
    if let Some(failure) = failure(answer.metadata.response_code) {
        return Reading::Said(Said::Failed(failure));
    }
    if !answer.metadata.authoritative {
        return Reading::Said(Said::Failed(Failure::Lame));
    }
    let (said, end) = follow(answer, name);
    match &said {
        Said::Records { txt, cnames } if txt.is_empty() => Reading::Leads { cnames: cnames.clone(), to: end },
        _ => Reading::Said(said),
    }
}

/// Reads an answer of a resolver, which follows CNAMEs itself.
pub(super) fn read_recursive(answer: &DnsResponse, name: &Name) -> Said {
    match failure(answer.metadata.response_code) {
        Some(failure) => Said::Failed(failure),
        None => follow(answer, name).0,
    }
}

fn failure(code: ResponseCode) -> Option<Failure> {
    match code {
        ResponseCode::NoError | ResponseCode::NXDomain => None,
        ResponseCode::ServFail => Some(Failure::ServerFailure),
        ResponseCode::Refused => Some(Failure::Refused),
        _ => Some(Failure::Garbled),
    }
}

/// The TXT values at the end of an answer's chain of CNAMEs, and where it ends.
fn follow(answer: &DnsResponse, name: &Name) -> (Said, Name) {
    let (mut at, mut cnames) = (name.clone(), Vec::new());
    // An answer has no more CNAMEs than records, so a circle ends, too.
    for _ in 0..answer.answers.len() {
        let next = answer.answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == at => Some(target.0.clone()),
            _ => None,
        });
        let Some(next) = next else { break };
        cnames.push(text(&next));
        at = next;
    }
    let values = answer.answers.iter().filter(|record| record.name == at);
    let txt: Vec<String> = values
        .filter_map(|record| match &record.data {
            RData::TXT(value) => Some(String::from_utf8_lossy(&value.txt_data.concat()).into_owned()),
            _ => None,
        })
        .collect();
    let said = match (txt.is_empty() && cnames.is_empty(), answer.metadata.response_code) {
        (true, ResponseCode::NXDomain) => Said::NoSuchName,
        (true, _) => Said::NoRecord,
        (false, _) => Said::Records { txt, cnames },
    };
    (said, at)
}

/// A name as text: lower case, without the trailing dot.
pub(super) fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_lowercase()
}
