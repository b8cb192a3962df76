//! What a running function says about itself: JSON log lines and metrics. Never a secret, a SAML message, a token, a
//! path with its ids or a query string.

pub mod metrics;

use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogLevel;

/// Starts logging: one JSON object a line, to `writer` (standard output in Lambda). Only the first call has an effect.
pub fn init<W>(level: LogLevel, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    static STARTED: AtomicBool = AtomicBool::new(false);
    if !STARTED.swap(true, Ordering::SeqCst) {
        // Somebody else's subscriber (a test's) may be there already; then that one stays.
        let _ = subscriber(level, writer).try_init();
    }
}

/// The subscriber that [`init`] installs; a test gives it a writer of its own.
pub fn subscriber<W>(level: LogLevel, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // Libraries log requests and bodies at their chattier levels: those stay off whatever our own level is.
    let filter = EnvFilter::new(format!("warn,portico={}", level.as_str()));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .finish()
}
