//! The circuit breaker's state machine. Pure: time and chance come in as values.

use std::time::Duration;

use tokio::time::Instant;

use crate::types::plan::HealthState;

/// Calls looked at for the failure ratio.
const WINDOW: u32 = 20;

/// How long the window of the failure ratio is.
const WINDOW_LENGTH: Duration = Duration::from_secs(10);

/// When a deployment rests and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerRules {
    /// Consecutive failures that open it.
    pub failures: u32,
    /// The first rest; doubles each time.
    pub first_rest: Duration,
    /// The longest rest.
    pub longest_rest: Duration,
    /// How long a probe may hold its place without a word.
    pub probe_lease: Duration,
}

/// What the breaker says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Call.
    Go,
    /// Call: this is the one probe.
    Probe,
    /// Do not call for this long.
    Rest(Duration),
}

#[derive(Debug)]
pub(super) struct Breaker {
    phase: Phase,
    /// Rests in a row; the next is twice as long as the last.
    rests: u32,
    consecutive: u32,
    window_start: Option<Instant>,
    window_calls: u32,
    window_failures: u32,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    Open {
        until: Instant,
    },
    /// A probe is out until its lease ends, or none is and the next call may be it.
    Probing {
        lease: Option<Instant>,
    },
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Closed,
            rests: 0,
            consecutive: 0,
            window_start: None,
            window_calls: 0,
            window_failures: 0,
        }
    }

    pub(super) fn admit(&mut self, now: Instant, rules: &BreakerRules) -> Verdict {
        match self.phase {
            Phase::Closed => Verdict::Go,
            Phase::Open { until } if now < until => Verdict::Rest(until - now),
            Phase::Probing { lease: Some(lease) } if now < lease => Verdict::Rest(lease - now),
            Phase::Open { .. } | Phase::Probing { .. } => {
                self.phase = Phase::Probing {
                    lease: Some(now + rules.probe_lease),
                };
                Verdict::Probe
            }
        }
    }

    /// The state to show, where the breaker decides it, and the time until the next probe.
    pub(super) fn look(&self, now: Instant) -> (Option<HealthState>, Option<Duration>) {
        match self.phase {
            Phase::Closed => (None, None),
            // A rest that is over is shown as probing: the next call will be let through.
            Phase::Open { until } if now >= until => (Some(HealthState::Probing), None),
            Phase::Open { until } => (Some(HealthState::Open), Some(until - now)),
            Phase::Probing { .. } => (Some(HealthState::Probing), None),
        }
    }

    pub(super) fn succeeded(&mut self, now: Instant, probe: bool) {
        self.consecutive = 0;
        if probe {
            *self = Self::new();
        } else {
            self.count(now, false);
        }
    }

    /// `draw` is from 0 to 1 and spreads the rest by ±20 %.
    pub(super) fn failed(&mut self, now: Instant, probe: bool, rules: &BreakerRules, draw: f64) {
        self.consecutive += 1;
        self.count(now, true);
        let half_failed =
            self.window_calls >= WINDOW && self.window_failures * 2 >= self.window_calls;
        if probe || self.consecutive >= rules.failures.max(1) || half_failed {
            let rest = rules.first_rest.saturating_mul(1 << self.rests.min(16));
            let rest = rest
                .min(rules.longest_rest)
                .mul_f64(0.8 + 0.4 * draw.clamp(0.0, 1.0));
            self.rests = self.rests.saturating_add(1);
            self.window_start = None;
            self.consecutive = 0;
            self.phase = Phase::Open { until: now + rest };
        }
    }

    /// The probe was dropped without a result: the next call may probe.
    pub(super) fn abandoned(&mut self) {
        if let Phase::Probing { lease } = &mut self.phase {
            *lease = None;
        }
    }

    fn count(&mut self, now: Instant, failure: bool) {
        let is_over = self
            .window_start
            .is_none_or(|start| now - start > WINDOW_LENGTH);
        if is_over {
            self.window_start = Some(now);
            self.window_calls = 0;
            self.window_failures = 0;
        }
        self.window_calls += 1;
        self.window_failures += u32::from(failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::clock::{Clock as _, SystemClock};

    const RULES: BreakerRules = BreakerRules {
        failures: 5,
        first_rest: Duration::from_secs(5),
        longest_rest: Duration::from_secs(60),
        probe_lease: Duration::from_secs(30),
    };

    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Call(Option<bool>),
    }

    proptest::proptest! {
        /// Whatever happens, at most one probe is out, and after a long enough silence a call is
        /// let through again.
        #[test]
        fn it_never_stays_shut(steps in proptest::collection::vec(step(), 0..200)) {
            let mut now = SystemClock.now();
            let mut breaker = Breaker::new();
            for step in steps {
                match step {
                    Step::Wait(seconds) => now += Duration::from_secs(seconds),
                    Step::Call(outcome) => {
                        let verdict = breaker.admit(now, &RULES);
                        if verdict == Verdict::Probe {
                            proptest::prop_assert!(matches!(breaker.admit(now, &RULES), Verdict::Rest(_)));
                        }
                        if matches!(verdict, Verdict::Rest(_)) {
                            continue;
                        }
                        let probe = verdict == Verdict::Probe;
                        match outcome {
                            Some(true) => breaker.succeeded(now, probe),
                            Some(false) => breaker.failed(now, probe, &RULES, 0.5),
                            None if probe => breaker.abandoned(),
                            None => {}
                        }
                    }
                }
            }
            now += RULES.longest_rest * 2;
            proptest::prop_assert!(!matches!(breaker.admit(now, &RULES), Verdict::Rest(_)));
        }
    }

    fn step() -> impl proptest::strategy::Strategy<Value = Step> {
        use proptest::prelude::*;
        prop_oneof![
            (0_u64..20).prop_map(Step::Wait),
            proptest::option::of(proptest::bool::ANY).prop_map(Step::Call),
        ]
    }

    #[test]
    fn half_of_twenty_failures_open_it_even_when_they_alternate() {
        let now = SystemClock.now();
        let mut breaker = Breaker::new();
        for _ in 0..10 {
            breaker.succeeded(now, false);
            breaker.failed(now, false, &RULES, 0.5);
        }
        assert!(matches!(breaker.admit(now, &RULES), Verdict::Rest(_)));
    }

    #[test]
    fn each_rest_is_twice_the_last_up_to_the_longest() {
        let mut now = SystemClock.now();
        let mut breaker = Breaker::new();
        let mut rests = Vec::new();
        for _ in 0..5 {
            breaker.failed(now, false, &RULES, 0.5);
        }
        for _ in 0..6 {
            let Verdict::Rest(rest) = breaker.admit(now, &RULES) else {
                panic!("open")
            };
            rests.push(rest.as_secs());
            now += rest;
            assert_eq!(breaker.admit(now, &RULES), Verdict::Probe);
            breaker.failed(now, true, &RULES, 0.5);
        }
        assert_eq!(rests, [5, 10, 20, 40, 60, 60]);
    }
}
