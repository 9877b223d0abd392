//! The circuit breaker's state machine. Pure: time and chance come in as values.
//!
//! Closed → open (after a run of failures, or when half of the recent calls failed) → one probe at a
//! time → a ramp from a tenth of the calls to all of them → closed. What is told late, by a call
//! that was let through before the breaker opened or by a probe whose lease is another's by now,
//! changes nothing.

use std::time::Duration;

use tokio::time::Instant;

use crate::types::plan::HealthState;

/// Calls looked at for the failure ratio.
const WINDOW: u32 = 20;

/// How long the window of the failure ratio is.
const WINDOW_LENGTH: Duration = Duration::from_secs(10);

/// Share of the calls that is let through when a ramp begins.
const RAMP_START: f64 = 0.1;

/// When a call that is held back by a ramp or by a probe under way may try again, at the latest.
const PAUSE: Duration = Duration::from_secs(1);

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
    /// From the successful probe until all calls are let through again.
    pub ramp: Duration,
}

/// What the breaker says to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Call.
    Go,
    /// Call: this is the one probe, with the number of its lease.
    Probe(u64),
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
    leases: u64,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    Open {
        until: Instant,
    },
    /// A probe is out until its lease ends, or none is and the next call may be it.
    Probing {
        lease: Option<Lease>,
    },
    /// A probe succeeded; calls come back little by little.
    Ramping {
        since: Instant,
    },
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    number: u64,
    until: Instant,
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
            leases: 0,
        }
    }

    /// Whether a call may be made. `draw` is from 0 to 1; `in_flight` are the calls under way, and a
    /// ramp never holds back the only one, so that little traffic does not notice it.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        rules: &BreakerRules,
        in_flight: u32,
        draw: f64,
    ) -> Verdict {
        self.settle(now, rules);
        match self.phase {
            Phase::Closed => Verdict::Go,
            Phase::Open { until } if now < until => Verdict::Rest(until - now),
            Phase::Probing { lease: Some(lease) } if now < lease.until => {
                Verdict::Rest(PAUSE.min(lease.until - now))
            }
            Phase::Open { .. } | Phase::Probing { .. } => {
                self.leases += 1;
                let lease = Lease {
                    number: self.leases,
                    until: now + rules.probe_lease,
                };
                self.phase = Phase::Probing { lease: Some(lease) };
                Verdict::Probe(lease.number)
            }
            Phase::Ramping { since } => {
                let passed = now.saturating_duration_since(since);
                if in_flight == 0 || draw < share(passed, rules.ramp) {
                    Verdict::Go
                } else {
                    Verdict::Rest(PAUSE.min(rules.ramp.saturating_sub(passed)))
                }
            }
        }
    }

    /// How long no call would be let through, without asking to make one.
    pub(super) fn rests_for(&self, now: Instant) -> Option<Duration> {
        match self.phase {
            Phase::Open { until } if now < until => Some(until - now),
            Phase::Probing { lease: Some(lease) } if now < lease.until => {
                Some(PAUSE.min(lease.until - now))
            }
            _ => None,
        }
    }

    /// The state to show, where the breaker decides it, and the time until the next probe.
    pub(super) fn look(
        &self,
        now: Instant,
        rules: &BreakerRules,
    ) -> (Option<HealthState>, Option<Duration>) {
        match self.phase {
            Phase::Open { until } if now < until => (Some(HealthState::Open), Some(until - now)),
            Phase::Probing { lease: Some(lease) } if now < lease.until => {
                (Some(HealthState::Probing), None)
            }
            // The rest is over: the next call is the probe, so one has to come.
            Phase::Open { .. } | Phase::Probing { .. } => (Some(HealthState::Recovering), None),
            Phase::Ramping { since } if now.saturating_duration_since(since) < rules.ramp => {
                (Some(HealthState::Recovering), None)
            }
            Phase::Closed | Phase::Ramping { .. } => (None, None),
        }
    }

    /// A call succeeded; `probe` is the number of its lease, if it was one.
    pub(super) fn succeeded(&mut self, now: Instant, probe: Option<u64>, rules: &BreakerRules) {
        self.settle(now, rules);
        if self.is_the_probe(probe) {
            self.consecutive = 0;
            self.window_start = None;
            self.phase = Phase::Ramping { since: now };
            self.settle(now, rules);
        } else if self.is_letting_through() {
            self.consecutive = 0;
            self.count(now, false);
        }
    }

    /// A call failed. `draw` is from 0 to 1 and spreads the rest by ±20 %.
    pub(super) fn failed(
        &mut self,
        now: Instant,
        probe: Option<u64>,
        rules: &BreakerRules,
        draw: f64,
    ) {
        self.settle(now, rules);
        let opens = if self.is_the_probe(probe) {
            true
        } else if self.is_letting_through() {
            self.consecutive += 1;
            self.count(now, true);
            let half_failed =
                self.window_calls >= WINDOW && self.window_failures * 2 >= self.window_calls;
            self.consecutive >= rules.failures.max(1) || half_failed
        } else {
            false
        };
        if opens {
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

    /// A probe was dropped without a result: the next call may probe.
    pub(super) fn abandoned(&mut self, probe: u64) {
        if self.is_the_probe(Some(probe)) {
            self.phase = Phase::Probing { lease: None };
        }
    }

    /// Ends a ramp whose time is over.
    fn settle(&mut self, now: Instant, rules: &BreakerRules) {
        if let Phase::Ramping { since } = self.phase
            && now.saturating_duration_since(since) >= rules.ramp
        {
            self.phase = Phase::Closed;
            self.rests = 0;
        }
    }

    fn is_the_probe(&self, probe: Option<u64>) -> bool {
        match (self.phase, probe) {
            (Phase::Probing { lease: Some(lease) }, Some(number)) => lease.number == number,
            _ => false,
        }
    }

    fn is_letting_through(&self) -> bool {
        matches!(self.phase, Phase::Closed | Phase::Ramping { .. })
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

/// The share of the calls that a ramp lets through.
fn share(passed: Duration, ramp: Duration) -> f64 {
    let done = passed.as_secs_f64() / ramp.as_secs_f64().max(f64::MIN_POSITIVE);
    RAMP_START + (1.0 - RAMP_START) * done.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
