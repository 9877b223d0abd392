//! Whether a deployment may be called, and how it has been doing: a circuit breaker, the limits its
//! provider told, the places there are, and moving averages, fed only by the traffic there is. No
//! call is ever made to find out.
//!
//! The breaker opens after a run of failures or when half of the recent calls failed, rests with
//! doubling pauses and ±20 % jitter, then lets exactly one probe through, and after it a growing
//! share of the calls. The probe holds a lease: one that is dropped or lost gives its place back, so
//! the breaker always leaves that state.

mod breaker;
mod latency;
mod limiter;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::concurrency::{Gate, GateRules};
use super::rate::Rate;
use crate::types::failure::{Failure, FailureKind};
use crate::types::plan::{HealthSnapshot, HealthState};
pub use breaker::{BreakerRules, Verdict};

use breaker::Breaker;
use latency::{Latency, average};
use limiter::Limiter;

/// The time in which the share of failed calls halves while there are no calls.
const FADING: Duration = Duration::from_secs(30);

/// Health of one deployment; shared by all requests.
#[derive(Debug)]
pub struct Health {
    gate: Arc<Gate>,
    in_flight: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rules: BreakerRules,
    breaker: Breaker,
    limiter: Limiter,
    requests: u64,
    rate: Rate<60>,
    latency: Latency,
    error_rate: f64,
    /// When the error rate was last added to.
    rated: Option<Instant>,
}

impl State {
    /// The share of recent calls that failed. It fades while there are none: a deployment that others
    /// are preferred to would never get the calls that show it is well again.
    fn error_rate(&self, now: Instant) -> f64 {
        let idle = self
            .rated
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.error_rate * 0.5_f64.powf(idle.as_secs_f64() / FADING.as_secs_f64())
    }

    fn rate_error(&mut self, now: Instant, value: f64) {
        self.error_rate = average(Some(self.error_rate(now)), value);
        self.rated = Some(now);
    }
}

/// Why no call may be made now, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It rests after repeated failures.
    Resting(Duration),
    /// Its provider allows no more calls for this long.
    Limited(Duration),
}

impl Health {
    /// A deployment nothing is known of.
    pub fn new(rules: BreakerRules, gate: GateRules) -> Arc<Self> {
        Arc::new(Self {
            gate: Gate::new(gate),
            in_flight: AtomicU32::new(0),
            state: Mutex::new(State {
                rules,
                breaker: Breaker::new(),
                limiter: Limiter::default(),
                requests: 0,
                rate: Rate::new(),
                latency: Latency::new(),
                error_rate: 0.0,
                rated: None,
            }),
        })
    }

    /// Follows another configuration from now on. A key that was rejected may be another one now.
    pub fn renew(&self, rules: BreakerRules, gate: GateRules) {
        self.gate.renew(gate);
        let mut state = self.state.lock();
        state.rules = rules;
        state.limiter.forgive_key();
    }

    /// The places for calls to it.
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Whether a call would be refused now, without asking to make one.
    pub fn refusal(&self, now: Instant) -> Option<Refusal> {
        let state = self.state.lock();
        let resting = state.breaker.rests_for(now).map(Refusal::Resting);
        resting.or_else(|| state.limiter.waits(now).map(Refusal::Limited))
    }

    /// Asks to make a call. Refused while the deployment rests or is limited.
    pub fn admit(self: &Arc<Self>, now: Instant) -> Result<Permit, Refusal> {
        let mut state = self.state.lock();
        if state.breaker.rests_for(now).is_none()
            && let Some(wait) = state.limiter.waits(now)
        {
            return Err(Refusal::Limited(wait));
        }
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        let State { rules, breaker, .. } = &mut *state;
        let probe = match breaker.admit(now, rules, in_flight, rand::random()) {
            Verdict::Go => None,
            Verdict::Probe(number) => Some(number),
            Verdict::Rest(wait) => return Err(Refusal::Resting(wait)),
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(Permit {
            health: Arc::clone(self),
            probe,
            told: false,
        })
    }

    /// The time within which nineteen of twenty recent calls had something to show.
    pub fn p95(&self) -> Option<Duration> {
        self.state.lock().latency.p95()
    }

    /// A snapshot for routing and status pages. `threshold` is the share of recent calls that must
    /// have succeeded for a healthy deployment.
    pub fn snapshot(&self, now: Instant, threshold: f64) -> HealthSnapshot {
        let gate = self.gate.view();
        let state = self.state.lock();
        let (breaker_state, probe_in) = state.breaker.look(now, &state.rules);
        let error_rate = state.error_rate(now);
        let limited_for = state.limiter.limits(now);
        let health = match breaker_state {
            Some(open @ (HealthState::Open | HealthState::Probing)) => open,
            _ if state.limiter.rejects_key(now) => HealthState::KeyRejected,
            _ if limited_for.is_some() => HealthState::Limited,
            Some(state) => state,
            None if state.requests == 0 => HealthState::Unknown,
            None if 1.0 - error_rate < threshold => HealthState::Degraded,
            None => HealthState::Healthy,
        };
        HealthSnapshot {
            state: health,
            in_flight: self.in_flight.load(Ordering::Relaxed),
            requests: state.requests,
            last_minute: state.rate.count(now),
            latency_ms: state.latency.whole,
            first_token_ms: state.latency.first_token,
            peak_latency_ms: state.latency.peak(now),
            error_rate,
            retry_in: probe_in.or(limited_for),
            concurrency_limit: gate.limit,
            waiting: gate.waiting,
            is_full: gate.is_full,
        }
    }
}

/// The right to make one call. Tell it how the call went; a permit that is dropped untold (the
/// caller left) says nothing about the deployment.
#[derive(Debug)]
pub struct Permit {
    health: Arc<Health>,
    /// The number of the lease, if the call is the probe.
    probe: Option<u64>,
    told: bool,
}

impl Permit {
    /// The call succeeded.
    pub fn succeeded(mut self, now: Instant, took: Duration, first_token: Option<Duration>) {
        self.told = true;
        let shown = first_token.unwrap_or(took);
        self.health.gate.measured(shown, first_token.is_some());
        let mut state = self.health.state.lock();
        let State { rules, breaker, .. } = &mut *state;
        breaker.succeeded(now, self.probe, rules);
        state.limiter.answered();
        state.requests += 1;
        state.rate.add(now);
        state.rate_error(now, 0.0);
        state.latency.add(now, took, first_token);
    }

