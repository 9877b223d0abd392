//! How long to pause before the same deployment is tried again.
//!
//! Full jitter: a pause is drawn evenly from zero to a ceiling that doubles with each attempt, so
//! that clients that failed together do not come back together. A provider's `Retry-After` is a
//! floor, not a suggestion.

use std::time::Duration;

/// The pauses between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first pause.
    pub first: Duration,
    /// Ceiling of every pause, and the longest `Retry-After` worth waiting for.
    pub longest: Duration,
}

impl Backoff {
    /// The pause after the attempt number `failed` (from 1), given a draw from 0 to 1.
    ///
    /// `None` when the provider asks for more patience than we have: try elsewhere.
    pub fn pause(&self, failed: u32, retry_after: Option<Duration>, draw: f64) -> Option<Duration> {
        let doublings = failed.saturating_sub(1).min(16);
        let ceiling = self.first.saturating_mul(1 << doublings).min(self.longest);
        let jittered = ceiling.mul_f64(draw.clamp(0.0, 1.0));
        match retry_after {
            Some(wait) if wait > self.longest => None,
            Some(wait) => Some(wait + jittered.min(self.first)),
            None => Some(jittered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(100),
        longest: Duration::from_secs(2),
    };

    #[test]
    fn pauses_double_up_to_the_longest() {
        let ceilings: Vec<_> = (1..=7)
            .map(|n| BACKOFF.pause(n, None, 1.0).unwrap().as_millis())
            .collect();
        assert_eq!(ceilings, [100, 200, 400, 800, 1600, 2000, 2000]);
    }

    #[test]
    fn a_provider_is_never_called_before_it_asked_to_be() {
        let asked = Duration::from_millis(1500);
        for draw in [0.0, 0.5, 1.0] {
            assert!(BACKOFF.pause(1, Some(asked), draw).unwrap() >= asked);
        }
        assert_eq!(BACKOFF.pause(1, Some(Duration::from_secs(60)), 0.5), None);
    }

    proptest::proptest! {
        #[test]
        fn a_pause_is_bounded_whatever_the_attempt(failed: u32, draw in 0.0_f64..1.0) {
            proptest::prop_assert!(BACKOFF.pause(failed, None, draw).unwrap() <= BACKOFF.longest);
        }
    }
}
