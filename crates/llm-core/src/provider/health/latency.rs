//! How long calls take: moving averages, a peak that fades, and the slowest of the recent ones. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// Weight of the newest value in the moving averages.
const SMOOTHING: f64 = 0.2;

/// Seconds after which a peak has faded to about a third of its distance.
const FADING: f64 = 10.0;

/// Calls that percentiles are taken from.
const RECENT: usize = 64;

/// Calls below which a percentile means nothing.
const ENOUGH: usize = 20;

/// How long the calls of a deployment take.
#[derive(Debug)]
pub(super) struct Latency {
    /// Moving average of the whole call, milliseconds.
    pub(super) whole: Option<f64>,
    /// Moving average until the first token, milliseconds.
    pub(super) first_token: Option<f64>,
    /// Rises with the slowest at once and falls slowly, with the time of the newest value.
    peak: Option<(f64, Instant)>,
    /// Until something was there to show: the first token, or the whole of a call in one piece.
    recent: [f64; RECENT],
    count: usize,
}

impl Latency {
    pub(super) fn new() -> Self {
        Self {
            whole: None,
            first_token: None,
            peak: None,
            recent: [0.0; RECENT],
            count: 0,
        }
    }

    /// A call succeeded.
    pub(super) fn add(&mut self, now: Instant, took: Duration, first_token: Option<Duration>) {
        let took = millis(took);
        self.whole = Some(average(self.whole, took));
        let shown = first_token.map_or(took, millis);
        if first_token.is_some() {
            self.first_token = Some(average(self.first_token, shown));
        }
        let faded = self.peak(now);
        let peak = faded.map_or(took, |peak| {
            let kept = self.kept(now);
            took.max(peak * kept + took * (1.0 - kept))
        });
        self.peak = Some((peak, now));
        self.recent[self.count % RECENT] = shown;
        self.count += 1;
    }

    /// The peak, milliseconds.
    pub(super) fn peak(&self, now: Instant) -> Option<f64> {
        let (peak, _) = self.peak?;
        // Without calls it fades towards the average, so that a deployment is tried again.
        let floor = self.whole.unwrap_or(peak).min(peak);
        Some(floor + (peak - floor) * self.kept(now))
    }

    /// The time within which nineteen of twenty recent calls had something to show.
    pub(super) fn p95(&self) -> Option<Duration> {
        let count = self.count.min(RECENT);
        if count < ENOUGH {
            return None;
        }
        let mut recent = self.recent[..count].to_vec();
        recent.sort_by(f64::total_cmp);
        let at = (count * 95).div_ceil(100).min(count) - 1;
        Some(Duration::from_secs_f64(recent[at] / 1000.0))
    }

    /// How much of a difference is left since the newest value.
    fn kept(&self, now: Instant) -> f64 {
        self.peak.map_or(0.0, |(_, at)| {
            (-now.saturating_duration_since(at).as_secs_f64() / FADING).exp()
        })
    }
}

/// A moving average with its newest value.
pub(super) fn average(old: Option<f64>, new: f64) -> f64 {
    old.map_or(new, |old| old + SMOOTHING * (new - old))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::clock::{Clock as _, SystemClock};

    #[test]
    fn a_peak_is_taken_at_once_and_fades() {
        let mut now = SystemClock.now();
        let mut latency = Latency::new();
        latency.add(now, Duration::from_millis(100), None);
        latency.add(now, Duration::from_secs(2), None);
        let peak = latency.peak(now).unwrap();
        assert!(peak >= 2_000.0, "{peak}");
        now += Duration::from_secs(60);
        let faded = latency.peak(now).unwrap();
        assert!(faded < 500.0, "{faded}");
    }

    #[test]
    fn a_percentile_needs_enough_calls() {
        let now = SystemClock.now();
        let mut latency = Latency::new();
        for millis in 1..=19 {
            latency.add(now, Duration::from_millis(millis), None);
        }
        assert_eq!(latency.p95(), None);
        for millis in 20..=200 {
            latency.add(
                now,
                Duration::from_secs(9),
                Some(Duration::from_millis(millis)),
            );
        }
        // The newest 64 are 137 to 200.
        assert_eq!(latency.p95(), Some(Duration::from_millis(197)));
    }

    proptest::proptest! {
        #[test]
        fn a_peak_is_between_the_least_and_the_most(
            calls in proptest::collection::vec((1_u64..60_000, 0_u64..30_000), 1..60)
        ) {
            let mut now = SystemClock.now();
            let mut latency = Latency::new();
            for (took, pause) in &calls {
                now += Duration::from_millis(*pause);
                latency.add(now, Duration::from_millis(*took), None);
                let peak = latency.peak(now).unwrap();
                proptest::prop_assert!(peak >= *took as f64 - 1e-6);
            }
            let most = calls.iter().map(|(took, _)| *took).max().unwrap() as f64;
            proptest::prop_assert!(latency.peak(now).unwrap() <= most + 1e-6);
        }
    }
}
