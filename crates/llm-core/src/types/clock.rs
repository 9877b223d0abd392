//! Time comes in from outside: a monotonic face for durations and a wall face for dates.

use std::fmt::Debug;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Where the time comes from.
pub trait Clock: Send + Sync + Debug {
    /// Monotonic time; stands still while a test pauses the runtime's clock.
    fn now(&self) -> Instant;
    /// The date and time, UTC.
    fn wall(&self) -> Timestamp;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> Instant {
        Instant::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The moment by which a whole request must be over. Every stage gets what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// `limit` from `now`.
    pub fn after(now: Instant, limit: Duration) -> Self {
        // A limit beyond the clock's range means "no limit"; a day serves as well.
        Self(
            now.checked_add(limit)
                .unwrap_or_else(|| now + Duration::from_hours(24)),
        )
    }

    /// The moment itself.
    pub fn at(self) -> Instant {
        self.0
    }

    /// What is left, zero once passed.
    pub fn remaining(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// The earlier of this and `limit` from `now`.
    #[must_use]
    pub fn tighten(self, now: Instant, limit: Duration) -> Self {
        self.min(Self::after(now, limit))
    }
}
