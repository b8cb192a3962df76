//! Functions as their built binaries: one process per event in hand, kept for the next one, as Lambda keeps an
//! execution environment.

use crate::lambda::InvokeError;
use crate::runtime_api::{Invocation, RuntimeApi, lambda_variables};
use crate::template::Function;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::error::Elapsed;

/// How many instances of one function run at once; more events wait.
const CONCURRENCY: usize = 8;

/// One function's binary and its idle instances.
#[derive(Debug)]
pub(crate) struct Binaries {
    path: PathBuf,
    logical_id: String,
    memory_megabytes: u64,
    environment: BTreeMap<String, String>,
    idle: Mutex<Vec<Instance>>,
    permits: Semaphore,
}

#[derive(Debug)]
struct Instance {
    process: Child,
    api: RuntimeApi,
}

/// Where a function's binary is under a directory: `<directory>/sso/bootstrap` as cargo-lambda leaves it, or
/// `<directory>/SsoFunction/bootstrap` as `sam build` does.
pub(crate) fn locate(directory: &Path, function: &Function) -> Option<PathBuf> {
    [&function.binary, &function.logical_id]
        .into_iter()
        .map(|name| directory.join(name).join("bootstrap"))
        .find(|path| path.is_file())
}

impl Binaries {
    pub(crate) fn new(path: PathBuf, function: &Function, environment: BTreeMap<String, String>) -> Self {
        Self {
            path,
            logical_id: function.logical_id.clone(),
            memory_megabytes: function.memory_megabytes,
            environment,
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(CONCURRENCY),
        }
    }

    /// The function's answer; the outer error says that the time was up.
    pub(crate) async fn invoke(
        &self,
        event: Json,
        request_id: &str,
        timeout: Duration,
    ) -> Result<Result<Json, InvokeError>, Elapsed> {
        let Ok(_permit) = self.permits.acquire().await else { return Ok(Err(InvokeError::Crashed)) };
        let mut instance = match self.take().await {
            Ok(instance) => instance,
            Err(problem) => return Ok(Err(InvokeError::Spawn { path: self.path.clone(), problem })),
        };
        let (reply, answer) = oneshot::channel();
        let invocation = Invocation { request_id: request_id.to_owned(), event, timeout, reply };
        // An instance that crashes or runs out of time is dropped here, and its process killed with it.
        let outcome = tokio::time::timeout(timeout, async {
            if instance.api.invocations.send(invocation).await.is_err() {
                return Err(InvokeError::Crashed);
            }
            tokio::select! {
                answer = answer => answer.map_err(|_| InvokeError::Crashed),
                status = instance.process.wait() => {
                    tracing::error!(function = self.logical_id, ?status, "the function's process ended");
                    Err(InvokeError::Crashed)
                }
            }
        })
        .await?;
        if outcome.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(instance);
        }
        Ok(outcome.and_then(|answer| answer.map_err(InvokeError::Function)))
    }

    async fn take(&self) -> std::io::Result<Instance> {
        while let Some(mut instance) = self.pop() {
            if instance.process.try_wait()?.is_none() {
                return Ok(instance);
            }
        }
        let api = RuntimeApi::start(&self.logical_id).await?;
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .envs(&self.environment)
            .envs(lambda_variables(&self.logical_id, self.memory_megabytes, api.address))
            .stdin(Stdio::null())
            // Lambda logs both. Our own standard output belongs to whoever reads `--json`.
            .stdout(std::io::stderr())
            .stderr(std::io::stderr())
            .kill_on_drop(true);
        Ok(Instance { process: command.spawn()?, api })
    }

    fn pop(&self) -> Option<Instance> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A function in shell: it takes one event, then crashes or answers with its own process id.
    const FUNCTION: &str = r#"#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  headers=$(mktemp)
  event=$(curl -s -D "$headers" "$api/next") || exit 1
  id=$(tr -d '\r' <"$headers" | sed -n 's/^lambda-runtime-aws-request-id: //p')
  rm "$headers"
  case "$event" in *crash*) exit 3;; *hang*) exec sleep 600;; esac
  curl -s -X POST "$api/$id/response" -d "{\"pid\": $$, \"greeting\": \"$GREETING\"}" >/dev/null
done
"#;

    fn function() -> Function {
        Function {
            logical_id: "SsoFunction".to_owned(),
            binary: "sso".to_owned(),
            environment: BTreeMap::new(),
            timeout_seconds: 10,
            memory_megabytes: 128,
        }
    }

    /// The file is complete and closed in another process before it runs: a test that forks meanwhile can't hold it open.
    fn binaries(directory: &Path) -> Binaries {
        let function = function();
        std::fs::create_dir(directory.join("sso")).unwrap();
        std::fs::write(directory.join("function.sh"), FUNCTION).unwrap();
        let installed = std::process::Command::new("install")
            .args(["-m", "755", "function.sh", "sso/bootstrap"])
            .current_dir(directory)
            .status()
            .unwrap();
        assert!(installed.success());
        let environment = BTreeMap::from([
            ("GREETING".to_owned(), "hello".to_owned()),
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ]);
        Binaries::new(locate(directory, &function).unwrap(), &function, environment)
    }

    async fn invoke(binaries: &Binaries, event: Json) -> Result<Json, InvokeError> {
        binaries.invoke(event, "request-1", Duration::from_secs(60)).await.unwrap()
    }

    #[tokio::test]
    async fn an_instance_serves_one_event_after_another_in_its_own_environment() {
        let directory = tempfile::tempdir().unwrap();
        let binaries = binaries(directory.path());
        let first = invoke(&binaries, json!({})).await.unwrap();
        let second = invoke(&binaries, json!({})).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(first["greeting"], "hello");
    }

    #[tokio::test]
    async fn events_at_the_same_time_go_to_instances_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let binaries = binaries(directory.path());
        let (one, other) = tokio::join!(invoke(&binaries, json!(1)), invoke(&binaries, json!(2)));
        assert_ne!(one.unwrap()["pid"], other.unwrap()["pid"]);
    }

    #[tokio::test]
    async fn a_crash_fails_its_own_event_only() {
        let directory = tempfile::tempdir().unwrap();
        let binaries = binaries(directory.path());
        assert!(matches!(invoke(&binaries, json!("crash")).await, Err(InvokeError::Crashed)));
        assert_eq!(invoke(&binaries, json!({})).await.unwrap()["greeting"], "hello");
    }

    #[tokio::test]
    async fn an_event_that_runs_out_of_time_ends_with_its_process() {
        let directory = tempfile::tempdir().unwrap();
        let binaries = binaries(directory.path());
        let outcome = binaries.invoke(json!("hang"), "request-1", Duration::from_millis(300)).await;
        assert!(outcome.is_err());
        assert_eq!(invoke(&binaries, json!({})).await.unwrap()["greeting"], "hello");
    }
}
