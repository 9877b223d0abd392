//! Whether a deployment may be called, and how it has been doing: a circuit breaker and moving
//! averages, fed only by the traffic there is. No call is ever made to find out.
//!
//! The breaker opens after a run of failures or when half of the recent calls failed, rests with
//! doubling pauses and ±20 % jitter, then lets exactly one probe through. The probe holds a lease:
//! one that is dropped or lost gives its place back, so the breaker always leaves that state.

mod breaker;

mod rate;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::types::failure::Failure;
use crate::types::plan::{HealthSnapshot, HealthState};
pub use breaker::{BreakerRules, Verdict};

use breaker::Breaker;
use rate::Rate;

/// Weight of the newest value in the moving averages.
const SMOOTHING: f64 = 0.2;

/// Health of one deployment; shared by all requests.
#[derive(Debug)]
pub struct Health {
    rules: BreakerRules,
    in_flight: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    breaker: Breaker,
    requests: u64,
    rate: Rate,
    latency_ms: Option<f64>,
    first_token_ms: Option<f64>,
    error_rate: f64,
}

impl Health {
    /// A deployment nothing is known of.
    pub fn new(rules: BreakerRules) -> Arc<Self> {
        Arc::new(Self {
            rules,
            in_flight: AtomicU32::new(0),
            state: Mutex::new(State {
                breaker: Breaker::new(),
                requests: 0,
                rate: Rate::new(),
                latency_ms: None,
                first_token_ms: None,
                error_rate: 0.0,
            }),
        })
    }

    /// Asks to make a call. Refused while the deployment rests, with the time until its next probe.
    pub fn admit(self: &Arc<Self>, now: Instant) -> Result<Permit, Duration> {
        let verdict = self.state.lock().breaker.admit(now, &self.rules);
        let probe = match verdict {
            Verdict::Go => false,
            Verdict::Probe => true,
            Verdict::Rest(wait) => return Err(wait),
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(Permit {
            health: Arc::clone(self),
            probe,
            told: false,
        })
    }

    /// A snapshot for routing and status pages. `threshold` is the share of recent calls that must
    /// have succeeded for a healthy deployment.
    pub fn snapshot(&self, now: Instant, threshold: f64) -> HealthSnapshot {
        let state = self.state.lock();
        let (breaker_state, retry_in) = state.breaker.look(now);
        let health = match breaker_state {
            Some(state) => state,
            None if state.requests == 0 => HealthState::Unknown,
            None if 1.0 - state.error_rate < threshold => HealthState::Degraded,
            None => HealthState::Healthy,
        };
        HealthSnapshot {
            state: health,
            in_flight: self.in_flight.load(Ordering::Relaxed),
            requests: state.requests,
            last_minute: state.rate.last_minute(now),
            latency_ms: state.latency_ms,
            first_token_ms: state.first_token_ms,
            error_rate: state.error_rate,
            retry_in,
        }
    }
}

/// The right to make one call. Tell it how the call went; a permit that is dropped untold (the
/// caller left) says nothing about the deployment.
#[derive(Debug)]
pub struct Permit {
    health: Arc<Health>,
    probe: bool,
    told: bool,
}

impl Permit {
    /// The call succeeded.
    pub fn succeeded(mut self, now: Instant, took: Duration, first_token: Option<Duration>) {
        self.told = true;
        let mut state = self.health.state.lock();
        state.breaker.succeeded(now, self.probe);
        state.requests += 1;
        state.rate.add(now);
        state.error_rate = average(Some(state.error_rate), 0.0);
        state.latency_ms = Some(average(state.latency_ms, took.as_secs_f64() * 1000.0));
        if let Some(first) = first_token {
            state.first_token_ms =
                Some(average(state.first_token_ms, first.as_secs_f64() * 1000.0));
        }
    }

    /// The call failed. Failures that are not the deployment's fault leave its health alone but
    /// end a probe: it did answer.
    pub fn failed(mut self, now: Instant, failure: &Failure) {
        self.told = true;
        let rules = self.health.rules;
        let mut state = self.health.state.lock();
        state.requests += 1;
        state.rate.add(now);
        if failure.kind.counts_against_health() {
            state
                .breaker
                .failed(now, self.probe, &rules, rand::random());
            state.error_rate = average(Some(state.error_rate), 1.0);
        } else {
            state.breaker.succeeded(now, self.probe);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.health.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.probe && !self.told {
            self.health.state.lock().breaker.abandoned();
        }
    }
}

fn average(old: Option<f64>, new: f64) -> f64 {
    old.map_or(new, |old| old + SMOOTHING * (new - old))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::clock::{Clock as _, SystemClock};
    use crate::types::failure::FailureKind;

    const RULES: BreakerRules = BreakerRules {
        failures: 3,
        first_rest: Duration::from_secs(5),
        longest_rest: Duration::from_secs(60),
        probe_lease: Duration::from_secs(30),
    };

    fn fail(health: &Arc<Health>, now: Instant) {
        let failure = Failure::new(FailureKind::Unavailable, "x");
        health.admit(now).unwrap().failed(now, &failure);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_run_of_failures_one_probe_at_a_time_finds_out() {
        let (health, start) = (Health::new(RULES), SystemClock.now());
        for _ in 0..3 {
            fail(&health, start);
        }
        let wait = health.admit(start).unwrap_err();
        assert!(wait >= RULES.first_rest.mul_f64(0.8) && wait <= RULES.first_rest.mul_f64(1.2));

        let later = start + Duration::from_secs(7);
        let probe = health.admit(later).unwrap();
        assert!(
            health.admit(later).is_err(),
            "a second call while the probe is under way"
        );
        drop(probe);
        let probe = health
            .admit(later)
            .expect("a dropped probe gives its place back");
        probe.succeeded(later, Duration::from_millis(10), None);
        assert!(health.admit(later).is_ok());
        assert_eq!(health.snapshot(later, 0.5).in_flight, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_limit_says_nothing_about_health() {
        let (health, now) = (Health::new(RULES), SystemClock.now());
        for _ in 0..10 {
            let limited = Failure::new(FailureKind::RateLimited, "x");
            health.admit(now).unwrap().failed(now, &limited);
        }
        assert!(health.admit(now).is_ok());
        assert_eq!(health.snapshot(now, 0.5).state, HealthState::Healthy);
    }
}
