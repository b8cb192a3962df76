//! Metrics in CloudWatch's embedded metric format: a line of JSON in the log from which CloudWatch makes the metric.
//!
//! Namespace `Portico`, dimension `FunctionName`: the name under which Lambda knows the function, as in Lambda's own
//! metrics, so that staging and production stay apart. The reason of a refusal is a property and no dimension: it can be
//! searched, and costs no metric of its own.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::domain::time::Clock;

/// The namespace of every metric.
pub const NAMESPACE: &str = "Portico";

/// Somebody signed in.
pub const SIGN_IN_SUCCEEDED: &str = "SignInSucceeded";

/// A sign-in was refused.
pub const SIGN_IN_REFUSED: &str = "SignInRefused";

/// By how many seconds the longest due check of a domain was late.
pub const DOMAIN_CHECKS_BEHIND: &str = "DomainChecksBehind";

/// A write of a directory's provider was refused: its mapping, its token or its rate is wrong.
pub const DIRECTORY_WRITE_REFUSED: &str = "DirectoryWriteRefused";

/// A write of a directory's provider failed on our side.
pub const DIRECTORY_WRITE_FAILED: &str = "DirectoryWriteFailed";

/// By how many seconds the removal of what deleted users, groups and directories left behind is late.
pub const DIRECTORY_SWEEP_BEHIND: &str = "DirectorySweepBehind";

/// Writes metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    clock: Clock,
    function_name: String,
    sink: Arc<Mutex<dyn Write + Send>>,
}

impl Metrics {
    /// Metrics of the function `function_name`, written to `sink`: standard output in Lambda, which takes them there.
    pub fn new(clock: Clock, function_name: String, sink: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self { clock, function_name, sink }
    }

    /// Counts a sign-in that was let through.
    pub fn sign_in_succeeded(&self) {
        self.write(SIGN_IN_SUCCEEDED, "Count", 1, None);
    }

    /// Counts a sign-in that was refused for `reason`, a stable code.
    pub fn sign_in_refused(&self, reason: &str) {
        self.write(SIGN_IN_REFUSED, "Count", 1, Some(reason));
    }

    /// Says by how many seconds the checks of domains are late.
    pub fn domain_checks_behind(&self, seconds: i64) {
        self.write(DOMAIN_CHECKS_BEHIND, "Seconds", seconds, None);
    }

    /// Counts a write of a directory's provider that was refused, by its status.
    pub fn directory_write_refused(&self, status: &str) {
        self.write(DIRECTORY_WRITE_REFUSED, "Count", 1, Some(status));
    }

    /// Counts a write of a directory's provider that failed on our side, by its status.
    pub fn directory_write_failed(&self, status: &str) {
        self.write(DIRECTORY_WRITE_FAILED, "Count", 1, Some(status));
    }

    /// Says by how many seconds the removal of what directories left behind is late.
    pub fn directory_sweep_behind(&self, seconds: i64) {
        self.write(DIRECTORY_SWEEP_BEHIND, "Seconds", seconds, None);
    }

    fn write(&self, metric: &str, unit: &str, value: i64, reason: Option<&str>) {
        let mut line = serde_json::Map::new();
        let about = json!({
            "Timestamp": self.clock.now().timestamp_millis(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["FunctionName"]],
                "Metrics": [{ "Name": metric, "Unit": unit }],
            }],
        });
        line.insert("_aws".to_owned(), about);
        line.insert("FunctionName".to_owned(), Value::from(self.function_name.as_str()));
        line.insert(metric.to_owned(), Value::from(value));
        if let Some(reason) = reason {
            line.insert("Reason".to_owned(), Value::from(reason));
        }
        let line = Value::Object(line);
        // A metric that can't be written must not fail what it is about.
        if let Ok(mut sink) = self.sink.lock() {
            let _ = sink.write_all(format!("{line}\n").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_refusal_is_one_line_of_embedded_metric_format_with_the_reason_as_a_property() {
        let sink = Arc::new(Mutex::new(Vec::<u8>::new()));
        let clock = Clock::new(Arc::new(|| DateTime::from_timestamp_millis(1_700_000_000_123).unwrap()));
        Metrics::new(clock, "portico-acs".to_owned(), sink.clone()).sign_in_refused("wrong_audience");
        let written = String::from_utf8(sink.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(written, @r#"{"_aws":{"Timestamp":1700000000123,"CloudWatchMetrics":[{"Namespace":"Portico","Dimensions":[["FunctionName"]],"Metrics":[{"Name":"SignInRefused","Unit":"Count"}]}]},"FunctionName":"portico-acs","SignInRefused":1,"Reason":"wrong_audience"}"#);
    }
}
