//! How fast requests leave.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// How many requests leave one instance within [`WINDOW`]. Route 53 takes as many from the whole account, so that two
/// instances at work may still be too many: then it throttles, and the SDK waits before it tries again.
const MOST: usize = 5;

/// See [`MOST`].
pub(super) const WINDOW: Duration = Duration::from_secs(1);

/// Lets requests leave one after the other, at most [`MOST`] within any window. An attempt that the SDK makes again isn't
/// counted: it has waited already.
#[derive(Debug)]
pub(super) struct Pace {
    window: Duration,
    departures: Mutex<Departures>,
}

impl Pace {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, departures: Mutex::default() }
    }

    /// Waits for one's turn. Whoever asks first is first, since the lock is fair and held while one waits.
    pub(super) async fn turn(&self) {
        let mut departures = self.departures.lock().await;
        let turn = departures.next(Instant::now(), self.window);
        tokio::time::sleep_until(turn).await;
        departures.record(turn);
    }
}

/// The last [`MOST`] departures, oldest first.
#[derive(Debug, Default)]
struct Departures(VecDeque<Instant>);

impl Departures {
    /// When the next request may leave: now, or as soon as the oldest departure is out of the window.
    fn next(&self, now: Instant, window: Duration) -> Instant {
        match self.0.front() {
            Some(oldest) if self.0.len() >= MOST => now.max(*oldest + window),
            _ => now,
        }
    }

    fn record(&mut self, departure: Instant) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(departure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_requests_leave_at_once_and_the_next_five_a_second_later() {
        let start = Instant::now();
        let mut departures = Departures::default();
        let mut leave = |now: Instant| {
            let turn = departures.next(now, WINDOW);
            departures.record(turn);
            (turn - start).as_millis()
        };
        let all_at_once: Vec<u128> = (0..12).map(|_| leave(start)).collect();
        assert_eq!(all_at_once, [0, 0, 0, 0, 0, 1000, 1000, 1000, 1000, 1000, 2000, 2000]);
        assert_eq!(leave(start + Duration::from_millis(2500)), 2500);
    }

    #[test]
    fn requests_that_come_slowly_leave_as_they_come() {
        let start = Instant::now();
        let mut departures = Departures::default();
        for at in (0..20).map(|nth| start + nth * Duration::from_millis(200)) {
            let turn = departures.next(at, WINDOW);
            departures.record(turn);
            assert_eq!(turn, at);
        }
    }
}
