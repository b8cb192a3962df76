//! An embedded DynamoDB: the table of template.yaml in one SQLite file, served over loopback.

use crate::template::Template;
use dynoxide::Database;
use dynoxide::actions::create_table::CreateTableRequest;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The embedded engine sweeps expired items only when told to. DynamoDB itself may be days late, so often is enough.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// The name of the threads that the engine runs on, and nothing else does: what the table costs this machine can then be
/// told from what the functions cost it.
pub const STORE_THREADS: &str = "portico-store";

/// Why the embedded DynamoDB does not start.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The engine refused the file or the table.
    #[error("the embedded DynamoDB: {0}")]
    Engine(String),
    /// No loopback port, or no file.
    #[error("the embedded DynamoDB: {0}")]
    Io(#[from] std::io::Error),
}

/// A running engine.
#[derive(Debug)]
pub(crate) struct DynamoDb {
    pub(crate) address: SocketAddr,
    pub(crate) server: JoinHandle<()>,
    pub(crate) threads: Threads,
}

/// The engine's runtime. It ends without waiting, because it may be dropped inside another one.
#[derive(Debug)]
pub(crate) struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl DynamoDb {
    /// Opens the file, creates the table when it is new, and serves until `stop` says so.
    pub(crate) async fn start(
        file: &Path,
        template: &Template,
        mut stop: watch::Receiver<bool>,
    ) -> Result<Self, DynamoDbError> {
        let path = file
            .to_str()
            .ok_or_else(|| DynamoDbError::Engine("the data directory is not UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|problem| DynamoDbError::Engine(problem.to_string()))?;
        create_table(&database, template)?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_multi_thread().thread_name(STORE_THREADS).enable_all().build()?;
        let server = runtime.spawn(async move {
            let listener = match TcpListener::from_std(listener) {
                Ok(listener) => listener,
                Err(problem) => return tracing::error!(%problem, "the embedded DynamoDB does not start"),
            };
            let sweeping = tokio::spawn(sweep(database.clone()));
            let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
            if let Err(problem) = dynoxide::server::serve_with_shutdown(listener, database, stopped).await {
                tracing::error!(problem, "the embedded DynamoDB stopped");
            }
            sweeping.abort();
        });
        Ok(Self { address, server, threads: Threads(Some(runtime)) })
    }
}

fn create_table(database: &Database, template: &Template) -> Result<(), DynamoDbError> {
    let engine = |problem: dynoxide::errors::DynoxideError| DynamoDbError::Engine(problem.to_string());
    let json = |problem: serde_json::Error| DynamoDbError::Engine(problem.to_string());
    let name = template.table.get("TableName").cloned().unwrap_or_default();
    let tables = database.list_tables(Default::default()).map_err(engine)?;
    if tables.table_names.iter().any(|existing| name == existing.as_str()) {
        return Ok(());
    }
    let mut table = template.table.clone();
    // Nobody on this machine reads the stream, and the engine looks through all that it kept of it with every write:
    // after a thousand sign-ins a write takes a hundred times as long.
    if let Some(declared) = table.as_object_mut() {
        declared.remove("StreamSpecification");
    }
    let request: CreateTableRequest = serde_json::from_value(table).map_err(json)?;
    database.create_table(request).map_err(engine)?;
    if let Some(attribute) = &template.ttl_attribute {
        let request = json!({
            "TableName": name,
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
        });
        database.update_time_to_live(serde_json::from_value(request).map_err(json)?).map_err(engine)?;
    }
    Ok(())
}

async fn sweep(database: Database) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(problem)) => tracing::warn!(%problem, "the sweep of expired items failed"),
            Err(_) => return,
        }
    }
}
