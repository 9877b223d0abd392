//! Running totals of requests: by strategy and by mode. Kept across reloads, gone with
//! the process; what must be exact and last is in the usage store.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::error::millis;

/// Totals of a process.
#[derive(Debug)]
pub struct Stats {
    started: Instant,
    /// Requests for an answer.
    pub requests: Total,
    /// The same by routing strategy.
    pub strategies: Totals,
    /// The same by mode.
    pub modes: Totals,
}

/// Totals under names that are known from the start.
#[derive(Debug)]
pub struct Totals(Vec<(&'static str, Total)>);

/// One running total.
#[derive(Debug, Default)]
pub struct Total {
    started: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
    millis: AtomicU64,
}

/// A total at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Under way.
    pub active: u64,
    /// Ended well.
    pub succeeded: u64,
    /// Ended with an error or left.
    pub failed: u64,
    /// Mean time of those that ended, seconds.
    pub mean_seconds: f64,
}

impl Stats {
    /// Totals that start at `now`.
    pub fn new(
        now: Instant,
        strategies: impl Iterator<Item = &'static str>,
        modes: impl Iterator<Item = &'static str>,
    ) -> Self {
        Self {
            started: now,
            requests: Total::default(),
            strategies: Totals::new(strategies.chain(["pinned"])),
            modes: Totals::new(modes),
        }
    }

    /// Since the totals began.
    pub fn uptime(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }
}

impl Totals {
    /// Totals under these names, all zero.
    pub fn new(names: impl Iterator<Item = &'static str>) -> Self {
        Self(names.map(|name| (name, Total::default())).collect())
    }

    /// The total of a name; `None` for a name nobody announced.
    pub fn get(&self, name: &str) -> Option<&Total> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, total)| total)
    }

    /// All names with their figures.
    pub fn figures(&self) -> impl Iterator<Item = (&'static str, Figures)> + '_ {
        self.0.iter().map(|(name, total)| (*name, total.figures()))
    }
}

impl Total {
    /// Something began. It counts as failed until it is told otherwise.
    pub fn begin(&self) -> Running<'_> {
        self.started.fetch_add(1, Ordering::Relaxed);
        Running {
            total: self,
            is_over: false,
        }
    }

    /// Adds something that is over.
    pub fn add(&self, succeeded: bool, took: Duration) {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.end(succeeded, took);
    }

    /// The figures now.
    pub fn figures(&self) -> Figures {
        let succeeded = self.succeeded.load(Ordering::Relaxed);
        let failed = self.failed.load(Ordering::Relaxed);
        let ended = succeeded + failed;
        let millis = self.millis.load(Ordering::Relaxed);
        Figures {
            active: self.started.load(Ordering::Relaxed).saturating_sub(ended),
            succeeded,
            failed,
            mean_seconds: if ended == 0 {
                0.0
            } else {
                millis as f64 / 1000.0 / ended as f64
            },
        }
    }

    fn end(&self, succeeded: bool, took: Duration) {
        let counter = if succeeded {
            &self.succeeded
        } else {
            &self.failed
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.millis.fetch_add(millis(took), Ordering::Relaxed);
    }
}

impl Figures {
    /// Those that ended.
    pub fn ended(&self) -> u64 {
        self.succeeded + self.failed
    }

    /// Share of those that ended well, 0 to 1; `None` while nothing ended.
    pub fn success_rate(&self) -> Option<f64> {
        (self.ended() > 0).then(|| self.succeeded as f64 / self.ended() as f64)
    }
}

/// Something under way. Dropped untold (the caller left) it counts as failed.
#[derive(Debug)]
pub struct Running<'a> {
    total: &'a Total,
    is_over: bool,
}

impl Running<'_> {
    /// It ended.
    pub fn end(mut self, succeeded: bool, took: Duration) {
        self.is_over = true;
        self.total.end(succeeded, took);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.total.end(false, Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_untold_counts_as_failed() {
        let total = Total::default();
        total.begin().end(true, Duration::from_secs(2));
        let running = total.begin();
        assert_eq!(total.figures().active, 1);
        drop(running);
        let figures = total.figures();
        assert_eq!(
            (figures.active, figures.succeeded, figures.failed),
            (0, 1, 1)
        );
        assert_eq!(figures.success_rate(), Some(0.5));
    }
}
