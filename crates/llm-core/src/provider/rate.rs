//! How many things happened in the last seconds, counted by the second.

use tokio::time::Instant;

/// What happened in the last `WINDOW` seconds. Of fixed size, whatever the traffic.
#[derive(Debug)]
pub(super) struct Rate<const WINDOW: usize> {
    started: Option<Instant>,
    counts: [u32; WINDOW],
    /// The second the newest count belongs to, since `started`.
    newest: u64,
}

impl<const WINDOW: usize> Rate<WINDOW> {
    pub(super) fn new() -> Self {
        Self {
            started: None,
            counts: [0; WINDOW],
            newest: 0,
        }
    }

    /// One more.
    pub(super) fn add(&mut self, now: Instant) {
        let second = self.second(now);
        self.forget_until(second);
        let count = &mut self.counts[Self::place(second)];
        *count = count.saturating_add(1);
    }

    /// How many within the window.
    pub(super) fn count(&self, now: Instant) -> u32 {
        let Some(started) = self.started else {
            return 0;
        };
        let second = now.saturating_duration_since(started).as_secs();
        let passed = second.saturating_sub(self.newest);
        let kept = (WINDOW as u64).saturating_sub(passed);
        (0..kept.min(self.newest + 1))
            .map(|back| self.counts[Self::place(self.newest - back)])
            .fold(0, u32::saturating_add)
    }

    fn second(&mut self, now: Instant) -> u64 {
        let started = *self.started.get_or_insert(now);
        now.saturating_duration_since(started)
            .as_secs()
            .max(self.newest)
    }

    /// Empties the seconds between the newest count and this one.
    fn forget_until(&mut self, second: u64) {
        for passed in (self.newest + 1..=second).rev().take(WINDOW) {
            self.counts[Self::place(passed)] = 0;
        }
        self.newest = second;
    }

    /// Where a second is counted.
    fn place(second: u64) -> usize {
        usize::try_from(second % WINDOW as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::types::clock::{Clock as _, SystemClock};

    proptest::proptest! {
        #[test]
        fn the_count_is_that_of_the_last_sixty_seconds(pauses in proptest::collection::vec(0_u64..90, 1..80)) {
            let start = SystemClock.now();
            let (mut rate, mut at, mut times) = (Rate::<60>::new(), 0, Vec::new());
            for pause in pauses {
                at += pause;
                times.push(at);
                rate.add(start + Duration::from_secs(at));
                for later in [at, at + 17, at + 59, at + 60, at + 600] {
                    // The ring is anchored at the first call, which is second 0 of `times`.
                    let expected = times.iter().filter(|time| later - **time < 60).count();
                    let found = rate.count(start + Duration::from_secs(later));
                    proptest::prop_assert_eq!(found as usize, expected);
                }
            }
        }
    }
}
