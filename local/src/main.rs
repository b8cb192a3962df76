//! `portico`: the whole of Portico on one machine.

use portico_local::args::{Args, HELP};
use portico_local::{Options, Stack};
use serde_json::json;
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(tracing::Level::WARN).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!("{problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let args = Args::parse(std::env::args().skip(1))?;
    let mut out = io::stdout();
    if args.help {
        return Ok(out.write_all(HELP.as_bytes())?);
    }
    if args.fresh && args.data_dir.exists() {
        std::fs::remove_dir_all(&args.data_dir)?;
    }
    let stack = Stack::start(Options {
        port: args.port,
        public_url: args.public_url,
        binaries: args.binaries,
        ..Options::new(args.data_dir)
    })
    .await?;
    writeln!(out, "{}", json!({ "base_url": stack.base_url(), "client_id": stack.client_id() }))?;
    let (mut interrupted, mut ended) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! { _ = interrupted.recv() => {}, _ = ended.recv() => {} }
    stack.stop().await;
    Ok(())
}
