//! `portico`: the whole of Portico on one machine.

use portico_local::args::{Args, HELP};
use portico_local::{Local, Options, remove_data};
use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(tracing::Level::WARN)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Nothing is left to be done when standard error is closed.
            let _ = writeln!(io::stderr(), "portico: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let args = Args::parse(std::env::args().skip(1))?;
    if args.help {
        return print(HELP);
    }
    // From here on a signal ends the program cleanly, also while it starts.
    let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    if args.fresh {
        remove_data(&args.data_dir)?;
    }
    let options = Options {
        port: args.port,
        public_url: args.public_url,
        binaries: args.binaries,
        ..Options::new(args.data_dir)
    };
    let progress = |step: &str| {
        if !args.json {
            let _ = print(&format!("… {step}\n"));
        }
    };
    let local = tokio::select! {
        local = Local::start(options, &args.redirect_uris, progress) => local?,
        () = asked_to_stop(&mut signals) => return Ok(()),
    };
    print(&if args.json { format!("{}\n", local.ready()) } else { local.welcome() })?;
    asked_to_stop(&mut signals).await;
    local.stop().await;
    Ok(())
}

async fn asked_to_stop((interrupt, terminate): &mut (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

fn print(text: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
