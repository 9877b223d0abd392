//! What the deployments at one address share: how many extra attempts it may be asked for, and how
//! many calls may be under way there.
//!
//! Retries, failovers within the address and hedges that come to it draw on one budget, so that failures never add
//! more than a share of the traffic. The places keep one slow provider from taking all of those of
//! the process.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::rate::Rate;
use crate::types::ids::KeyId;

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
    /// Whether the places are shared among keys.
    pub shared: bool,
}

/// How many times what is still free one key may hold.
const SHARE_OF_FREE: usize = 3;

/// Whether a key that holds so many places may have another one. Whoever is alone gets three
/// quarters of all places; however many take what they can, something is left for one more.
pub fn is_fair(held: usize, free: usize) -> bool {
    held < free.saturating_mul(SHARE_OF_FREE)
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
    /// By key, where places are shared.
    held: HashMap<KeyId, usize>,
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
                held: HashMap::new(),
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
    pub fn enter(self: &Arc<Self>, whose: Option<&KeyId>) -> Option<Place> {
        let mut state = self.state.lock();
        let free = state.rules.places.saturating_sub(state.under_way) as usize;
        let whose = whose.filter(|_| state.rules.shared).cloned();
        let own = whose
            .as_ref()
            .and_then(|key| state.held.get(key))
            .copied()
            .unwrap_or(0);
        if free == 0 || (whose.is_some() && !is_fair(own, free)) {
            return None;
        }
        state.under_way += 1;
        if let Some(key) = whose.clone() {
            state.held.insert(key, own + 1);
        }
        Some(Place {
            upstream: Arc::clone(self),
            whose,
        })
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
pub struct Place {
    upstream: Arc<Upstream>,
    whose: Option<KeyId>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.upstream.state.lock();
        state.under_way = state.under_way.saturating_sub(1);
        let Some(key) = &self.whose else { return };
        let left = state.held.get(key).map_or(0, |held| held.saturating_sub(1));
        if left == 0 {
            state.held.remove(key);
        } else {
            state.held.insert(key.clone(), left);
        }
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
        shared: false,
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
        let first = upstream.enter(None);
        let _second = upstream.enter(None).unwrap();
        assert!(upstream.enter(None).is_none());
        drop(first);
        assert!(upstream.enter(None).is_some());
    }

    proptest::proptest! {
        /// However many keys take what they can, one more finds a place; and what is given back can
        /// be taken again.
        #[test]
        fn a_newcomer_finds_a_place(keys in 1_usize..6, spare in 0_u32..200) {
            // Enough places for the share of each to be one at least.
            let places = u32::try_from(keys * 3 + 1).unwrap() + spare;
            let upstream = Upstream::new(UpstreamRules { places, shared: true, ..RULES });
            let names: Vec<KeyId> = (0..=keys).map(|n| KeyId::from(format!("key{n}"))).collect();
            let mut taken = Vec::new();
            for _ in 0..places {
                for name in &names[..keys] {
                    taken.extend(upstream.enter(Some(name)));
                }
            }
            proptest::prop_assert!(taken.len() < places as usize);
            proptest::prop_assert!(upstream.enter(Some(&names[keys])).is_some());
            drop(taken);
            proptest::prop_assert!(upstream.state.lock().held.is_empty());
            proptest::prop_assert_eq!(upstream.state.lock().under_way, 0);
        }
    }
}
