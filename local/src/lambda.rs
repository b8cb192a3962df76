//! What stands in for the Lambda service: it gives an event to a function and brings its answer back.

use crate::binaries::Binaries;
use crate::in_process::InProcess;
use portico_shared::domain::random::Rng;
use portico_shared::web::lambda::Answer;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Lambda's limit for the payload of a synchronous invocation and for its answer, in bytes.
pub(crate) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// Why an invocation brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The template declares no function of this name.
    #[error("there is no function {0}")]
    UnknownFunction(String),
    /// The function ran and answered with an error, in its own words.
    #[error("the function answered with an error: {0}")]
    Function(Json),
    /// The function ended without an answer: it panicked, or its process exited.
    #[error("the function ended without an answer")]
    Crashed,
    /// The function ran longer than its Timeout in template.yaml.
    #[error("the function did not answer within {0:?}")]
    TimedOut(Duration),
    /// The event is larger than Lambda takes, in bytes.
    #[error("an event of {0} bytes is larger than Lambda takes")]
    EventTooLarge(usize),
    /// The answer is larger than Lambda takes, in bytes.
    #[error("an answer of {0} bytes is larger than Lambda takes")]
    AnswerTooLarge(usize),
    /// The binary does not start.
    #[error("{path} does not start: {problem}")]
    Spawn {
        /// The binary.
        path: PathBuf,
        /// The operating system's answer.
        problem: std::io::Error,
    },
}

/// The functions of the template, by logical id.
#[derive(Debug)]
pub(crate) struct Functions {
    pub(crate) functions: BTreeMap<String, Deployed>,
    pub(crate) rng: Rng,
}

/// One function, ready to be invoked.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) timeout: Duration,
    pub(crate) code: Code,
}

/// Where a function's code runs.
#[derive(Debug)]
pub(crate) enum Code {
    /// In this process.
    InProcess(InProcess),
    /// As the built binary, behind a runtime API.
    Binaries(Binaries),
}

impl Functions {
    /// Gives the event to the function and waits for its answer, at most the function's own timeout.
    /// What is to be done after the answer, the invoker sees to, unless the binary has done it itself.
    pub(crate) async fn invoke(&self, logical_id: &str, event: Json) -> Result<Answer, InvokeError> {
        let function = self
            .functions
            .get(logical_id)
            .ok_or_else(|| InvokeError::UnknownFunction(logical_id.to_owned()))?;
        limit(&event, InvokeError::EventTooLarge)?;
        let answer = match &function.code {
            Code::InProcess(code) => tokio::time::timeout(function.timeout, code.invoke(event)).await,
            Code::Binaries(code) => {
                let answer = code.invoke(event, &uuid(self.rng.bytes()), function.timeout).await;
                answer.map(|answer| answer.map(Answer::from))
            }
        };
        let answer = answer.map_err(|_| InvokeError::TimedOut(function.timeout))??;
        limit(&answer.payload, InvokeError::AnswerTooLarge)?;
        Ok(answer)
    }
}

fn limit(payload: &Json, refusal: fn(usize) -> InvokeError) -> Result<(), InvokeError> {
    let length = payload.to_string().len();
    if length > PAYLOAD_LIMIT { Err(refusal(length)) } else { Ok(()) }
}

/// Lambda's request ids have the form of a version 4 UUID.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let (time_low, rest) = digits.split_at(8);
    let (time_mid, rest) = rest.split_at(4);
    let (time_high, rest) = rest.split_at(4);
    let (clock, node) = rest.split_at(4);
    format!("{time_low}-{time_mid}-{time_high}-{clock}-{node}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_has_the_form_of_a_version_4_uuid() {
        assert_eq!(uuid([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
