//! Why a stack does not start, in sentences for whoever started it.

use crate::dns::ZonesError;
use crate::dynamodb::DynamoDbError;
use crate::template::TemplateError;
use portico_shared::config::ConfigError;
use std::io;
use std::path::PathBuf;

/// Why a stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The template is not one that runs here.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The embedded DynamoDB.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// The zones of the name server.
    #[error("{0}\nIf data of an earlier run is in the way, --fresh starts without it")]
    Zones(#[from] ZonesError),
    /// A function's variables are not what it reads.
    #[error("the environment of {function} in template.yaml: {problem}")]
    Config {
        /// The function's logical id.
        function: String,
        /// What is wrong with which variables.
        problem: ConfigError,
    },
    /// Another process has the data directory.
    #[error(
        "the data in {0} is in use by another portico. Stop that one, or choose another directory with --data"
    )]
    DataInUse(PathBuf),
    /// The public URL is not one.
    #[error("{0:?} is no public URL: expected https, or http on 127.0.0.1, without query or fragment")]
    PublicUrl(String),
    /// The port is taken.
    #[error("port {0} on 127.0.0.1 is in use. Choose another with --port, or --port 0 for a free one")]
    PortInUse(u16),
    /// The template declares a function that this program has no code for.
    #[error("template.yaml declares the function {0}, which the local program does not know")]
    UnknownFunction(String),
    /// A directory of binaries lacks one.
    #[error("{directory} holds neither {binary}/bootstrap nor {logical_id}/bootstrap")]
    MissingBinary {
        /// The directory given.
        directory: PathBuf,
        /// The binary's name.
        binary: String,
        /// The function's logical id.
        logical_id: String,
    },
    /// Files and sockets.
    #[error("{what}: {problem}")]
    Io {
        /// What was being done.
        what: String,
        /// The operating system's answer.
        problem: io::Error,
    },
}

impl StackError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |problem| Self::Io { what, problem }
    }
}
