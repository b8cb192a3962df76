//! Invocations by time, as EventBridge Scheduler makes them.

use crate::lambda::Functions;
use crate::template::{Schedule, TemplateError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Invokes the schedule's function at its rate until `stopping`. The first time is one period from now.
///
/// # Errors
/// The expression is no rate.
pub(crate) fn start(
    schedule: &Schedule,
    functions: Arc<Functions>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), TemplateError> {
    let period = period(&schedule.expression).ok_or_else(|| {
        TemplateError::unsupported(
            format!("the schedule {:?} of {}", schedule.expression, schedule.function),
            "is no rate(…): the local program runs no other",
        )
    })?;
    let Schedule { function, input, .. } = schedule.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(period) => {}
            }
            if let Err(problem) = functions.invoke(&function, input.clone()).await {
                tracing::error!(function, %problem, "a scheduled invocation failed");
            }
        }
    });
    Ok(())
}

/// The period of `rate(5 minutes)`.
fn period(expression: &str) -> Option<Duration> {
    let (number, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_period_and_anything_else_is_none() {
        assert_eq!(period("rate(5 minutes)"), Some(Duration::from_secs(300)));
        assert_eq!(period("rate(1 hour)"), Some(Duration::from_secs(3_600)));
        for other in ["cron(0 3 * * ? *)", "rate(0 minutes)", "rate(5 weeks)", "rate(5)", ""] {
            assert_eq!(period(other), None, "{other}");
        }
    }
}
