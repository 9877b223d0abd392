//! What the deployments at one address share: how many extra attempts it may be asked for, and how
//! many calls may be under way there.
//!
//! Retries, failovers within the address and hedges that come to it draw on one budget, so that failures never add
//! more than a share of the traffic. The places keep one slow provider from taking all of those of
//! the process.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::rate::Rate;

/// Seconds of traffic the retry budget looks at.
const BUDGET_WINDOW: usize = 10;

/// Seconds of traffic the share of hedges is taken of.
const HEDGE_WINDOW: usize = 60;

/// What may be asked of one address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpstreamRules {
    /// Extra attempts, in percent of the requests.
    pub retry_percent: f64,
    /// Extra attempts a second beside those.
    pub retries_per_second: f64,
    /// Calls hedged elsewhere, in percent of the requests.
    pub hedge_percent: f64,
    /// Calls under way at once.
    pub places: u32,
}

/// One address; shared by all deployments at it.
#[derive(Debug)]
pub struct Upstream {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rules: UpstreamRules,
    requests: Rate<BUDGET_WINDOW>,
    extras: Rate<BUDGET_WINDOW>,
    hedged_of: Rate<HEDGE_WINDOW>,
    hedges: Rate<HEDGE_WINDOW>,
    under_way: u32,
}

impl Upstream {
    /// An address nothing was asked of.
    pub fn new(rules: UpstreamRules) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                rules,
                requests: Rate::new(),
                extras: Rate::new(),
                hedged_of: Rate::new(),
                hedges: Rate::new(),
                under_way: 0,
            }),
        })
    }

    /// Follows other rules from now on.
    pub fn renew(&self, rules: UpstreamRules) {
        self.state.lock().rules = rules;
    }

    /// A call comes here for the first time. Earns a share of an extra attempt.
    pub fn requested(&self, now: Instant) {
        let mut state = self.state.lock();
        state.requests.add(now);
        state.hedged_of.add(now);
    }

    /// Whether an extra attempt may be made; takes it from the budget.
    pub fn may_retry(&self, now: Instant) -> bool {
        self.state.lock().take_extra(now)
    }

    /// Whether a call that is slow here may be hedged elsewhere; takes it from the share of hedges.
    pub fn may_hedge(&self, now: Instant) -> bool {
        let mut state = self.state.lock();
        let hedges = f64::from(state.hedges.count(now)) + 1.0;
        let allowed = f64::from(state.hedged_of.count(now)) * state.rules.hedge_percent / 100.0;
        if hedges <= allowed {
            state.hedges.add(now);
        }
        hedges <= allowed
    }

    /// A place for a call, given back when dropped.
    pub fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut state = self.state.lock();
        if state.under_way >= state.rules.places {
            return None;
        }
        state.under_way += 1;
        Some(Place(Arc::clone(self)))
    }
}

impl State {
    fn take_extra(&mut self, now: Instant) -> bool {
        let steady = self.rules.retries_per_second * BUDGET_WINDOW as f64;
        let earned = f64::from(self.requests.count(now)) * self.rules.retry_percent / 100.0;
        let is_allowed = f64::from(self.extras.count(now)) + 1.0 <= steady + earned;
        if is_allowed {
            self.extras.add(now);
        }
        is_allowed
    }
}

/// A place among the calls under way at an address.
#[derive(Debug)]
pub struct Place(Arc<Upstream>);

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.under_way = state.under_way.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::types::clock::{Clock as _, SystemClock};

    const RULES: UpstreamRules = UpstreamRules {
        retry_percent: 10.0,
        retries_per_second: 1.0,
        hedge_percent: 5.0,
        places: 2,
    };

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wait(u64),
        Request,
        Extra,
        Hedge,
    }

    fn step() -> impl proptest::strategy::Strategy<Value = Step> {
        use proptest::prelude::*;
        prop_oneof![
            1 => (1_u64..4).prop_map(Step::Wait),
            4 => Just(Step::Request),
            4 => Just(Step::Extra),
            2 => Just(Step::Hedge),
        ]
    }

    proptest::proptest! {
        /// In any ten seconds there are at most ten extra attempts and a tenth of the requests.
        #[test]
        fn extra_attempts_are_a_share_of_the_traffic(steps in proptest::collection::vec(step(), 1..400)) {
            let start = SystemClock.now();
            let upstream = Upstream::new(RULES);
            let (mut second, mut requests, mut extras, mut hedges) = (0, Vec::new(), Vec::new(), Vec::new());
            for step in steps {
                let now = start + Duration::from_secs(second);
                match step {
                    Step::Wait(seconds) => second += seconds,
                    Step::Request => {
                        upstream.requested(now);
                        requests.push(second);
                    }
                    Step::Extra if upstream.may_retry(now) => extras.push(second),
                    Step::Hedge if upstream.may_hedge(now) => hedges.push(second),
                    Step::Extra | Step::Hedge => {}
                }
                let within = |times: &[u64], window: u64| {
                    times.iter().filter(|time| second - **time < window).count() as f64
                };
                proptest::prop_assert!(within(&extras, 10) <= 10.0 + within(&requests, 20) / 10.0);
                proptest::prop_assert!(within(&hedges, 60) <= within(&requests, 120) / 20.0);
            }
        }
    }

    #[test]
    fn a_burst_of_failures_is_cut_off_and_time_brings_attempts_back() {
        let mut now = SystemClock.now();
        let upstream = Upstream::new(RULES);
        for _ in 0..1_000 {
            upstream.requested(now);
        }
        let allowed = (0..1_000).filter(|_| upstream.may_retry(now)).count();
        assert_eq!(allowed, 110);
        now += Duration::from_secs(10);
        let allowed = (0..1_000).filter(|_| upstream.may_retry(now)).count();
        assert_eq!(allowed, 10);
    }

    #[test]
    fn places_come_back() {
        let upstream = Upstream::new(RULES);
        let first = upstream.enter();
        let _second = upstream.enter().unwrap();
        assert!(upstream.enter().is_none());
        drop(first);
        assert!(upstream.enter().is_some());
    }
}
