//! A limit of concurrency that follows latency. Pure.
//!
//! The gradient method: what calls take lately is held against what they take in the long run. While
//! they are no slower the limit grows by a few; when they get slower it shrinks in proportion. A
//! provider that says it has too much to do shrinks it at once. Calls in one piece and streams are
//! held against their own kind only: the one shows its first token, the other everything.

use std::time::Duration;

/// Where it starts.
const FIRST: f64 = 16.0;

/// It never goes below this.
const LEAST: f64 = 2.0;

/// It never goes above this where no ceiling is configured.
const MOST: f64 = 1_000.0;

/// Weight of a new value in the long run.
const LONG: f64 = 0.01;

/// Weight of a new value lately.
const SHORT: f64 = 0.2;

/// Weight of a new limit.
const SMOOTHING: f64 = 0.2;

/// How much slower calls may get before it shrinks: answers differ in length.
const TOLERANCE: f64 = 2.0;

/// What is left of it after a sign of strain.
const BACK_OFF: f64 = 0.9;

/// By how much it may grow.
const HEADROOM: f64 = 4.0;

/// An adaptive limit.
#[derive(Debug)]
pub(super) struct Adaptive {
    limit: f64,
    /// Milliseconds of whole calls and of streams, in the long run and lately.
    seen: [Option<(f64, f64)>; 2],
}

impl Adaptive {
    pub(super) fn new() -> Self {
        Self {
            limit: FIRST,
            seen: [None; 2],
        }
    }

    /// The limit now.
    pub(super) fn limit(&self, most: Option<u32>) -> u32 {
        let most = most.map_or(MOST, f64::from);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and the ceiling"
        )]
        let limit = self.limit.min(most).max(1.0) as u32;
        limit
    }

    /// A call took this long until it had something to show, with so many under way.
    pub(super) fn measured(
        &mut self,
        took: Duration,
        streamed: bool,
        under_way: u32,
        most: Option<u32>,
    ) {
        let took = (took.as_secs_f64() * 1_000.0).max(0.1);
        let seen = &mut self.seen[usize::from(streamed)];
        let (mut long, mut short) = seen.unwrap_or((took, took));
        long += LONG * (took - long);
        short += SHORT * (took - short);
        // After a slow time the long run would take ages to forget it.
        if long > 2.0 * short {
            long *= 0.95;
        }
        *seen = Some((long, short));
        // A limit that is not made use of says nothing about whether it is too low.
        if f64::from(under_way) < self.limit / 2.0 {
            return;
        }
        let gradient = (TOLERANCE * long / short).clamp(0.5, 1.0);
        let wanted = self.limit * gradient + HEADROOM;
        let most = most.map_or(MOST, f64::from).max(LEAST);
        self.limit = (self.limit + SMOOTHING * (wanted - self.limit)).clamp(LEAST, most);
    }

    /// The provider has too much to do.
    pub(super) fn strained(&mut self) {
        self.limit = (self.limit * BACK_OFF).max(LEAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(adaptive: &mut Adaptive, millis: u64, times: usize) {
        for _ in 0..times {
            let under_way = adaptive.limit(Some(100));
            adaptive.measured(Duration::from_millis(millis), false, under_way, Some(100));
        }
    }

    #[test]
    fn it_grows_while_calls_are_no_slower_and_shrinks_when_they_are() {
        let mut adaptive = Adaptive::new();
        feed(&mut adaptive, 100, 400);
        assert_eq!(adaptive.limit(Some(100)), 100);
        feed(&mut adaptive, 1_000, 30);
        let strained = adaptive.limit(Some(100));
        assert!(strained < 50, "{strained}");
        feed(&mut adaptive, 100, 400);
        assert_eq!(adaptive.limit(Some(100)), 100);
    }

    #[test]
    fn what_is_not_made_use_of_does_not_grow() {
        let mut adaptive = Adaptive::new();
        for _ in 0..500 {
            adaptive.measured(Duration::from_millis(100), true, 1, None);
        }
        assert_eq!(adaptive.limit(None), 16);
    }

    proptest::proptest! {
        #[test]
        fn it_stays_within_its_bounds(
            calls in proptest::collection::vec((0_u64..100_000, 0_u32..2_000, 0_u8..8), 0..300),
            most in proptest::option::of(1_u32..500)
        ) {
            let mut adaptive = Adaptive::new();
            for (millis, under_way, kind) in calls {
                if kind == 0 {
                    adaptive.strained();
                } else {
                    adaptive.measured(Duration::from_millis(millis), kind % 2 == 0, under_way, most);
                }
                let limit = adaptive.limit(most);
                proptest::prop_assert!(limit >= 1 && limit <= most.unwrap_or(1_000));
            }
        }
    }
}
