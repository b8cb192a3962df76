//! Peers that we didn't write: programs in Python and Node around other people's libraries (tests/peers), which take one
//! JSON object a line and answer one.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout};

/// A running peer. It ends when it is dropped: its input closes then, and it is waited for.
pub struct Peer {
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    process: Child,
}

/// What a peer says went wrong: the error of the library in it.
#[derive(Debug, Clone, Deserialize)]
pub struct PeerError {
    /// The error's class.
    pub name: String,
    /// Its text.
    pub message: String,
    /// The rest: status, code and the like, as that library names them.
    #[serde(flatten)]
    pub details: Value,
}

impl Peer {
    /// A Python program of tests/peers/python.
    pub fn python(program: &str) -> Self {
        let python = tool("PORTICO_PEERS_PYTHON", "the Python that has tests/requirements.txt installed");
        Self::start(Command::new(python).arg(program).current_dir(peers("python")))
    }

    /// A Node program of tests/peers/node.
    pub fn node(program: &str) -> Self {
        let directory = peers("node");
        assert!(directory.join("node_modules").is_dir(), "the Node peers are not installed: run tests/run");
        Self::start(Command::new("node").arg(program).current_dir(directory))
    }

    fn start(command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process =
            started.unwrap_or_else(|problem| panic!("{command:?} does not start: {problem}; run tests/run"));
        Self {
            input: Some(ChildStdin::from_std(process.stdin.take().unwrap()).unwrap()),
            output: BufReader::new(ChildStdout::from_std(process.stdout.take().unwrap()).unwrap()).lines(),
            process,
        }
    }

    /// Calls a function of the peer, which must succeed.
    pub async fn call(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self.attempt(name, arguments).await;
        answer.unwrap_or_else(|error| panic!("{name}: {} {} {}", error.name, error.message, error.details))
    }

    /// Calls a function of the peer, which may fail.
    pub async fn attempt(&mut self, name: &str, mut arguments: Value) -> Result<Value, PeerError> {
        arguments["call"] = json!(name);
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{arguments}\n").as_bytes()).await.unwrap();
        let line = self
            .output
            .next_line()
            .await
            .unwrap()
            .unwrap_or_else(|| panic!("the peer ended before it answered {name}"));
        let mut answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("the peer said {line}"));
        match answer.get_mut("error") {
            Some(error) => Err(serde_json::from_value(error.take()).unwrap()),
            None => Ok(answer["ok"].take()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        self.process.wait().unwrap();
    }
}

fn peers(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(language)
}

// The test command says where it installed things: no App is involved.
#[allow(clippy::disallowed_methods)]
fn tool(variable: &str, what: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} does not say where {what} is: run tests/run, which sets it"))
}