    /// The call failed. Failures that are not the deployment's fault leave its health alone but
    /// end a probe: it did answer. Whether it is news that the provider does not take our key.
    pub fn failed(mut self, now: Instant, failure: &Failure) -> bool {
        self.told = true;
        if strains(failure.kind) {
            self.health.gate.strained();
        }
        let mut state = self.health.state.lock();
        state.requests += 1;
        state.rate.add(now);
        let mut is_news = false;
        match failure.kind {
            FailureKind::RateLimited => state.limiter.limited(now, failure.retry_after),
            FailureKind::Quota => state.limiter.out_of_quota(now),
            FailureKind::Auth => is_news = state.limiter.key_rejected(now),
            _ => {}
        }
        let State { rules, breaker, .. } = &mut *state;
        if failure.kind.counts_against_health() {
            breaker.failed(now, self.probe, rules, rand::random());
            state.rate_error(now, 1.0);
        } else {
            breaker.succeeded(now, self.probe, rules);
        }
        is_news
    }
}

/// Whether a failure says that the deployment has too much to do.
fn strains(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::RateLimited | FailureKind::Unavailable | FailureKind::Timeout(_)
    )
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.health.in_flight.fetch_sub(1, Ordering::Relaxed);
        if let Some(probe) = self.probe.filter(|_| !self.told) {
            self.health.state.lock().breaker.abandoned(probe);
        }
    }
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
        ramp: Duration::from_secs(10),
    };

    const GATE: GateRules = GateRules {
        most: None,
        adapts: false,
        queue: 10,
        wait: Duration::from_millis(200),
    };

    fn new() -> (Arc<Health>, Instant) {
        (Health::new(RULES, GATE), SystemClock.now())
    }

    fn fail(health: &Arc<Health>, now: Instant) {
        let failure = Failure::new(FailureKind::Unavailable, "x");
        health.admit(now).unwrap().failed(now, &failure);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_run_of_failures_one_probe_at_a_time_finds_out() {
        let (health, start) = new();
        for _ in 0..3 {
            fail(&health, start);
        }
        let Err(Refusal::Resting(wait)) = health.admit(start) else {
            panic!("open")
        };
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
    async fn a_rate_limit_is_kept_and_says_nothing_about_health() {
        let (health, now) = new();
        let mut limited = Failure::new(FailureKind::RateLimited, "x");
        limited.retry_after = Some(Duration::from_secs(7));
        let permits: Vec<_> = (0..10).map(|_| health.admit(now).unwrap()).collect();
        for permit in permits {
            permit.failed(now, &limited);
        }
        assert_eq!(
            health.admit(now).unwrap_err(),
            Refusal::Limited(Duration::from_secs(7))
        );
        let snapshot = health.snapshot(now, 0.5);
        assert_eq!(snapshot.state, HealthState::Limited);
        assert_eq!(snapshot.retry_in, Some(Duration::from_secs(7)));
        let later = now + Duration::from_secs(7);
        assert!(health.admit(later).is_ok());
        assert_eq!(health.snapshot(later, 0.5).state, HealthState::Healthy);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_key_is_shown_until_a_configuration_is_read() {
        let (health, now) = new();
        health
            .admit(now)
            .unwrap()
            .failed(now, &Failure::new(FailureKind::Auth, "x"));
        assert_eq!(health.snapshot(now, 0.5).state, HealthState::KeyRejected);
        assert!(health.admit(now).is_ok(), "whoever has no other may try");
        health.renew(RULES, GATE);
        assert_eq!(health.snapshot(now, 0.5).state, HealthState::Healthy);
    }
}
